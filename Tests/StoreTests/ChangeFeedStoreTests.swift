import Foundation
import Postgres
import Resources
import Store
import TestSupport
import Testing

@Suite struct ChangeFeedStoreTests {
    @Test func `a transaction that ends after later ones is not missed`() async throws {
        try await StoreFixture.with { fixture in
            let feed = ChangeFeedStore(fixture.database)
            let start = try await feed.position()
            let early = UUID()
            var position = try await fixture.database.transaction { transaction in
                try await transaction.query("INSERT INTO change_feed (endpoint_id) VALUES (\(early))")
                var position = start
                let late = try await fixture.makeEndpoint("late").id
                #expect(try await feed.read(&position) == [FeedChange(endpointID: late)])
                #expect(try await feed.read(&position) == [])
                return position
            }
            #expect(try await feed.read(&position) == [FeedChange(endpointID: early)])
            #expect(try await feed.read(&position) == [])
        }
    }

    @Test func `what was rolled back is not told`() async throws {
        try await StoreFixture.with { fixture in
            struct Stop: Error {}
            let feed = ChangeFeedStore(fixture.database)
            var position = try await feed.position()
            await #expect(throws: Stop.self) {
                try await fixture.database.transaction { transaction in
                    try await transaction.query("INSERT INTO change_feed (endpoint_id) VALUES (\(UUID()))")
                    throw Stop()
                }
            }
            #expect(try await feed.read(&position) == [])
        }
    }

    @Test func `readers that run beside writers miss nothing`() async throws {
        try await StoreFixture.with { fixture in
            let feed = ChangeFeedStore(fixture.database)
            let start = try await feed.position()
            let ids = (0..<120).map { _ in UUID() }
            let seen = try await withThrowingTaskGroup(of: Void.self) { group in
                for part in 0..<4 {
                    group.addTask {
                        for id in ids[(part * 30)..<(part * 30 + 30)] {
                            try await fixture.database.query("INSERT INTO change_feed (endpoint_id) VALUES (\(id))")
                        }
                    }
                }
                var position = start
                var seen: Set<UUID> = []
                try await eventually("all are seen") {
                    seen.formUnion(try #require(try await feed.read(&position)).map(\.endpointID))
                    return seen.count >= ids.count
                }
                try await group.waitForAll()
                return seen
            }
            #expect(seen == Set(ids))
        }
    }

    @Test func `a deployment's replicas are told with it, and its end too`() async throws {
        try await StoreFixture.with { fixture in
            let endpoint = try await fixture.makeEndpoint()
            let deployment = try await fixture.makeTargetedDeployment(of: endpoint)
            let expected: Set = [FeedChange(endpointID: endpoint.id, deploymentID: deployment.id)]
            let feed = ChangeFeedStore(fixture.database)
            var position = try await feed.position()
            _ = try await feed.read(&position)
            let replica = try await fixture.makeReplica(.pending, of: deployment)
            #expect(try await feed.read(&position) == [], "nobody can reach it yet")
            try await fixture.report(StoreFixture.reported(.ready, replica.id), replica.host)
            #expect(try await feed.read(&position) == expected)
            try await ReplicaStore(fixture.database).drain([replica])
            #expect(try await feed.read(&position) == expected)
            try await ReplicaStore(fixture.database).stop([replica])
            try await fixture.report(ReplicaReport(id: replica.id, life: 1, phase: .gone), replica.host)
            #expect(try await feed.read(&position) == expected)
            try await DeploymentStore(fixture.database).remove(id: deployment.id)
            #expect(try await feed.read(&position) == expected)
        }
    }
}
