import Compute
import Foundation
import Hosting
import Postgres
import Resources
import Store
import Synchronization
import TestSupport
import Testing

@testable import ControlPlane

/// Planner, drainer and host together, on the simulated backend and a database whose statements go wrong.
@Suite struct ReplicaLifeTests {
    /// No router has a request; what was asked about is noted.
    private final class Drains: RoutingDrain {
        private let noted = Mutex<[ReplicaKey]>([])
        let onAsk: @Sendable (ReplicaKey) async -> Void

        init(_ onAsk: @escaping @Sendable (ReplicaKey) async -> Void = { _ in }) { self.onAsk = onAsk }

        var all: [ReplicaKey] { noted.withLock { $0 } }

        func publish() async {}

        func drained(among replicas: Set<ReplicaKey>) async -> Set<ReplicaKey> {
            noted.withLock { $0 += replicas }
            for replica in replicas { await onAsk(replica) }
            return replicas
        }
    }

    private struct Scene: Sendable {
        let fixture: StoreFixture
        /// That of planner, drainer and host, whose statements go wrong.
        let database: Database
        let faults: ChosenFaults
        var store: ReplicaStore { ReplicaStore(fixture.database) }

        let backend: SimulatedBackend
        let hub: SignalHub
        let deployment: OnlineDeployment

        /// What a leader does, in a term of its own.
        func leader(_ drain: any RoutingDrain = Drains()) async throws -> [@Sendable () async -> Void] {
            let term = try await LeaderTermStore(fixture.database).raise()
            let planner = WorkloadPlanner(
                database: database, directoryID: StoreFixture.directoryID, hub: hub, logger: TestDatabase.silent)
            let drainer = ReplicaDrainer(
                database: database, drain: drain, deadline: .seconds(3), hub: hub, logger: TestDatabase.silent)
            return [{ await planner.run(term: term) }, { await drainer.run(term: term) }]
        }

        func host() -> @Sendable () async -> Void {
            let connection = LocalHostConnection(
                HostService(database: database, hub: hub), directoryID: StoreFixture.directoryID)
            let host = ReplicaHost(
                connection: connection, backend: backend,
                facts: HostFacts(backends: [backend.name], architecture: "any"),
                settings: HostSettings(
                    startProbeInterval: .milliseconds(10), stopGrace: .seconds(1), firstBackoff: .milliseconds(50),
                    longestBackoff: .milliseconds(200), longestRemains: .seconds(3),
                    sweepPause: .milliseconds(50), retryPause: .milliseconds(20),
                    reportInterval: .milliseconds(200)),
                logger: TestDatabase.silent)
            return { await host.run() }
        }

        /// Runs a leader and a host until the body ends.
        func run(_ drain: any RoutingDrain = Drains(), _ body: () async throws -> Void) async throws {
            try await run(leader(drain) + [host()], body)
        }

        /// Runs these until the body ends.
        func run(_ parts: [@Sendable () async -> Void], _ body: () async throws -> Void) async throws {
            let tasks = parts.map { part in Task { await part() } }
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
                return rows.count == count && rows.allSatisfy { $0.phase == .ready && $0.desired == .run }
                    && backend.running == Set(rows.map(\.id))
            }
        }
    }

    private func withScene(instances: Int = 2, _ body: (Scene) async throws -> Void) async throws {
        try await StoreFixture.with { fixture in
            let faults = ChosenFaults()
            let database = Database(
                settings: fixture.database.settings, poolSize: 6, faults: faults.source, logger: TestDatabase.silent)
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

    /// What planner and host send while replicas come.
    static let arrivals = [
        "SELECT 1 FROM leadership", "SELECT w.id, CASE", "WITH locked AS",
        "UPDATE workloads SET planned_revision", "SELECT id FROM hosts WHERE directory_id", "UPDATE hosts SET epoch",
        "SELECT h.placed_revision", "SELECT s.workload_id", "SELECT w.id FROM workloads", "UPDATE hosts SET seen_at",
        "WITH told AS", "UPDATE workloads w SET revision", "INSERT INTO usage_spans",
    ]

    @Test(arguments: arrivals, everyFault)
    func `replicas get ready whatever statement goes wrong`(statement: String, fault: StatementFault) async throws {
        try await withScene { scene in
            scene.faults.set(fault, on: statement)
            try await scene.run {
                try await scene.untilSettled(2)
            }
            #expect(scene.faults.areSpent)
        }
    }

    @Test(
        arguments: [
            "WITH locked AS", "SELECT r.id", "WITH told AS", "UPDATE usage_spans", "SELECT id FROM replicas WHERE id",
        ], everyFault)
    func `replicas go whatever statement goes wrong`(statement: String, fault: StatementFault) async throws {
        try await withScene { scene in
            try await scene.run {
                try await scene.untilSettled(2)
                scene.faults.set(fault, on: statement, count: 2)
                try await scene.want(0)
                try await scene.untilSettled(0)
                try await eventually("nothing is left on the host") { await scene.backend.remains().isEmpty }
            }
        }
    }

    @Test func `a failed replica that is removed at once is remembered with its log`() async throws {
        try await withScene(instances: 0) { scene in
            var specification = StoreFixture.specification(generation: 2)
            specification.environmentVariables[SimulatedBehavior.variable] = "fail-init"
            try await WorkloadStore(scene.fixture.database).setTarget(id: scene.deployment.id, specification)
            try await scene.run {
                try await scene.want(1)
                try await eventually(within: .seconds(20), "a failure") {
                    try await scene.store.list(workloadID: scene.deployment.id).contains { $0.phase == .failed }
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

    @Test func `of two that lead at once the newer one plans, and each replica has one process`() async throws {
        try await withScene(instances: 6) { scene in
            let parts = try await scene.leader() + scene.leader() + [scene.host(), scene.host()]
            try await scene.run(parts) {
                try await scene.untilSettled(6)
                try await scene.want(2)
                try await scene.untilSettled(2)
            }
        }
    }

    @Test func `a host that begins anew adopts what runs`() async throws {
        try await withScene(instances: 3) { scene in
            try await scene.run { try await scene.untilSettled(3) }
            let before = scene.backend.running
            let rows = try await scene.store.listAll()
            try await scene.run {
                try await scene.want(4)
                try await scene.untilSettled(4)
            }
            #expect(scene.backend.running.isSuperset(of: before))
            for row in rows { #expect(try await scene.store.find(row.id)?.reported.life == 1) }
        }
    }

    @Test func `what ended while nobody looked begins its next life, at another route`() async throws {
        try await withScene(instances: 1) { scene in
            try await scene.run { try await scene.untilSettled(1) }
            let id = try #require(scene.backend.running.first)
            scene.backend.crash(id)
            try await scene.run {
                try await eventually(within: .seconds(20), "its second life") {
                    let reported = try await scene.store.find(id)?.reported
                    return reported?.key == ReplicaKey(id, life: 2) && reported?.phase == .ready
                }
            }
            let endpoint = try #require(try await RoutingStore(scene.fixture.database).load(nil).first)
            #expect(endpoint.deployments[0].replicas.map(\.key.routeID) == ["\(id).2"])
            let spans = try await scene.fixture.database.query(
                "SELECT life, ended_at IS NOT NULL FROM usage_spans WHERE replica_id = \(id.value) ORDER BY life"
            ).rows.map { try $0.decode(Int.self, Bool.self) }
            #expect(spans.map(\.0) == [1, 2] && spans.map(\.1) == [true, false])
        }
    }

    @Test func `what is left of replicas without a row is ended and removed, but for the last failure`() async throws {
        try await withScene(instances: 1) { scene in
            let (orphan, failure) = (ReplicaID(), ReplicaID())
            for id in [orphan, failure] {
                _ = try await scene.backend.start(
                    ReplicaKey(id, life: 1), StoreFixture.specification(generation: 1))
            }
            scene.backend.crash(failure)
            _ = try await WorkloadStore(scene.fixture.database).rememberFailure(
                id: scene.deployment.id, replica: failure)
            try await scene.run {
                try await eventually("the orphan is gone") { await !scene.backend.remains().contains(orphan) }
                try await scene.untilSettled(1)
            }
            #expect(await scene.backend.remains().contains(failure), "its log explains the failure")
        }
    }

    @Test func `a replica that is abandoned leaves routing before it is stopped`() async throws {
        try await withScene(instances: 1) { scene in
            let seen = Mutex<[String]>([])
            let drains = Drains { key in
                let phase = try? await scene.store.find(key.id)?.phase
                let runs = scene.backend.running.contains(key.id)
                seen.withLock { $0.append("\(phase.map { "\($0)" } ?? "gone"), \(runs ? "runs" : "ended")") }
            }
            var specification = StoreFixture.specification(generation: 2)
            specification.livenessProbe = Probe(periodMs: 10, failureThreshold: 2)
            try await WorkloadStore(scene.fixture.database).setTarget(id: scene.deployment.id, specification)
            try await scene.run(drains) {
                try await scene.untilSettled(1)
                let id = try #require(scene.backend.running.first)
                scene.backend.setUnresponsive(id, true)
                try await eventually("it was asked about") { !seen.withLock { $0.isEmpty } }
                try await scene.untilSettled(1)
            }
            #expect(seen.withLock { $0.first } == "failed, runs")
        }
    }

    @Test func `an idle control plane reads one index and reports that the host is there`() async throws {
        try await withScene { scene in
            try await scene.run {
                try await scene.untilSettled(2)
                scene.faults.note()
                for _ in 0..<10 {
                    let count = scene.faults.statements.count
                    scene.hub.raise(.replicas)
                    try await eventually("another pass") { scene.faults.statements.count > count }
                }
            }
            let idle = [
                "SELECT 1 FROM leadership", "SELECT w.id, CASE", "SELECT r.id", "UPDATE hosts SET seen_at",
                "SELECT h.placed_revision", "BEGIN", "COMMIT",
            ]
            let others = scene.faults.statements.filter { statement in !idle.contains { statement.hasPrefix($0) } }
            // The last writes of the two may still have been looked at.
            #expect(others.count <= 6, "\(others)")
        }
    }
}
