import Foundation
import Postgres
import Resources
import Store
import TestSupport
import Testing

@Suite struct ReplicaStoreTests {
    /// A deployment with its host, and rows of it.
    private struct Scene {
        let fixture: StoreFixture
        let host: HostID
        let deployment: OnlineDeployment

        var replicas: ReplicaStore { ReplicaStore(fixture.database) }
        var reports: ReportStore { ReportStore(fixture.database) }
        var hosts: HostStore { HostStore(fixture.database) }

        /// What the host is told after a revision.
        func placements(after revision: Int64) async throws -> PlacementChanges {
            try #require(try await hosts.placements(host, epoch: 1, after: revision))
        }

        func row(_ id: ReplicaID) async throws -> ReplicaRow { try #require(try await replicas.find(id)) }
    }

    private func withScene(_ body: (Scene) async throws -> Void) async throws {
        try await StoreFixture.with { fixture in
            let host = try await fixture.makeHost()
            let deployment = try await fixture.makeTargetedDeployment(instances: 2, of: fixture.makeEndpoint())
            try await body(Scene(fixture: fixture, host: host, deployment: deployment))
        }
    }

    @Test func `a host is told of what is placed on it, and of each change once`() async throws {
        try await withScene { scene in
            let empty = try await scene.placements(after: -1)
            #expect(empty.placements.isEmpty)
            let row = try await scene.fixture.makeReplica(.ready, of: scene.deployment)
            let first = try await scene.placements(after: empty.revision)
            #expect(first.placements == [row.placement] && first.revision > empty.revision)
            #expect(try await scene.placements(after: first.revision).placements.isEmpty)
            try await scene.replicas.drain([row])
            let second = try await scene.placements(after: first.revision)
            #expect(second.placements.map(\.desired) == [.drain])
            try await scene.replicas.drain([row])
            #expect(try await scene.placements(after: second.revision).placements.isEmpty, "nothing has changed")
            try await scene.replicas.stop([row])
            #expect(try await scene.placements(after: second.revision).placements.map(\.desired) == [.stop])
            #expect(try await scene.placements(after: -1).placements.count == 1, "all of it, after everything")
        }
    }

    @Test func `what is wanted of a replica only moves forward`() async throws {
        try await withScene { scene in
            let row = try await scene.fixture.makeReplica(.ready, of: scene.deployment, desired: .stop)
            try await scene.replicas.drain([row])
            #expect(try await scene.row(row.id).desired == .stop)
        }
    }

    @Test func `lives are marked as unrouted, each only up to where it was`() async throws {
        try await withScene { scene in
            let failed = try await scene.fixture.makeReplica(.failed, of: scene.deployment)
            let other = try await scene.fixture.makeReplica(.ready, of: scene.deployment)
            #expect(try await scene.replicas.listLeaving().map(\.id) == [failed.id])
            let before = try await scene.placements(after: -1).revision
            try await scene.replicas.markUnrouted([failed])
            #expect(try await scene.placements(after: before).placements.map(\.unroutedLife) == [1])
            #expect(try await scene.replicas.listLeaving().isEmpty)
            #expect(try await scene.row(other.id).unroutedLife == 0)
            var late = failed
            late.reported.life = 0
            try await scene.replicas.markUnrouted([late])
            #expect(try await scene.row(failed.id).unroutedLife == 1)
        }
    }

    @Test func `those that drain are waited for, in whatever phase they are`() async throws {
        try await withScene { scene in
            let drained = try await scene.fixture.makeReplica(.starting, of: scene.deployment, desired: .drain)
            try await scene.fixture.makeReplica(.ready, of: scene.deployment, desired: .stop)
            try await scene.fixture.makeReplica(.ready, of: scene.deployment)
            #expect(try await scene.replicas.listLeaving().map(\.id) == [drained.id])
        }
    }

    @Test func `failed replicas are tried again now, and the planner tells their host`() async throws {
        try await withScene { scene in
            let failed = try await scene.fixture.makeReplica(.failed, of: scene.deployment)
            let ready = try await scene.fixture.makeReplica(.ready, of: scene.deployment)
            try await scene.replicas.retryNow(workloadID: scene.deployment.id)
            #expect(try await scene.row(failed.id).retryLife == 1)
            #expect(try await scene.row(ready.id) == ready)
            let before = try await scene.placements(after: -1).revision
            try await scene.replicas.place(retries: [scene.row(failed.id)])
            #expect(try await scene.placements(after: before).placements.map(\.retryLife) == [1])
        }
    }

    // MARK: Reports

    @Test func `a report is written with all that belongs to it`() async throws {
        try await withScene { scene in
            let row = try await scene.fixture.makeReplica(.pending, of: scene.deployment)
            var report = StoreFixture.reported(.ready, row.id)
            let first = try await scene.fixture.report(report, scene.host)
            #expect(first.map(\.changesReadiness) == [true] && first[0].before.phase == .pending)
            #expect(try await scene.row(row.id).reported == report)
            report = StoreFixture.reported(.failed, row.id)
            report.error = ARMError(.userScriptInitFailed, "init() raised", target: "score.py")
            #expect(try await scene.fixture.report(report, scene.host).map(\.isFailure) == [true])
            #expect(try await scene.row(row.id).reported == report)
        }
    }

    @Test func `neither an earlier life nor another host changes anything`() async throws {
        try await withScene { scene in
            let row = try await scene.fixture.makeReplica(.ready, of: scene.deployment)
            var early = StoreFixture.reported(.failed, row.id)
            early.life = 0
            #expect(try await scene.fixture.report(early, scene.host).isEmpty)
            #expect(try await scene.fixture.report(StoreFixture.reported(.failed, row.id), HostID()).isEmpty)
            #expect(try await scene.row(row.id) == row)
        }
    }

    @Test func `a replica that is gone is removed only if it was to end`() async throws {
        try await withScene { scene in
            let row = try await scene.fixture.makeReplica(.ready, of: scene.deployment)
            let gone = ReplicaReport(id: row.id, life: 1, phase: .gone)
            #expect(try await scene.fixture.report(gone, scene.host).isEmpty)
            try await scene.replicas.stop([row])
            #expect(try await scene.fixture.report(gone, scene.host).map(\.isGone) == [true])
            #expect(try await scene.replicas.find(row.id) == nil)
            #expect(try await scene.fixture.report(gone, scene.host).isEmpty, "told again after a lost response")
        }
    }

    @Test func `what is nobody's has no row on that host and is no last failure`() async throws {
        try await withScene { scene in
            let row = try await scene.fixture.makeReplica(.ready, of: scene.deployment)
            let (failure, orphan) = (ReplicaID(), ReplicaID())
            _ = try await WorkloadStore(scene.fixture.database).rememberFailure(
                id: scene.deployment.id, replica: failure)
            let all: Set = [row.id, failure, orphan]
            #expect(try await scene.reports.unplaced(on: scene.host, among: all) == [orphan])
            #expect(try await scene.reports.unplaced(on: HostID(), among: all) == [orphan, row.id])
            #expect(try await scene.reports.unplaced(on: scene.host, among: []) == [])
        }
    }

    @Test func `a host reads the specifications of its own replicas alone`() async throws {
        try await withScene { scene in
            let row = try await scene.fixture.makeReplica(.pending, of: scene.deployment)
            let other = try await scene.fixture.makeTargetedDeployment(
                name: "other", of: scene.fixture.makeEndpoint("other"))
            let own = row.placement.specification
            let keys: Set = [own, SpecificationKey(workloadID: other.id, generation: 1)]
            #expect(
                try await scene.reports.specifications(of: keys, on: scene.host)
                    == [own: StoreFixture.specification(generation: 1)])
            #expect(try await scene.reports.specifications(of: keys, on: HostID()).isEmpty)
        }
    }

    // MARK: Hosts

    @Test func `a later registration ends the epoch before`() async throws {
        try await withScene { (scene) async throws in
            #expect(try await scene.hosts.touch(scene.host, epoch: 1, sequence: 3))
            #expect(try await !scene.hosts.touch(scene.host, epoch: 1, sequence: 2), "it came late")
            #expect(try await scene.fixture.makeHost() == scene.host)
            #expect(try await !scene.hosts.touch(scene.host, epoch: 1, sequence: 4))
            #expect(try await scene.hosts.placements(scene.host, epoch: 1, after: -1) == nil)
            #expect(try await scene.hosts.touch(scene.host, epoch: 2, sequence: 1), "counted anew")
        }
    }

    @Test func `the first directory takes the host of an earlier version, the next one is another host`() async throws {
        try await StoreFixture.with { fixture in
            let before = try await fixture.hostID()
            func register(_ directory: UUID) async throws -> HostID {
                try await fixture.database.transaction { try await HostStore($0).lockLocal(directoryID: directory) }
            }
            let (first, second) = (UUID(), UUID())
            #expect(try await register(first) == before)
            let other = try await register(second)
            #expect(other != before)
            #expect(try await register(first) == before)
            #expect(try await register(second) == other)
        }
    }

    @Test func `of two terms the later one writes`() async throws {
        try await StoreFixture.with { fixture in
            let store = LeaderTermStore(fixture.database)
            let first = try await store.raise()
            #expect(try await store.hold(first))
            let second = try await store.raise()
            #expect(try await !store.hold(first))
            #expect(try await store.hold(second))
        }
    }

    // MARK: The schema

    @Test(arguments: ["phase = 'ready', address = NULL", "phase = 'failed'", "phase = 'odd'", "desired = 'odd'"])
    func `the schema refuses a replica without what its phase needs`(change: String) async throws {
        try await withScene { scene in
            try await scene.fixture.makeReplica(.pending, of: scene.deployment)
            let error = await #expect(throws: PostgresError.self) {
                try await scene.fixture.database.query("UPDATE replicas SET \(raw: change)")
            }
            guard case .checkViolation = error?.code else {
                Issue.record("no check violation: \(String(describing: error))")
                return
            }
        }
    }

    @Test func `the schema refuses a replica of a generation without a specification`() async throws {
        try await withScene { scene in
            await expectCode(.foreignKeyViolation(constraint: "replicas_deployment_id_generation_fkey")) {
                try await scene.fixture.makeReplica(.pending, of: scene.deployment, generation: 7)
            }
        }
    }
}
