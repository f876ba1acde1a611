import Foundation
import Postgres
import Resources
import Store
import TestSupport
import Testing

@Suite struct RoutingStoreTests {
    @Test func `tables are numbered upwards and the newest is found`() async throws {
        try await StoreFixture.with { fixture in
            let store = RoutingStore(fixture.database)
            #expect(try await store.newest() == nil)
            let first = try await store.append(digest: "a", routeCount: 1)
            let second = try await store.append(digest: "b", routeCount: 2)
            #expect(first > 0 && second > first)
            let newest = try #require(try await store.newest())
            #expect(newest.generation == second && newest.digest == "b")
        }
    }

    @Test func `only the newest hundred numbers are kept`() async throws {
        try await StoreFixture.with { fixture in
            let store = RoutingStore(fixture.database)
            for number in 1...105 { _ = try await store.append(digest: "\(number)", routeCount: 0) }
            let kept = try await fixture.database.query("SELECT count(*) FROM routing_generations").first?.decode(
                Int.self)
            #expect(kept == 100)
            #expect(try await store.newest()?.digest == "105")
        }
    }

    @Test func `of publishers at once each number is given once, and a later number never has older content`()
        async throws
    {
        try await StoreFixture.with { fixture in
            try await fixture.database.query("CREATE TABLE content (value bigint NOT NULL)")
            try await fixture.database.query("INSERT INTO content VALUES (0)")
            let published = try await withThrowingTaskGroup(of: (Int64, Int64).self) { group in
                for _ in 0..<12 {
                    group.addTask {
                        try await fixture.database.query("UPDATE content SET value = value + 1")
                        return try await fixture.database.transaction { transaction in
                            let store = RoutingStore(transaction)
                            try await store.lock()
                            let row = try #require(try await transaction.query("SELECT value FROM content").first)
                            let value = try row.decode(Int64.self)
                            return (try await store.append(digest: "\(value)", routeCount: 0), value)
                        }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }
            }
            #expect(Set(published.map(\.0)).count == 12)
            #expect(published.map(\.1) == published.map(\.1).sorted())
        }
    }

    /// What is done to an endpoint with a deployment and a ready replica, and whether its route may be another then.
    enum Change: String, CaseIterable, Sendable {
        case nothing, endpointUpdated, deploymentUpdated, deploymentMade, replicaReady, replicaNotReady, replicaPending,
            replicaMoved
        case keySaved, otherEndpointChanged, targetSet, failureRemembered

        var isNoted: Bool {
            switch self {
            case .nothing, .otherEndpointChanged, .failureRemembered, .replicaPending: false
            default: true
            }
        }
    }

    @Test(arguments: Change.allCases)
    func `the feed names an endpoint when its route or its replicas may have changed`(change: Change) async throws {
        try await StoreFixture.with { fixture in
            let endpoint = try await fixture.makeEndpoint()
            let deployment = try await fixture.makeTargetedDeployment(of: endpoint)
            let replica = try await fixture.makeReplica(.ready, of: deployment)
            let other = try await fixture.makeEndpoint("other")
            let feed = ChangeFeedStore(fixture.database)
            var position = try await feed.position()
            // Transactions of other tests may hold the position back behind what was just made.
            _ = try await feed.read(&position)
            try await carryOut(change, endpoint, deployment, replica, other, fixture)
            let changes = try #require(try await feed.read(&position))
            #expect(changes.contains { $0.endpointID == endpoint.id } == change.isNoted)
            #expect(changes.contains { $0.endpointID == other.id } == (change == .otherEndpointChanged))
            #expect(try await feed.read(&position) == [], "each change is told once")
        }
    }

    private func carryOut(
        _ change: Change, _ endpoint: OnlineEndpoint, _ deployment: OnlineDeployment, _ replica: ReplicaRow,
        _ other: OnlineEndpoint, _ fixture: StoreFixture
    ) async throws {
        let (endpoints, deployments) = (EndpointStore(fixture.database), DeploymentStore(fixture.database))
        let replicas = ReplicaStore(fixture.database)
        switch change {
        case .nothing: break
        case .endpointUpdated, .otherEndpointChanged:
            let changed = change == .endpointUpdated ? endpoint : other
            let request = try StoreFixture.endpointRequest(#"{"blue": 100}"#)
            try #require(
                try await endpoints.update(
                    changed, envelope: request.envelope, properties: request.properties, state: .updating, by: "x",
                    operation: nil))
        case .deploymentUpdated:
            try #require(
                try await deployments.update(
                    deployment, envelope: deployment.envelope, properties: deployment.properties, instanceCount: 3,
                    state: .scaling, by: "x", operation: nil))
        case .deploymentMade: try await fixture.makeDeployment("green", of: endpoint)
        case .replicaReady: try await fixture.makeReplica(.ready, of: deployment)
        case .replicaPending: try await fixture.makeReplica(.pending, of: deployment)
        case .replicaNotReady: try await replicas.drain([replica])
        case .replicaMoved: try await restart(replica, fixture)
        case .keySaved:
            try await EndpointKeyStore(fixture.database).save(
                endpointID: endpoint.id,
                EndpointKeyRow(slot: .primary, sealedKey: Data([1]), digest: String(repeating: "b", count: 64)))
        case .targetSet:
            try await WorkloadStore(fixture.database).setTarget(
                id: deployment.id, StoreFixture.specification(generation: 2))
        case .failureRemembered:
            _ = try await WorkloadStore(fixture.database).rememberFailure(
                id: deployment.id, replica: ReplicaID())
        }
    }

    /// The replica breaks and begins another life, at another address.
    private func restart(_ replica: ReplicaRow, _ fixture: StoreFixture) async throws {
        for phase in [ReplicaPhase.failed, .environment, .artifacts, .starting, .probing, .ready] {
            var report = StoreFixture.reported(phase, replica.id, address: "tcp:127.0.0.1:31002")
            report.life = phase == .failed ? 1 : 2
            try await fixture.report(report, replica.host)
        }
    }

    @Test func `an endpoint that goes away is not routed`() async throws {
        try await StoreFixture.with { fixture in
            let endpoint = try await fixture.makeEndpoint()
            let moved = try await EndpointStore(fixture.database).setState(
                id: endpoint.id, from: [.creating], to: .deleting, observed: false)
            #expect(moved)
            #expect(try await RoutingStore(fixture.database).load([endpoint.id]) == [])
            #expect(try await RoutingStore(fixture.database).load(nil) == [])
        }
    }

    @Test func `what is loaded has the ready replicas, the keys and the deployments that stay`() async throws {
        try await StoreFixture.with { fixture in
            let endpoint = try await fixture.makeEndpoint()
            let blue = try await fixture.makeTargetedDeployment(instances: 2, name: "blue", of: endpoint)
            let green = try await fixture.makeTargetedDeployment(name: "green", of: endpoint)
            _ = try await DeploymentStore(fixture.database).setState(
                id: green.id, from: [.creating], to: .deleting, observed: false)
            let ready = try await fixture.makeReplica(.ready, of: blue, address: "unix:/tmp/x.sock")
            for phase in [ReplicaPhase.probing, .failed] { try await fixture.makeReplica(phase, of: blue) }
            try await fixture.makeReplica(.ready, of: blue, desired: .drain)
            let keys = EndpointKeyStore(fixture.database)
            let digests = ["1", "2"].map { String(repeating: $0, count: 64) }
            try await keys.save(
                endpointID: endpoint.id, EndpointKeyRow(slot: .secondary, sealedKey: Data([2]), digest: digests[1]))
            try await keys.save(
                endpointID: endpoint.id, EndpointKeyRow(slot: .primary, sealedKey: Data([1]), digest: digests[0]))

            let loaded = try await RoutingStore(fixture.database).load([endpoint.id, UUID()])
            #expect(loaded.count == 1)
            let route = try #require(loaded.first)
            #expect(route.id == endpoint.id && route.name == "endpoint" && route.location == "westeurope")
            #expect(route.properties == endpoint.properties)
            #expect(route.keyDigests == digests)
            #expect(route.deployments.map(\.name) == ["blue"])
            #expect(route.deployments.first?.instanceCount == 2)
            #expect(route.deployments.first?.requestSettings == blue.properties.requestSettings)
            #expect(
                route.deployments.first?.replicas == [
                    RoutedReplica(ready.reported.key, ReplicaAddress("unix:/tmp/x.sock", scoringPath: "/score"))
                ])
            #expect(try await RoutingStore(fixture.database).load([]) == [])
        }
    }
}

@Suite struct RouterStoreTests {
    private func router(_ address: String) -> RouterRow {
        RouterRow(
            id: UUID(), pid: 7, startTicks: 1 << 40, controlAddress: address, state: .starting,
            acknowledgedGeneration: 0)
    }

    @Test func `a router takes the place of the one that had its address`() async throws {
        try await StoreFixture.with { fixture in
            let store = RouterStore(fixture.database)
            let (first, second, other) = (router("unix:/a"), router("unix:/a"), router("unix:/b"))
            try await store.save(first)
            try await store.acknowledge(ids: [first.id], generation: 5)
            try await store.save(other)
            try await store.save(second)
            #expect(try await store.list() == [second, other])
            try await store.delete(id: second.id)
            #expect(try await store.list() == [other])
        }
    }

    @Test func `an acknowledged generation never goes back`() async throws {
        try await StoreFixture.with { fixture in
            let store = RouterStore(fixture.database)
            let (first, second) = (router("unix:/a"), router("unix:/b"))
            try await store.save(first)
            try await store.save(second)
            try await store.acknowledge(ids: [first.id, second.id], generation: 5)
            try await store.acknowledge(ids: [first.id], generation: 4)
            try await store.acknowledge(ids: [second.id, UUID()], generation: 6)
            try await store.acknowledge(ids: [], generation: 9)
            #expect(try await store.list().map(\.acknowledgedGeneration) == [5, 6])
        }
    }

    @Test(arguments: [RouterRow.State.starting, .live, .removed])
    func `a state is kept`(state: RouterRow.State) async throws {
        try await StoreFixture.with { fixture in
            let store = RouterStore(fixture.database)
            let row = router("unix:/a")
            try await store.save(row)
            try await store.setState(id: row.id, state)
            #expect(try await store.list().map(\.state) == [state])
        }
    }
}
