import AsyncHTTPClient
import Foundation
import Logging
import Postgres
import Resources
import ServiceLifecycle
import Store
import Synchronization
import TestSupport
import Testing

@testable import ControlPlane

/// Workers and runners on the real database; the endpoint operations of a fleet without routers are their work.
@Suite struct WorkQueueTests {
    /// One process: hub, publisher and workers on a database.
    private struct Process {
        let hub = SignalHub()
        let publisher: RoutingPublisher
        let worker: WorkQueueWorker
        let runner: OperationRunner

        init(
            _ database: Database, lease: Duration = .milliseconds(600), time: TimeSource = .system,
            afterStep: @escaping OperationRunner.StepObserver
        ) {
            publisher = RoutingPublisher(
                database: database, control: RouterControlClient(http: .shared, token: nil),
                address: ScoringAddress(scheme: "http", authority: "localhost:1", domain: nil), tokenIssuer: "",
                tokenKeys: [], hub: hub, logger: TestDatabase.silent)
            let steps = OperationSteps(
                publisher: publisher, replicas: ReplicaCondition(database: database), hub: hub)
            runner = OperationRunner(
                database: database,
                catalog: OperationCatalog(
                    EndpointOperations(steps).plans,
                    DeploymentOperations(steps).plans),
                hub: hub, time: time, afterStep: afterStep, logger: TestDatabase.silent)
            worker = WorkQueueWorker(
                database: database, runner: runner, hub: hub,
                settings: WorkQueueSettings(
                    concurrency: 8, lease: lease, heartbeat: .milliseconds(150), pollInterval: .milliseconds(50)),
                logger: TestDatabase.silent)
        }

        /// Runs until the body ends.
        func run(_ body: () async throws -> Void) async throws {
            let tasks = [Task { try await publisher.run() }, Task { try await worker.run() }]
            defer { for task in tasks { task.cancel() } }
            try await body()
        }
    }

    private func insert(_ count: Int, into database: Database, deadline: TimeInterval = 600) async throws {
        let id = ResourceID.workspace(subscription: "s", resourceGroup: "g", name: "w")
        try await SubscriptionStore(database).ensure(id: "s", displayName: "S")
        _ = try await ResourceGroupStore(database).save(
            ResourceGroup(subscription: "s", name: "g", location: "westeurope", tags: [:]))
        let workspace = UUID()
        let body = try JSONParser.parse(Data(#"{"location": "westeurope"}"#.utf8))
        try await WorkspaceStore(database).insert(
            id: workspace, resource: id, request: try WorkspaceRequest(reading: BodyReader(root: body)), by: "tests")
        for index in 0..<count {
            let now = Date()
            try await OperationStore(database).insert(
                ResourceOperation(
                    id: OperationID(), kind: .regenerateKeys,
                    resourceID: id.child("onlineEndpoints", "house\(index)").description, subjectID: UUID(),
                    generation: 1, state: .accepted, cursor: 0,
                    timeline: [OperationPhase(name: "queued", startedAt: now)], error: nil, location: "westeurope",
                    correlationID: "tests", createdAt: now, finishedAt: nil,
                    deadlineAt: now.addingTimeInterval(deadline)), workspaceID: workspace)
        }
    }

    private func count(_ sql: SQL, in database: Database) async throws -> Int {
        try await database.query(sql).first?.decode(Int.self) ?? 0
    }

    @Test func `many items are run by several workers, each once`() async throws {
        try await TestDatabase.withDatabase(poolSize: 12) { database in
            try await insert(120, into: database)
            let runs = Runs()
            let processes = (0..<3).map { _ in
                Process(database, lease: .seconds(20)) { operation, _ in runs.add(operation.id.description) }
            }
            try await processes[0].run {
                try await processes[1].run {
                    try await processes[2].run {
                        try await eventually(within: .seconds(40), "all have ended") {
                            try await count("SELECT count(*) FROM work_items", in: database) == 0
                        }
                    }
                }
            }
            #expect(runs.all.count == 120)
            #expect(Set(runs.all).count == 120, "each once")
            #expect(try await count("SELECT count(*) FROM operations WHERE state = 'succeeded'", in: database) == 120)
        }
    }

    @Test func `what a dead worker held is freed after its lease and carried on`() async throws {
        try await TestDatabase.withDatabase { database in
            try await insert(5, into: database)
            // A process that claims and is never heard of again.
            let held = try await WorkItemStore(database).claim(owner: UUID(), limit: 10, lease: .milliseconds(400))
            #expect(held.count == 5)
            let runs = Runs()
            let process = Process(database) { operation, _ in runs.add(operation.id.description) }
            try await process.run {
                #expect(runs.all.isEmpty)
                try await eventually("all have ended") {
                    try await count("SELECT count(*) FROM work_items", in: database) == 0
                }
            }
            #expect(Set(runs.all).count == 5)
            // The dead one comes back: its claims mean nothing any more.
            for work in held {
                let wrote = try await OperationStore(database).advance(work.operation, holding: work.claim)
                #expect(wrote == nil)
            }
        }
    }

    @Test func `a lease that is extended is not taken over`() async throws {
        try await TestDatabase.withDatabase { database in
            try await insert(1, into: database)
            let runs = Runs()
            let gate = StepGate(kind: "regenerate_keys", step: "routing")
            let observer: OperationRunner.StepObserver = { operation, step in
                runs.add(operation.id.description)
                try await gate.observer(operation, step)
            }
            // Long enough for a heartbeat on a busy machine.
            let lease = Duration.seconds(4)
            let first = Process(database, lease: lease, afterStep: observer)
            let second = Process(database, lease: lease, afterStep: observer)
            try await first.run {
                try await second.run {
                    try await gate.untilReached()
                    let start = ContinuousClock.now
                    try await eventually("three leases have passed") {
                        ContinuousClock.now - start > lease * 3
                    }
                    gate.open()
                    try await eventually("it has ended") {
                        try await count("SELECT count(*) FROM work_items", in: database) == 0
                    }
                }
            }
            #expect(runs.all.count == 1)
        }
    }

    /// What the worker sends: claims, cursors, ends, heartbeats, rescues, returns.
    static let statements = [
        "WITH due AS", "UPDATE operations SET cursor", "WITH gone AS", "UPDATE work_items w SET",
        "UPDATE work_items SET owner = NULL", "COMMIT",
    ]

    @Test(arguments: statements, everyFault)
    func `every operation ends once, whatever statement goes wrong`(
        statement: String, fault: StatementFault
    ) async throws {
        try await TestDatabase.withDatabase { database in
            let faults = ChosenFaults()
            let faulty = Database(
                settings: database.settings, poolSize: 4, faults: faults.source, logger: TestDatabase.silent)
            try await insert(12, into: database)
            faults.set(fault, on: statement, count: 2)
            let process = Process(faulty) { _, _ in }
            try await process.run {
                try await eventually(within: .seconds(30), "all have ended") {
                    try await count("SELECT count(*) FROM work_items", in: database) == 0
                }
            }
            await faulty.close()
            #expect(try await count("SELECT count(*) FROM operations WHERE state = 'succeeded'", in: database) == 12)
        }
    }

    @Test func `an operation whose deadline has passed fails`() async throws {
        try await TestDatabase.withDatabase { database in
            try await insert(1, into: database, deadline: -1)
            let process = Process(database) { _, _ in }
            try await process.run {
                try await eventually("it has ended") {
                    try await count("SELECT count(*) FROM operations WHERE state = 'failed'", in: database) == 1
                }
            }
            let code = try await database.query("SELECT error ->> 'code' FROM operations").first?.decode(String.self)
            #expect(code == "OperationTimedOut")
        }
    }

    @Test func `the deadline ends a step that hangs`() async throws {
        try await TestDatabase.withDatabase { database in
            try await insert(1, into: database)
            // Nobody publishes: the step would wait for ever, but time flies.
            let clock = FlyingClock()
            let process = Process(database, time: TimeSource(now: { clock.now }, sleep: { _ in await clock.fly() })) {
                _, _ in
            }
            let claimed = try await WorkItemStore(database).claim(owner: UUID(), limit: 1, lease: .seconds(60))
            let work = try #require(claimed.first)
            try await ended(within: .seconds(10)) { try await process.runner.run(work) }
            #expect(try await count("SELECT count(*) FROM operations WHERE state = 'failed'", in: database) == 1)
        }
    }

    @Test func `a publication asked for after the publisher's end is refused, not forgotten`() async throws {
        try await TestDatabase.withDatabase { database in
            let process = Process(database) { _, _ in }
            let running = Task { try await process.publisher.run() }
            try await process.publisher.publishAndWait()
            running.cancel()
            _ = await running.result
            try await ended(within: .seconds(5)) {
                do {
                    try await process.publisher.publishAndWait()
                    Issue.record("nothing was published")
                } catch {}
            }
        }
    }

    /// Fails the test when `body` does not end in time; it is left to itself then.
    private func ended(
        within limit: Duration, sourceLocation: SourceLocation = #_sourceLocation,
        _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        let isOver = Flag()
        let task = Task {
            defer { isOver.set() }
            try await body()
        }
        do {
            try await eventually(within: limit, "it ends") { isOver.isSet }
        } catch {
            task.cancel()
            Issue.record("it did not end within \(limit)", sourceLocation: sourceLocation)
            return
        }
        try await task.value
    }
}

/// What was run, in order.
private final class Runs: Sendable {
    private let list = Mutex<[String]>([])
    var all: [String] { list.withLock { $0 } }
    func add(_ one: String) { list.withLock { $0.append(one) } }
}

/// A clock on which every sleep takes an hour, and next to none of the test's time.
private final class FlyingClock: Sendable {
    private let flown = Mutex<TimeInterval>(0)

    var now: Date { Date(timeIntervalSinceNow: flown.withLock { $0 }) }

    func fly() async {
        await Task.yield()
        flown.withLock { $0 += 3_600 }
    }
}
