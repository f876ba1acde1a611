import Foundation
import Postgres
import Resources
import Store
import TestSupport
import Testing

@Suite struct PagingTests {
    /// Page sizes around the number of rows, which is seven.
    static let counts = [1, 2, 3, 6, 7, 8, 100]

    @Test(arguments: counts, [false, true])
    func `no endpoint is lost or shown twice`(count: Int, sameTime: Bool) async throws {
        try await StoreFixture.with { fixture in
            for number in 0..<7 { try await fixture.makeEndpoint("endpoint-\(number)") }
            if sameTime {
                try await fixture.database.query(
                    "UPDATE online_endpoints SET created_at = '2026-01-01 00:00:00.123457+00'")
            }
            let (items, pages) = try await allPages(count: count) {
                try await EndpointStore(fixture.database).list(
                    workspaceID: fixture.workspace.id, OnlineEndpointFilter(), page: $0)
            }
            #expect(Set(items.map(\.name)).count == 7)
            #expect(items.count == 7)
            #expect(pages == (7 + count - 1) / count)
        }
    }

    @Test(arguments: counts, [false, true])
    func `deployments come in the order asked for, none lost or twice`(count: Int, newestFirst: Bool) async throws {
        let order = ListOrder(time: .created, newestFirst: newestFirst)
        try await StoreFixture.with { fixture in
            let endpoint = try await fixture.makeEndpoint()
            for number in 0..<7 { try await fixture.makeDeployment("blue-\(number)", of: endpoint) }
            // Two groups of equal times, one microsecond apart.
            try await fixture.database.query(
                """
                UPDATE online_deployments SET created_at = '2026-01-01 00:00:00.000001+00'::timestamptz
                    + CASE WHEN name < 'blue-4' THEN interval '0' ELSE interval '1 microsecond' END
                """)
            let (items, _) = try await allPages(count: count, order: order) {
                try await DeploymentStore(fixture.database).list(endpointID: endpoint.id, page: $0)
            }
            #expect(items.count == 7)
            #expect(Set(items.map(\.name)).count == 7)
            let old = items.map { $0.name < "blue-4" }
            let expected = Array(repeating: true, count: 4) + Array(repeating: false, count: 3)
            #expect(old == (newestFirst ? expected.reversed() : expected))
        }
    }

    @Test(arguments: [1, 3, 100])
    func `no workspace is lost or shown twice`(count: Int) async throws {
        try await StoreFixture.with { fixture in
            for number in 0..<4 { _ = try await StoreFixture.makeWorkspace("other-\(number)", fixture.database) }
            for group in [nil, "GROUP"] as [String?] {
                let (items, _) = try await allPages(count: count) {
                    try await WorkspaceStore(fixture.database).list(subscription: "SUB", resourceGroup: group, page: $0)
                }
                #expect(items.map(\.name) == ["ws-one", "other-0", "other-1", "other-2", "other-3"])
            }
            let none = try await WorkspaceStore(fixture.database).list(
                subscription: "sub", resourceGroup: "other", page: PageRequest())
            #expect(none.items.isEmpty && none.next == nil)
        }
    }

    @Test(arguments: [1, 2, 100], [false, true])
    func `no asset version is lost or shown twice`(count: Int, newestFirst: Bool) async throws {
        let order = ListOrder(time: .created, newestFirst: newestFirst)
        try await StoreFixture.with { fixture in
            let store = AssetStore(fixture.database)
            let container = try await store.ensureContainer(
                workspaceID: fixture.workspace.id, kind: .code, name: "code", by: "maker")
            for number in 1...5 {
                try await store.insertVersion(
                    containerID: container.id, version: "\(number)", request: AssetStoreTests.code(), hash: nil,
                    by: "maker")
            }
            let (items, _) = try await allPages(count: count, order: order) {
                try await store.listVersions(
                    workspaceID: fixture.workspace.id, kind: .code, name: "CODE", AssetVersionFilter(view: .all),
                    page: $0)
            }
            let names = ["1", "2", "3", "4", "5"]
            #expect(items.map(\.versionName) == (newestFirst ? names.reversed() : names))
        }
    }

    @Test(arguments: [1, 2, 100])
    func `no asset container is lost or shown twice`(count: Int) async throws {
        try await StoreFixture.with { fixture in
            let store = AssetStore(fixture.database)
            for number in 1...4 {
                _ = try await store.ensureContainer(
                    workspaceID: fixture.workspace.id, kind: .model, name: "m\(number)", by: "maker")
            }
            let (items, _) = try await allPages(count: count) {
                try await store.listContainers(
                    workspaceID: fixture.workspace.id, kind: .model, view: .activeOnly, page: $0)
            }
            #expect(items.map(\.name) == ["m1", "m2", "m3", "m4"])
        }
    }

    @Test func `an endpoint made while a list is read shows on a later page`() async throws {
        try await StoreFixture.with { fixture in
            for number in 0..<3 { try await fixture.makeEndpoint("endpoint-\(number)") }
            let store = EndpointStore(fixture.database)
            let first = try await store.list(
                workspaceID: fixture.workspace.id, OnlineEndpointFilter(), page: PageRequest(count: 2))
            try await fixture.makeEndpoint("endpoint-9")
            try await store.delete(id: first.items[1].id)
            let rest = try await store.list(
                workspaceID: fixture.workspace.id, OnlineEndpointFilter(),
                page: PageRequest(after: first.next, count: 2))
            #expect(rest.items.map(\.name) == ["endpoint-2", "endpoint-9"])
        }
    }

    @Test(arguments: [Int64.max, Int64.min, 253_402_300_800_000_000, -1, 0])
    func `a token of any time that a caller may invent is answered with a page`(microseconds: Int64) async throws {
        try await StoreFixture.with { fixture in
            try await fixture.makeEndpoint()
            let text = PageToken(microseconds: microseconds, id: UUID()).text
            guard let token = PageToken(text) else { return }  // refused at the edge is as good
            let page = try await EndpointStore(fixture.database).list(
                workspaceID: fixture.workspace.id, OnlineEndpointFilter(), page: PageRequest(after: token))
            #expect(page.items.count == (microseconds > 1_000_000_000_000_000 ? 0 : 1))
        }
    }
}
