import AsyncHTTPClient
import ControlPlane
import Foundation
import Postgres
import Resources
import ServiceLifecycle
import Store

/// The operation queue by itself: its worker with its runner, in a database without endpoints or routers.
///
/// Its operations are `regenerate_keys` ones of subjects that don't exist: one step, which publishes an empty table.
struct QueueRig: Sendable {
    /// Connections and concurrency are the product's defaults.
    private static let poolSize = 16

    let database: Database
    let hub = SignalHub()
    private let http: HTTPClient
    private let group: ServiceGroup

    /// Runs `body` with a worker that starts at the call of ``process(_:)``.
    static func run<Result: Sendable>(
        on settings: ConnectionSettings, afterStep: @escaping OperationRunner.StepObserver = { _, _ in },
        waitInPlace: Duration = .milliseconds(250), _ body: (QueueRig) async throws -> Result
    ) async throws -> Result {
        let rig = QueueRig(settings, afterStep: afterStep, waitInPlace: waitInPlace)
        return try await withEnd(rig.close) { try await body(rig) }
    }

    private init(
        _ settings: ConnectionSettings, afterStep: @escaping OperationRunner.StepObserver, waitInPlace: Duration
    ) {
        let logger = Workbench.silent
        database = Database(settings: settings, poolSize: Self.poolSize, logger: logger)
        http = HTTPClient(eventLoopGroupProvider: .singleton)
        let publisher = RoutingPublisher(
            database: database, control: RouterControlClient(http: http, token: nil),
            address: ScoringAddress(scheme: "http", authority: "127.0.0.1:1", domain: nil), tokenIssuer: "",
            tokenKeys: [], hub: hub, logger: logger)
        let steps = OperationSteps(
            publisher: publisher, replicas: ReplicaCondition(database: database), hub: hub)
        let catalog = OperationCatalog(
            EndpointOperations(steps).plans,
            DeploymentOperations(steps).plans)
        let runner = OperationRunner(
            database: database, catalog: catalog, hub: hub, afterStep: afterStep, waitInPlace: waitInPlace,
            logger: logger)
        let worker = WorkQueueWorker(database: database, runner: runner, hub: hub, logger: logger)
        group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [SignalRelay(hub: hub, database: database, logger: logger), publisher, worker],
                logger: logger))
    }

    private func close() async throws {
        try await http.shutdown()
        await database.close()
    }

    /// Runs the worker for as long as `body` takes.
    func process<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            do {
                let result = try await body()
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
                return result
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
        }
    }

    /// Writes an operation with its work item in a transaction of its own and wakes the worker, as services do.
    func enqueue(
        _ id: OperationID = OperationID(), _ kind: OperationKind = .regenerateKeys, on subject: UUID = UUID()
    ) async throws {
        let now = Date()
        let operation = ResourceOperation(
            id: id, kind: kind, resourceID: "/benchmarks/\(id)", subjectID: subject, generation: 1,
            state: .accepted, cursor: 0, timeline: [OperationPhase(name: "queued", startedAt: now)], error: nil,
            location: "bench", correlationID: "benchmarks", createdAt: now, finishedAt: nil,
            deadlineAt: now.addingTimeInterval(3_600))
        try await database.transaction { transaction in
            try await OperationStore(transaction).insert(operation, workspaceID: UUID())
        }
        hub.raise(.work)
    }

    /// Returns when nothing waits and nothing runs.
    func untilDrained(within limit: Duration) async throws {
        try await wait(for: "an empty queue", within: limit, every: .milliseconds(20)) {
            try await database.query("SELECT 1 FROM work_items LIMIT 1").rows.isEmpty
        }
    }
}
