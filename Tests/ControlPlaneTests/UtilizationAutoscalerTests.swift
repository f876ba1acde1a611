import AsyncHTTPClient
import Compute
import Foundation
import Postgres
import Resources
import Store
import TestSupport
import Testing

@testable import ControlPlane

/// The utilization autoscaler's loop; what it decides has tests of its own.
@Suite struct UtilizationAutoscalerTests {
    private struct Scene {
        let fixture: StoreFixture
        let database: Database
        let faults: ChosenFaults

        func autoscaler(_ limits: QuotaLimits = QuotaLimits()) -> UtilizationAutoscaler {
            let hub = SignalHub()
            let control = RouterControlClient(http: .shared, token: nil)
            let recorder = MinuteRecorder(
                database: database, control: control, backend: SimulatedBackend(), hub: hub,
                logger: TestDatabase.silent)
            return UtilizationAutoscaler(
                database: database, control: control, recorder: recorder,
                quota: QuotaService(database: database, limits: limits, instanceTypes: InstanceTypeCatalog()),
                hub: hub, logger: TestDatabase.silent)
        }

        /// A deployment that has served, with so many replicas of at most ten.
        func makeScaled(_ name: String, of endpoint: OnlineEndpoint) async throws -> OnlineDeployment {
            let deployment = try await fixture.makeTargetedDeployment(name: name, of: endpoint)
            try await fixture.database.query(
                """
                UPDATE online_deployments SET properties = jsonb_set(properties, '{scaleSettings}',
                    '{"scaleType": "TargetUtilization", "minInstances": 1, "maxInstances": 10}')
                WHERE id = \(deployment.id)
                """)
            try await WorkloadStore(fixture.database).markProven(id: deployment.id)
            try await fixture.makeReplica(.ready, of: deployment)
            return deployment
        }

        func load(_ busy: Double, on name: String) -> ObservedLoads {
            var loads = ObservedLoads()
            var load = ObservedLoad()
            load.busy = busy
            load.queued = busy
            loads.loads[DeploymentKey("endpoint", name)] = load
            return loads
        }

        func counts() async throws -> [Int] {
            try await fixture.database.query(
                "SELECT wanted FROM workloads w JOIN online_deployments d ON d.id = w.id ORDER BY d.name"
            ).rows.map {
                try $0.decode(Int.self)
            }
        }
    }

    private func withScene(_ body: (Scene) async throws -> Void) async throws {
        try await StoreFixture.with { fixture in
            let faults = ChosenFaults()
            let database = Database(
                settings: fixture.database.settings, poolSize: 4, faults: faults.source, logger: TestDatabase.silent)
            let outcome: Result<Void, any Error>
            do {
                try await body(Scene(fixture: fixture, database: database, faults: faults))
                outcome = .success(())
            } catch {
                outcome = .failure(error)
            }
            await database.close()
            try outcome.get()
        }
    }

    @Test(arguments: ["WITH changed AS", "COMMIT", "SELECT d.id, e.name"], everyFault)
    func `number and ledger agree whatever statement goes wrong`(statement: String, fault: StatementFault) async throws
    {
        try await withScene { scene in
            let deployment = try await scene.makeScaled("blue", of: scene.fixture.makeEndpoint())
            let autoscaler = scene.autoscaler()
            scene.faults.set(fault, on: statement)
            try await eventually(within: .seconds(20), "it has scaled out") {
                // What goes wrong in one look is mended in the next.
                try? await autoscaler.step(scene.load(4, on: "blue"))
                return try await scene.counts() != [1] && scene.faults.areSpent
            }
            let ledger = try await ScalingStore(scene.fixture.database).list(
                deploymentID: deployment.id, page: PageRequest(order: .oldestFirst)
            ).items.map(\.decision)
            try await eventually("what comes late is there") {
                let page = try await ScalingStore(scene.fixture.database).list(
                    deploymentID: deployment.id, page: PageRequest(order: .oldestFirst))
                return try await page.items.last?.decision.to == scene.counts().first
            }
            #expect(ledger.first?.from == 1)
            for (one, next) in zip(ledger, ledger.dropFirst()) { #expect(one.to == next.from) }
        }
    }

    @Test func `two that lead at once order no more than the quota`() async throws {
        try await withScene { scene in
            let endpoint = try await scene.fixture.makeEndpoint()
            _ = try await scene.makeScaled("blue", of: endpoint)
            _ = try await scene.makeScaled("green", of: endpoint)
            // Half a core each, and a fifth more in reserve.
            let limits = QuotaLimits(hostCores: 3)
            let (one, other) = (scene.autoscaler(limits), scene.autoscaler(limits))
            for _ in 0..<20 {
                async let first: Void = one.step(scene.load(9, on: "blue"))
                async let second: Void = other.step(scene.load(9, on: "green"))
                try await first
                try await second
                let total = try await scene.counts().reduce(0, +)
                #expect(total <= 6)
            }
        }
    }
}
