import Foundation
import Postgres
import Resources
import Store
import TestSupport
import Testing

@Suite struct ReplicaStoreTests {
    @Test func `a replica is added only for the generation that is wanted`() async throws {
        try await StoreFixture.with { fixture in
            let store = ReplicaStore(fixture.database)
            let endpoint = try await fixture.makeEndpoint()
            let deployment = try await fixture.makeTargetedDeployment(generation: 2, of: endpoint)
            let id = ReplicaID()
            #expect(try await store.insert(id, workloadID: deployment.id, generation: 2))
            #expect(try await !store.insert(ReplicaID(), workloadID: deployment.id, generation: 1))
            #expect(try await !store.insert(ReplicaID(), workloadID: UUID(), generation: 2))
            let expected = ReplicaRow(id: id, workloadID: deployment.id, generation: 2, state: .pending)
            #expect(try await store.list(workloadID: deployment.id) == [expected])
            #expect(try await store.find(id) == expected)
            try await DeploymentStore(fixture.database).markDeleting(endpointID: endpoint.id)
            #expect(try await !store.insert(ReplicaID(), workloadID: deployment.id, generation: 2))
        }
    }

    @Test func `a move is written with all that belongs to it`() async throws {
        try await StoreFixture.with { fixture in
            let store = ReplicaStore(fixture.database)
            let deployment = try await fixture.makeTargetedDeployment(of: fixture.makeEndpoint())
            var row = try await fixture.makeReplica(.starting, of: deployment)
            row.state = .probing
            row.handle = fixture.handle(row.id)
            row.revision = try #require(try await store.move(row))
            #expect(try await store.find(row.id) == row)
            row.state = .failed
            row.failures = 3
            row.retryAt = Date(timeIntervalSince1970: 1_800_000_000.123456)
            row.error = ARMError(.userScriptInitFailed, "init() raised", target: "score.py")
            #expect(try await store.move(row) == row.revision + 1)
            let stored = try #require(try await store.find(row.id))
            #expect(
                stored.state == .failed && stored.failures == 3 && stored.error == row.error
                    && stored.handle == row.handle)
            #expect(abs(try #require(stored.retryAt).timeIntervalSince(try #require(row.retryAt))) < 0.000_001)
        }
    }

    @Test func `of those who move a replica from the same revision one does`() async throws {
        try await StoreFixture.with { fixture in
            let deployment = try await fixture.makeTargetedDeployment(of: fixture.makeEndpoint())
            let row = try await fixture.makeReplica(.probing, of: deployment)
            let winners = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<5 {
                    group.addTask {
                        var next = row
                        next.state = .ready
                        return try await ReplicaStore(fixture.database).move(next) != nil
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(winners == 1)
        }
    }

    @Test(arguments: ReplicaState.allCases)
    func `any replica can be taken out of use, once`(state: ReplicaState) async throws {
        try await StoreFixture.with { fixture in
            let store = ReplicaStore(fixture.database)
            let deployment = try await fixture.makeTargetedDeployment(of: fixture.makeEndpoint())
            let row = try await fixture.makeReplica(state, of: deployment)
            let revision = try await store.markDraining(row.id)
            #expect(revision == (state == .draining ? nil : row.revision + 1))
            #expect(try await store.markDraining(row.id) == nil)
            let stored = try #require(try await store.find(row.id))
            #expect(stored.state == .draining && stored.retryAt == nil)
            if state != .draining { #expect(try await store.move(row) == nil) }
            try await store.delete(row.id)
            #expect(try await store.find(row.id) == nil)
        }
    }

    @Test func `failed replicas become due now, others stay as they are`() async throws {
        try await StoreFixture.with { fixture in
            let store = ReplicaStore(fixture.database)
            let deployment = try await fixture.makeTargetedDeployment(instances: 2, of: fixture.makeEndpoint())
            let failed = try await fixture.makeReplica(.failed, of: deployment)
            let ready = try await fixture.makeReplica(.ready, of: deployment)
            try await store.retryNow(workloadID: deployment.id)
            let retryAt = try #require(try await store.find(failed.id)?.retryAt)
            #expect(retryAt < Date() + 60)
            #expect(try await store.find(ready.id) == ready)
        }
    }

    struct Situation: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var instances = 1
        var target: Int64 = 1
        var isDeleting = false
        /// States of the replicas of generation 1, and of the older generation 0.
        var current: [ReplicaState] = []
        var old: [ReplicaState] = []
        var wanted = 0
    }

    static let situations = [
        Situation(testDescription: "as many as wanted", instances: 2, current: [.ready, .ready], wanted: 2),
        Situation(
            testDescription: "starting and failed ones", instances: 3, current: [.pending, .failed, .probing], wanted: 3
        ),
        Situation(testDescription: "too few", instances: 2, current: [.ready], wanted: 2),
        Situation(testDescription: "none at all", instances: 1, wanted: 1),
        Situation(testDescription: "too many", instances: 1, current: [.ready, .ready], wanted: 1),
        Situation(testDescription: "a draining one", instances: 1, current: [.draining], wanted: 1),
        Situation(
            testDescription: "a draining one beside enough", instances: 1, current: [.ready, .draining], wanted: 1),
        Situation(testDescription: "an old one", instances: 1, current: [.ready], old: [.ready], wanted: 1),
        Situation(testDescription: "an old one instead of a new one", instances: 1, old: [.ready], wanted: 1),
        Situation(
            testDescription: "an old one that drains", instances: 1, current: [.ready], old: [.draining], wanted: 1),
        Situation(testDescription: "scaled to nothing", instances: 0, current: [.ready], wanted: 0),
        Situation(testDescription: "nothing wanted, nothing there", instances: 0),
        Situation(testDescription: "going away with replicas", isDeleting: true, current: [.ready], wanted: 0),
        Situation(testDescription: "going away, all drain", isDeleting: true, current: [.draining], old: [.draining]),
        Situation(testDescription: "no target yet", target: -1),
        Situation(testDescription: "gave up its first specification", target: -1, current: [.failed], wanted: 0),
    ]

    @Test(arguments: situations)
    func `a deployment is listed with what it wants of its replicas and what it has`(situation: Situation) async throws
    {
        try await StoreFixture.with { fixture in
            let endpoint = try await fixture.makeEndpoint()
            // Generation 0 means none, so the generations here are 1 (old) and 2.
            let store = WorkloadStore(fixture.database)
            let deployment = try await fixture.makeTargetedDeployment(
                instances: situation.instances, generation: 1, of: endpoint)
            try await store.setTarget(id: deployment.id, StoreFixture.specification(generation: 2))
            if situation.target < 0 { try await store.returnToProven(id: deployment.id) }
            if situation.isDeleting {
                try await DeploymentStore(fixture.database).markDeleting(endpointID: endpoint.id)
            }
            var rows: [ReplicaRow] = []
            for state in situation.current {
                rows.append(try await fixture.makeReplica(state, of: deployment, generation: 2))
            }
            for state in situation.old {
                rows.append(try await fixture.makeReplica(state, of: deployment, generation: 1))
            }
            let neighbour = try await fixture.makeTargetedDeployment(
                name: "neighbour", of: fixture.makeEndpoint("quiet"))
            try await fixture.makeReplica(.ready, of: neighbour)

            let replicas = ReplicaStore(fixture.database)
            let expected = WorkloadReplicas(
                workloadID: deployment.id, wanted: situation.wanted, generation: situation.target < 0 ? 0 : 2,
                replicas: rows)
            #expect(try await replicas.listDesired([deployment.id, UUID()]) == [expected])
            #expect(try await Set(replicas.listDesired().map(\.workloadID)) == [deployment.id, neighbour.id])
            let target = try #require(try await store.find(id: deployment.id))
            #expect(target.wanted == situation.wanted)
        }
    }

    @Test func `several deployments each have their own replicas`() async throws {
        try await StoreFixture.with { fixture in
            let endpoint = try await fixture.makeEndpoint()
            var expected: [UUID: Set<ReplicaID>] = [:]
            for (name, count) in [("one", 1), ("two", 2), ("none", 0)] {
                let deployment = try await fixture.makeTargetedDeployment(instances: 3, name: name, of: endpoint)
                expected[deployment.id] = []
                for _ in 0..<count {
                    expected[deployment.id]?.insert(try await fixture.makeReplica(.ready, of: deployment).id)
                }
            }
            let listed = try await ReplicaStore(fixture.database).listDesired()
            #expect(
                Dictionary(uniqueKeysWithValues: listed.map { ($0.workloadID, Set($0.replicas.map(\.id))) })
                    == expected)
            #expect(try await ReplicaStore(fixture.database).count(endpointID: endpoint.id) == 3)
            #expect(try await ReplicaStore(fixture.database).listAll().count == 3)
        }
    }

    @Test func `the failed replica that is remembered is answered when the next replaces it`() async throws {
        try await StoreFixture.with { fixture in
            let store = WorkloadStore(fixture.database)
            let deployment = try await fixture.makeDeployment(of: fixture.makeEndpoint())
            let (first, second) = (ReplicaID(), ReplicaID())
            #expect(try await store.findLastFailure(id: deployment.id) == nil)
            #expect(try await store.rememberFailure(id: deployment.id, replica: first) == nil)
            #expect(try await store.rememberFailure(id: deployment.id, replica: second) == first)
            #expect(try await store.findLastFailure(id: deployment.id) == second)
            #expect(try await store.rememberFailure(id: UUID(), replica: first) == nil)
            #expect(try await store.find(id: UUID()) == nil)
        }
    }

    @Test(arguments: ["'ready'", "'probing'", "'failed'", "'odd'"])
    func `the schema refuses a replica without what its state needs`(state: String) async throws {
        try await StoreFixture.with { fixture in
            let deployment = try await fixture.makeTargetedDeployment(of: fixture.makeEndpoint())
            let row = try await fixture.makeReplica(.pending, of: deployment)
            let error = await #expect(throws: PostgresError.self) {
                try await fixture.database.query("UPDATE replicas SET state = \(raw: state) WHERE id = \(row.id.value)")
            }
            guard case .checkViolation = error?.code else {
                Issue.record("no check violation: \(String(describing: error))")
                return
            }
        }
    }

    @Test func `the schema refuses a replica of a generation without a specification`() async throws {
        try await StoreFixture.with { fixture in
            let deployment = try await fixture.makeTargetedDeployment(of: fixture.makeEndpoint())
            await expectCode(.foreignKeyViolation(constraint: "replicas_deployment_id_generation_fkey")) {
                try await fixture.makeReplica(.pending, of: deployment, generation: 7)
            }
        }
    }
}
