import Compute
import Foundation
import Postgres
import Resources
import Store
import Synchronization
import TestSupport
import Testing

@testable import ControlPlane

/// The reconciler with its supervisors, on the simulated backend and a database whose statements go wrong.
@Suite struct ReplicaReconcilerTests {
    /// No router has a request; what is drained is noted.
    private final class Drains: ReplicaDrain {
        private let noted = Mutex<[ReplicaID]>([])
        let onDrain: @Sendable (ReplicaID) async -> Void

        init(_ onDrain: @escaping @Sendable (ReplicaID) async -> Void = { _ in }) { self.onDrain = onDrain }

        var all: [ReplicaID] { noted.withLock { $0 } }

        func drain(_ replica: ReplicaID, deadline: Duration) async {
            noted.withLock { $0.append(replica) }
            await onDrain(replica)
        }
    }

    private struct Scene: Sendable {
        let fixture: StoreFixture
        let database: Database
        let faults: ChosenFaults
        let backend: SimulatedBackend
        let hub: SignalHub
        let deployment: OnlineDeployment

        var store: ReplicaStore { ReplicaStore(fixture.database) }

        func reconciler(_ drain: any ReplicaDrain = Drains()) -> ReplicaReconciler {
            ReplicaReconciler(
                database: database, backend: backend,
                settings: ReplicaSettings(
                    startProbeInterval: .milliseconds(10), drainDeadline: .seconds(3), stopGrace: .seconds(1),
                    firstBackoff: .milliseconds(50), longestBackoff: .milliseconds(200),
                    databaseRetry: .milliseconds(20)), hub: hub, drain: drain, logger: TestDatabase.silent)
        }

        /// Runs reconcilers until the body ends.
        func run(_ reconcilers: [ReplicaReconciler], _ body: () async throws -> Void) async throws {
            let tasks = reconcilers.map { reconciler in Task { await reconciler.run() } }
            let outcome: Result<Void, any Error>
            do {
                try await body()
                outcome = .success(())
            } catch {
                outcome = .failure(error)
            }
            for task in tasks {
                task.cancel()
                await task.value
            }
            try outcome.get()
        }

        func want(_ count: Int) async throws {
            try await WorkloadStore(fixture.database).want(count, id: deployment.id)
            hub.raise(.replicas)
        }

        /// As many rows as wanted, all ready, and a process for each.
        func untilSettled(_ count: Int) async throws {
            try await eventually(within: .seconds(20), "\(count) replicas, all ready") {
                let rows = try await store.list(workloadID: deployment.id)
                return rows.count == count && rows.allSatisfy { $0.state == .ready }
                    && backend.running == Set(rows.map(\.id))
            }
        }
    }

    private func withScene(instances: Int = 2, _ body: (Scene) async throws -> Void) async throws {
        try await StoreFixture.with { fixture in
            let faults = ChosenFaults()
            let database = Database(
                settings: fixture.database.settings, poolSize: 4, faults: faults.source, logger: TestDatabase.silent)
            let deployment = try await fixture.makeTargetedDeployment(
                instances: instances, of: fixture.makeEndpoint())
            let scene = Scene(
                fixture: fixture, database: database, faults: faults, backend: SimulatedBackend(), hub: SignalHub(),
                deployment: deployment)
            let outcome: Result<Void, any Error>
            do {
                try await body(scene)
                outcome = .success(())
            } catch {
                outcome = .failure(error)
            }
            await database.close()
            try outcome.get()
        }
    }

    /// What the reconciler and its supervisors send.
    static let statements = [
        "INSERT INTO replicas", "UPDATE replicas SET state = $", "SELECT r.id", "SELECT w.id AS wanting_id",
        "SELECT pg_snapshot_xmin", "SELECT body",
    ]

    @Test(arguments: statements, everyFault)
    func `replicas get ready whatever statement goes wrong`(statement: String, fault: StatementFault) async throws {
        try await withScene { scene in
            scene.faults.set(fault, on: statement)
            try await scene.run([scene.reconciler()]) {
                try await scene.untilSettled(2)
            }
            #expect(scene.faults.areSpent)
        }
    }

    @Test(
        arguments: ["UPDATE replicas SET state = 'draining'", "DELETE FROM replicas", "SELECT last_failed_replica"],
        everyFault)
    func `replicas go whatever statement goes wrong`(statement: String, fault: StatementFault) async throws {
        try await withScene { scene in
            try await scene.run([scene.reconciler()]) {
                try await scene.untilSettled(2)
                scene.faults.set(fault, on: statement, count: 2)
                try await scene.want(0)
                try await scene.untilSettled(0)
            }
            #expect(scene.faults.areSpent)
        }
    }

    @Test func `a failed replica that is removed at once is remembered with its log`() async throws {
        try await withScene(instances: 0) { scene in
            var specification = StoreFixture.specification(generation: 2)
            specification.environmentVariables[SimulatedBehavior.variable] = "fail-init"
            try await WorkloadStore(scene.fixture.database).setTarget(id: scene.deployment.id, specification)
            // What remembers it is slower than who sees the failure.
            scene.faults.set(.stalled(.milliseconds(300)), on: "UPDATE workloads w SET last_failed_replica")
            try await scene.run([scene.reconciler()]) {
                try await scene.want(1)
                try await eventually(within: .seconds(20), "a failure") {
                    try await scene.store.list(workloadID: scene.deployment.id).contains { $0.state == .failed }
                }
                try await scene.want(0)
                try await scene.untilSettled(0)
            }
            let workloads = WorkloadStore(scene.fixture.database)
            let remembered = try #require(try await workloads.findLastFailure(id: scene.deployment.id))
            let log = await scene.backend.logs(of: remembered, .inferenceServer, tail: 10)
            #expect(log.contains("ValueError"), "\(log)")
        }
    }

    @Test func `two that lead at once settle, and each replica has one process`() async throws {
        try await withScene(instances: 6) { scene in
            try await scene.run([scene.reconciler(), scene.reconciler()]) {
                try await scene.untilSettled(6)
                try await scene.want(2)
                try await scene.untilSettled(2)
            }
        }
    }

    @Test func `a row that another leader adds later is looked after`() async throws {
        try await withScene(instances: 0) { scene in
            try await scene.run([scene.reconciler()]) {
                try await scene.untilSettled(0)
                // Behind the reconciler's back, as one does that does not know yet that it leads no more.
                try await WorkloadStore(scene.fixture.database).want(1, id: scene.deployment.id)
                _ = try await scene.store.insert(ReplicaID(), workloadID: scene.deployment.id, generation: 1)
                try await scene.untilSettled(1)
            }
        }
    }

    @Test func `a process that was never recorded ends with its replica`() async throws {
        try await withScene(instances: 0) { scene in
            let row = try await scene.fixture.makeReplica(.starting, of: scene.deployment)
            _ = try await scene.backend.start(row.id, StoreFixture.specification(generation: 1))
            try await scene.run([scene.reconciler()]) { try await scene.untilSettled(0) }
        }
    }

    @Test func `what is left of replicas without a row is ended and removed, but for the last failure`() async throws {
        try await withScene(instances: 1) { scene in
            let (orphan, failure) = (ReplicaID(), ReplicaID())
            for id in [orphan, failure] {
                _ = try await scene.backend.start(id, StoreFixture.specification(generation: 1))
            }
            scene.backend.crash(failure)
            _ = try await WorkloadStore(scene.fixture.database).rememberFailure(
                id: scene.deployment.id, replica: failure)
            try await scene.run([scene.reconciler()]) {
                try await eventually("the orphan is gone") { await !scene.backend.list().contains(orphan) }
                try await scene.untilSettled(1)
            }
            #expect(await scene.backend.list().contains(failure), "its log explains the failure")
        }
    }

    @Test func `a replica that is abandoned leaves routing before it is stopped`() async throws {
        try await withScene(instances: 1) { scene in
            let seen = Mutex<[String]>([])
            let drains = Drains { id in
                let state = try? await scene.store.find(id)?.state
                let runs = scene.backend.running.contains(id)
                seen.withLock { $0.append("\(state.map { "\($0)" } ?? "gone"), \(runs ? "runs" : "ended")") }
            }
            var specification = StoreFixture.specification(generation: 2)
            specification.livenessProbe = Probe(periodMs: 10, failureThreshold: 2)
            try await WorkloadStore(scene.fixture.database).setTarget(id: scene.deployment.id, specification)
            try await scene.run([scene.reconciler(drains)]) {
                try await scene.untilSettled(1)
                let id = try #require(scene.backend.running.first)
                scene.backend.setUnresponsive(id, true)
                try await eventually("it was drained") { !seen.withLock { $0.isEmpty } }
                try await scene.untilSettled(1)
            }
            #expect(seen.withLock { $0.first } == "failed, runs")
        }
    }

    @Test func `an idle pass reads the feed and nothing else`() async throws {
        try await withScene { scene in
            try await scene.run([scene.reconciler()]) {
                try await scene.untilSettled(2)
                scene.faults.note()
                for _ in 0..<10 {
                    let count = scene.faults.statements.count
                    scene.hub.raise(.replicas)
                    try await eventually("another pass") { scene.faults.statements.count > count }
                }
            }
            let others = scene.faults.statements.filter { !$0.hasPrefix("SELECT pg_snapshot_xmin") }
            // The last writes of the two may still have been looked at.
            #expect(others.count <= 4, "\(others)")
        }
    }
}
