import Foundation
import Logging
import Postgres
import Resources
import Store
import Synchronization
import TestSupport
import Testing

@testable import ControlPlane

/// Operations that wait as rows: when they are parked, what wakes them, and what may go wrong meanwhile.
@Suite struct ParkingTests {
    /// One step, which waits until it is let through.
    private final class Gate: Sendable {
        private struct State {
            var isOpen = false
            var looks = 0
        }

        private let state = Mutex(State())
        /// Called at each look, with its number, before its outcome is decided.
        let onLook: @Sendable (Int) async throws -> Void

        init(onLook: @escaping @Sendable (Int) async throws -> Void = { _ in }) {
            self.onLook = onLook
        }

        var looks: Int { state.withLock { $0.looks } }

        func open() { state.withLock { $0.isOpen = true } }

        var step: OperationStep {
            OperationStep(name: "waiting") { [self] _ in
                let isOpen = state.withLock { state in
                    state.looks += 1
                    return state.isOpen
                }
                try await onLook(looks)
                return isOpen ? .done : .wait
            }
        }
    }

    private struct Plan: OperationPlan {
        let steps: [OperationStep]

        func succeed(_ operation: ResourceOperation, in transaction: Transaction) async throws {}

        func fail(
            _ operation: ResourceOperation, as state: OperationState, error: ARMError, in transaction: Transaction
        ) async throws {}
    }

    private static func run(
        _ database: Database, _ gate: Gate, hub: SignalHub = SignalHub(), waitInPlace: Duration = .zero,
        lease: Duration = .milliseconds(600), _ body: () async throws -> Void
    ) async throws {
        let runner = OperationRunner(
            database: database,
            catalog: OperationCatalog([
                .regenerateKeys: Plan(steps: [
                    gate.step, OperationStep(name: "after") { _ in .done },
                ])
            ]), hub: hub, waitInPlace: waitInPlace, logger: TestDatabase.silent)
        let worker = WorkQueueWorker(
            database: database, runner: runner, hub: hub,
            settings: WorkQueueSettings(
                concurrency: 8, lease: lease, heartbeat: .milliseconds(150),
                pollInterval: .milliseconds(20)),
            logger: TestDatabase.silent)
        let task = Task { try await worker.run() }
        defer { task.cancel() }
        try await body()
    }

    /// An operation on a subject of its own, with its work item.
    private static func insert(into fixture: StoreFixture, deadline: TimeInterval = 600) async throws
        -> ResourceOperation
    {
        var operation = fixture.operation(kind: .regenerateKeys, createdAt: Date())
        operation.deadlineAt = Date(timeIntervalSinceNow: deadline)
        try await OperationStore(fixture.database).insert(operation, workspaceID: fixture.workspace.id)
        return operation
    }

    private static func isParked(_ operation: ResourceOperation, _ database: Database) async throws -> Bool {
        try await database.query(
            "SELECT owner IS NULL AND attempt > 0 FROM work_items WHERE operation_id = \(operation.id.value)"
        ).first?.decode(Bool.self) ?? false
    }

    private static func wake(_ operation: ResourceOperation, _ database: Database) async throws {
        try await database.query("SELECT wake_work(\(operation.subjectID))")
    }

    private static func hasSucceeded(_ operation: ResourceOperation, _ database: Database) async throws -> Bool {
        try await OperationStore(database).find(operation.id)?.state == .succeeded
    }

    @Test func `an operation waits as a row until it is woken`() async throws {
        try await StoreFixture.with { fixture in
            let (database, gate) = (fixture.database, Gate())
            let operation = try await Self.insert(into: fixture)
            try await Self.run(database, gate) {
                try await eventually("it waits as a row") { try await Self.isParked(operation, database) }
                gate.open()
                try await Self.wake(operation, database)
                try await eventually("it has ended") { try await Self.hasSucceeded(operation, database) }
            }
            let phases = try await OperationStore(database).find(operation.id)?.timeline.map(\.name)
            #expect(phases == ["queued", "waiting", "after"], "a wait is one phase, however often it is looked at")
        }
    }

    @Test func `a change between the last look and the parking keeps it awake`() async throws {
        try await StoreFixture.with { fixture in
            let database = fixture.database
            let operation = try await Self.insert(into: fixture)
            let opened = Mutex<Gate?>(nil)
            // The second look is the one that the parking counts from.
            let gate = Gate { look in
                guard look == 2 else { return }
                opened.withLock { $0?.open() }
                try await Self.wake(operation, database)
            }
            opened.withLock { $0 = gate }
            try await Self.run(database, gate) {
                try await eventually("it has ended") { try await Self.hasSucceeded(operation, database) }
            }
            #expect(gate.looks == 3)
        }
    }

    @Test func `what is there soon is waited for in place`() async throws {
        try await StoreFixture.with { fixture in
            let (database, hub) = (fixture.database, SignalHub())
            let operation = try await Self.insert(into: fixture)
            let opened = Mutex<Gate?>(nil)
            let gate = Gate { look in
                guard look == 1 else { return }
                opened.withLock { $0?.open() }
                hub.raiseHere([.replicas])
            }
            opened.withLock { $0 = gate }
            try await Self.run(database, gate, hub: hub, waitInPlace: .seconds(60)) {
                try await eventually("it has ended") { try await Self.hasSucceeded(operation, database) }
            }
            #expect(gate.looks == 2)
        }
    }

    @Test func `one that nothing wakes fails at its deadline, in the phase where it waits`() async throws {
        try await StoreFixture.with { fixture in
            let (database, gate) = (fixture.database, Gate())
            let operation = try await Self.insert(into: fixture, deadline: 1)
            try await Self.run(database, gate) {
                try await eventually("it has ended") {
                    try await OperationStore(database).find(operation.id)?.state.isTerminal ?? false
                }
            }
            let ended = try #require(try await OperationStore(database).find(operation.id))
            #expect(ended.state == .failed && ended.error?.code == .operationTimedOut)
            #expect(ended.error?.message.contains("'waiting'") ?? false)
        }
    }

    /// Statements between a claim and the end of a parked operation, by their beginnings.
    private static let statements = [
        "WITH due AS", "SELECT wakes", "UPDATE work_items w SET owner = NULL", "UPDATE operations SET cursor",
        "WITH gone AS", "COMMIT", "UPDATE work_items w SET",
    ]

    @Test(arguments: statements, everyFault)
    func `whatever statement goes wrong, a woken operation ends`(_ statement: String, _ fault: StatementFault)
        async throws
    {
        try await StoreFixture.with { fixture in
            let (faults, gate) = (ChosenFaults(), Gate())
            let operation = try await Self.insert(into: fixture)
            let database = Database(
                settings: fixture.database.settings, poolSize: 4, faults: faults.source, logger: TestDatabase.silent)
            // Wrong before it waits, and wrong again after it was woken.
            faults.set(fault, on: statement)
            try await Self.run(database, gate) {
                try await eventually("it waits as a row") {
                    try await Self.isParked(operation, fixture.database)
                }
                faults.set(fault, on: statement, count: 2)
                gate.open()
                try await Self.wake(operation, fixture.database)
                try await eventually("it has ended") {
                    try await Self.hasSucceeded(operation, fixture.database)
                }
            }
            await database.close()
        }
    }

    @Test func `a claim whose response was lost is taken again at once, not after its lease`() async throws {
        try await StoreFixture.with { fixture in
            let (faults, gate) = (ChosenFaults(), Gate())
            gate.open()
            let operation = try await Self.insert(into: fixture)
            let database = Database(
                settings: fixture.database.settings, poolSize: 4, faults: faults.source, logger: TestDatabase.silent)
            faults.set(.responseLost, on: "WITH due AS", count: 3)
            try await Self.run(database, gate, lease: .seconds(3_600)) {
                try await eventually("it has ended") {
                    try await Self.hasSucceeded(operation, fixture.database)
                }
            }
            #expect(faults.areSpent)
            await database.close()
        }
    }

    @Test func `replicas and what their deployment wants wake its operations`() async throws {
        try await StoreFixture.with { fixture in
            let database = fixture.database
            let endpoint = try await fixture.makeEndpoint()
            let deployment = try await fixture.makeTargetedDeployment(of: endpoint)
            let operations = [
                try await fixture.makeOperation(on: deployment.id), try await fixture.makeOperation(on: endpoint.id),
            ]
            _ = try await WorkItemStore(database).claim(owner: UUID(), limit: 10, lease: .seconds(60))
            func wakes() async throws -> [Int64] {
                var counts: [Int64] = []
                for operation in operations {
                    let row = try await database.query(
                        "SELECT wakes FROM work_items WHERE operation_id = \(operation.id.value)"
                    ).first
                    counts.append(try #require(try row?.decode(Int64.self)))
                }
                return counts
            }
            #expect(try await wakes() == [0, 0])
            let replica = try await fixture.makeReplica(.starting, of: deployment)
            #expect(try await wakes() == [2, 0], "made, and moved")
            try await fixture.report(replica.reported, replica.host)
            #expect(try await wakes() == [2, 0], "not by what nobody waits for")
            try await WorkloadStore(database).want(3, id: deployment.id)
            #expect(try await wakes() == [3, 0])
            try await database.query("DELETE FROM replicas")
            #expect(try await wakes() == [4, 1], "its deletion, for those of the endpoint too")
        }
    }
}
