import Foundation
import Postgres
import Resources
import Store
import TestSupport
import Testing

@Suite struct ScalingStoreTests {
    private func decision(_ from: Int, _ to: Int) -> ScalingDecision {
        ScalingDecision(
            from: from, to: to, reason: .overload, inputs: ScalingInputs(busy: 1.5, queued: 2, targetPercent: 70))
    }

    private func makeScaled(_ fixture: StoreFixture, count: Int) async throws -> OnlineDeployment {
        let deployment = try await fixture.makeTargetedDeployment(of: fixture.makeEndpoint())
        try await fixture.database.query(
            """
            UPDATE online_deployments SET
                properties = jsonb_set(properties, '{scaleSettings,scaleType}', '"TargetUtilization"')
            WHERE id = \(deployment.id)
            """)
        let workloads = WorkloadStore(fixture.database)
        try await workloads.want(count, id: deployment.id)
        try await workloads.markProven(id: deployment.id)
        return deployment
    }

    @Test func `of two deciders one changes the number, and the ledger has one entry`() async throws {
        try await StoreFixture.with { fixture in
            let store = ScalingStore(fixture.database)
            let deployment = try await makeScaled(fixture, count: 1)
            #expect(try await store.apply(decision(1, 3), deploymentID: deployment.id))
            #expect(try await !store.apply(decision(1, 5), deploymentID: deployment.id))
            let page = try await store.list(
                deploymentID: deployment.id, page: PageRequest(order: ListOrder(time: .created, newestFirst: true)))
            #expect(page.items.map(\.decision) == [decision(1, 3)] && page.items[0].decidedBy == "utilization")
            #expect(try await DeploymentStore(fixture.database).find(id: deployment.id)?.wantedReplicas == 3)
            #expect(try await WorkloadStore(fixture.database).find(id: deployment.id)?.wanted == 3)
        }
    }

    @Test func `deployments of a fixed count are left alone`() async throws {
        try await StoreFixture.with { fixture in
            let store = ScalingStore(fixture.database)
            let deployment = try await fixture.makeTargetedDeployment(of: fixture.makeEndpoint())
            try await WorkloadStore(fixture.database).markProven(id: deployment.id)
            #expect(try await store.listScaled().isEmpty)
            #expect(try await !store.apply(decision(1, 3), deploymentID: deployment.id))
        }
    }

    @Test func `the ledger keeps its newest entries, page by page`() async throws {
        try await StoreFixture.with { fixture in
            let store = ScalingStore(fixture.database)
            let deployment = try await makeScaled(fixture, count: 1)
            for count in 0..<(ScalingStore.ledgerLength + 5) {
                try await store.append(decision(count, count + 1), deploymentID: deployment.id, by: "somebody")
            }
            try await store.trim()
            let order = ListOrder(time: .created, newestFirst: true)
            let (items, pages) = try await allPages(count: 300, order: order) {
                try await store.list(deploymentID: deployment.id, page: $0)
            }
            #expect(items.map(\.decision.from) == (5..<(ScalingStore.ledgerLength + 5)).reversed())
            #expect(pages == 4)
        }
    }

    @Test func `minutes are written once, read back and forgotten`() async throws {
        try await StoreFixture.with { fixture in
            let store = DeploymentMinuteStore(fixture.database)
            let deployment = try await makeScaled(fixture, count: 1)
            try await fixture.makeReplica(.ready, of: deployment)
            #expect(try await store.listMeasured().map(\.replicas.count) == [1])
            let start = Date(timeIntervalSince1970: 1_800_000_000)
            var minute = DeploymentMinute(deploymentID: deployment.id, minute: start)
            minute.arrivals = Array(0..<60)
            minute.answers = [0, 5, 0, 1, 0]
            minute.cpuMean = 12.5
            var stranger = minute
            stranger.deploymentID = UUID()
            try await store.insert([minute, stranger])
            minute.arrivals = []
            try await store.insert([minute])
            let read = try await store.list(deploymentIDs: [deployment.id], from: start, to: start + 60)
            #expect(read.count == 1 && read[0].arrivals == Array(0..<60) && read[0].answers == [0, 5, 0, 1, 0])
            #expect(read[0].cpuMean == 12.5 && read[0].memoryMean == nil && read[0].minute == start)
            #expect(try await store.list(deploymentIDs: [deployment.id], from: start + 60, to: start + 120).isEmpty)
            #expect(try await store.purge(before: start + 1, limit: 10) == 1)
        }
    }
}
