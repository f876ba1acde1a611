import Foundation
import Postgres
import Resources
import Store
import TestSupport
import Testing

@Suite struct AssetStoreTests {
    static func code(archived: Bool = false) throws -> AssetVersionRequest {
        try AssetVersionRequest(
            reading: StoreFixture.body(
                #"{"properties": {"codeUri": "https://h/a/c/p", "isArchived": \#(archived), "tags": {"k": "v"}}}"#),
            kind: .code)
    }

    @Test func `a container is made once and updated after`() async throws {
        try await StoreFixture.with { fixture in
            let store = AssetStore(fixture.database)
            let first = try await store.saveContainer(
                workspaceID: fixture.workspace.id, kind: .model, name: "Model",
                properties: AssetBaseProperties(description: "one"), by: "a")
            let second = try await store.saveContainer(
                workspaceID: fixture.workspace.id, kind: .model, name: "MODEL",
                properties: AssetBaseProperties(description: "two", isArchived: true), by: "b")
            #expect(first.wasMade && !second.wasMade && first.id == second.id)
            let stored = try #require(
                try await store.findContainer(workspaceID: fixture.workspace.id, kind: .model, name: "model"))
            #expect(stored.name == "Model" && stored.properties.description == "two" && stored.properties.isArchived)
            #expect(stored.version.revision == 2 && stored.audit.createdBy == "a" && stored.audit.lastModifiedBy == "b")
            #expect(stored.latestVersion == nil && stored.nextVersion == "1")
            #expect(try await store.findContainer(workspaceID: fixture.workspace.id, kind: .code, name: "model") == nil)
        }
    }

    @Test func `versions are counted by workspace and kind, where the table holds as many`() async throws {
        try await StoreFixture.with { fixture in
            let store = AssetStore(fixture.database)
            let id = fixture.workspace.id
            let code = try await store.ensureContainer(workspaceID: id, kind: .code, name: "code", by: "a").id
            for version in ["1", "2", "3"] {
                try await store.insertVersion(
                    containerID: code, version: version, request: try Self.code(), hash: nil, by: "a")
            }
            try await fixture.database.query("ANALYZE asset_versions")
            #expect(try await store.holdsVersions(atLeast: 3, workspaceID: id, kind: .code))
            #expect(try await !store.holdsVersions(atLeast: 4, workspaceID: id, kind: .code))
            #expect(try await !store.holdsVersions(atLeast: 1, workspaceID: id, kind: .model))
            #expect(try await !store.holdsVersions(atLeast: 1, workspaceID: UUID(), kind: .code))
            let limit = ServiceLimits.assetVersionsPerWorkspace
            #expect(try await !store.holdsVersions(atLeast: limit, workspaceID: id, kind: .code))
        }
    }

    @Test func `a container for a version is made when it is new and left as it is else`() async throws {
        try await StoreFixture.with { fixture in
            let store = AssetStore(fixture.database)
            let made = try await store.saveContainer(
                workspaceID: fixture.workspace.id, kind: .code, name: "code",
                properties: AssetBaseProperties(description: "mine"), by: "a")
            #expect(
                try await store.ensureContainer(workspaceID: fixture.workspace.id, kind: .code, name: "CODE", by: "b")
                    .id
                    == made.id)
            let stored = try #require(
                try await store.findContainer(workspaceID: fixture.workspace.id, kind: .code, name: "code"))
            #expect(stored.properties.description == "mine" && stored.version.revision == 1)
            let ids = try await withThrowingTaskGroup(of: UUID.self) { group in
                for _ in 0..<5 {
                    group.addTask {
                        try await AssetStore(fixture.database).ensureContainer(
                            workspaceID: fixture.workspace.id, kind: .code, name: "fresh", by: "c"
                        ).id
                    }
                }
                return try await group.reduce(into: Set<UUID>()) { $0.insert($1) }
            }
            #expect(ids.count == 1)
        }
    }

    /// Versions in the order they are made, the next number and the newest.
    @Test(arguments: [
        (["1", "2"], "3", "2"), (["7", "3"], "8", "3"), (["v1", "beta"], "1", "beta"), (["10", "9", "x"], "11", "x"),
        (["999999999999999999999999"], "1", "999999999999999999999999"), (["1.5", "0"], "1", "0"),
    ])
    func `the next version is the number after the highest`(versions: [String], next: String, latest: String)
        async throws
    {
        try await StoreFixture.with { fixture in
            let store = AssetStore(fixture.database)
            let container = try await store.ensureContainer(
                workspaceID: fixture.workspace.id, kind: .code, name: "code", by: "a")
            for version in versions {
                try await store.insertVersion(
                    containerID: container.id, version: version, request: Self.code(), hash: nil, by: "a")
            }
            let stored = try #require(
                try await store.findContainer(workspaceID: fixture.workspace.id, kind: .code, name: "code"))
            #expect(stored.nextVersion == next)
            #expect(stored.latestVersion == latest)
        }
    }

    @Test func `a version is found in any case, taken once, and goes with its container`() async throws {
        try await StoreFixture.with { fixture in
            let store = AssetStore(fixture.database)
            let container = try await store.ensureContainer(
                workspaceID: fixture.workspace.id, kind: .code, name: "Code", by: "a")
            try await store.insertVersion(
                containerID: container.id, version: "Beta", request: Self.code(), hash: nil, by: "a")
            let found = try #require(
                try await store.findVersion(
                    workspaceID: fixture.workspace.id, kind: .code, name: "cODE", version: "bETA"))
            let content = try Self.code().content
            #expect(found.name == "Code" && found.versionName == "Beta" && found.content == content)
            #expect(found.properties.tags == ["k": "v"])
            await expectCode(.uniqueViolation(constraint: "asset_versions_version")) {
                try await store.insertVersion(
                    containerID: container.id, version: "BETA", request: Self.code(), hash: nil, by: "a")
            }
            try await store.updateVersion(
                id: found.id, properties: AssetBaseProperties(stage: "Production"), content: found.content, by: "b")
            let changed = try #require(
                try await store.findVersion(
                    workspaceID: fixture.workspace.id, kind: .code, name: "code", version: "beta"))
            #expect(changed.properties == AssetBaseProperties(stage: "Production") && changed.version.revision == 2)
            #expect(changed.content == found.content && changed.audit.lastModifiedBy == "b")
            try await store.deleteContainer(id: container.id)
            #expect(
                try await store.findVersion(
                    workspaceID: fixture.workspace.id, kind: .code, name: "code", version: "beta")
                    == nil)
        }
    }

    @Test func `the latest version is the newest that is not archived`() async throws {
        try await StoreFixture.with { fixture in
            let store = AssetStore(fixture.database)
            let container = try await store.ensureContainer(
                workspaceID: fixture.workspace.id, kind: .code, name: "code", by: "a")
            #expect(try await store.findLatest(workspaceID: fixture.workspace.id, kind: .code, name: "code") == nil)
            for (version, isArchived) in [("9", false), ("2", false), ("3", true)] {
                try await store.insertVersion(
                    containerID: container.id, version: version, request: Self.code(archived: isArchived), hash: nil,
                    by: "a")
            }
            let latest = try #require(
                try await store.findLatest(workspaceID: fixture.workspace.id, kind: .code, name: "CODE"))
            #expect(latest.versionName == "2")
            try await store.deleteVersion(id: latest.id)
            #expect(
                try await store.findLatest(workspaceID: fixture.workspace.id, kind: .code, name: "code")?.versionName
                    == "9")
        }
    }

    @Test(arguments: [(ListView.activeOnly, ["1"]), (.archivedOnly, ["2"]), (.all, ["1", "2"])])
    func `a view shows active, archived or all versions and containers`(view: ListView, expected: [String]) async throws
    {
        try await StoreFixture.with { fixture in
            let store = AssetStore(fixture.database)
            for (name, isArchived) in [("1", false), ("2", true)] {
                let container = try await store.ensureContainer(
                    workspaceID: fixture.workspace.id, kind: .code, name: "code", by: "a")
                try await store.insertVersion(
                    containerID: container.id, version: name, request: Self.code(archived: isArchived), hash: nil,
                    by: "a")
                _ = try await store.saveContainer(
                    workspaceID: fixture.workspace.id, kind: .model, name: name,
                    properties: AssetBaseProperties(isArchived: isArchived),
                    by: "a")
            }
            let versions = try await store.listVersions(
                workspaceID: fixture.workspace.id, kind: .code, name: "code", AssetVersionFilter(view: view),
                page: PageRequest())
            #expect(versions.items.map(\.versionName) == expected)
            let containers = try await store.listContainers(
                workspaceID: fixture.workspace.id, kind: .model, view: view, page: PageRequest())
            #expect(containers.items.map(\.name) == expected)
        }
    }

    @Test func `equal content is found by its hash under any name of the workspace`() async throws {
        try await StoreFixture.with { fixture in
            let store = AssetStore(fixture.database)
            let other = try await StoreFixture.makeWorkspace("ws-two", fixture.database)
            for (workspace, name, hash) in [
                (fixture.workspace, "a", "h1"), (fixture.workspace, "b", "h1"), (fixture.workspace, "c", "h2"),
                (other, "d", "h1"),
            ] {
                let container = try await store.ensureContainer(
                    workspaceID: workspace.id, kind: .code, name: name, by: "a")
                try await store.insertVersion(
                    containerID: container.id, version: "1", request: Self.code(), hash: hash, by: "a")
            }
            let found = try await store.listVersions(
                workspaceID: fixture.workspace.id, kind: .code, name: "ignored",
                AssetVersionFilter(view: .all, hash: "h1"),
                page: PageRequest())
            #expect(found.items.map(\.name) == ["a", "b"])
        }
    }
}
