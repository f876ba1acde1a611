import Foundation
import Postgres
import Resources
import Store

/// Writes the row of a new operation in its resource's transaction.
package struct OperationStarter: Sendable {
    private let time: TimeSource
    /// How long an operation may take before it fails.
    private let deadline: Duration

    package init(time: TimeSource = .system, deadline: Duration = .seconds(3_600)) {
        (self.time, self.deadline) = (time, deadline)
    }

    struct Start {
        var kind: OperationKind
        /// ARM id.
        var resourceID: String
        var subjectID: UUID
        /// Nil for what lives in no workspace.
        var workspaceID: UUID?
        var generation: Int64
        var location: String
        var caller: Caller
        /// Longest part that the resource itself announces, such as a probe's start-up time.
        var extraTime: Duration = .zero
    }

    func start(_ start: Start, id: OperationID, in transaction: Transaction) async throws -> ResourceOperation {
        let now = time.now()
        let limit = deadline + start.extraTime
        var operation = ResourceOperation(
            id: id, kind: start.kind, resourceID: start.resourceID, subjectID: start.subjectID,
            generation: start.generation, state: .accepted, cursor: 0,
            timeline: [OperationPhase(name: "queued", startedAt: now)], error: nil, location: start.location,
            correlationID: start.caller.correlationID, createdAt: now, finishedAt: nil,
            deadlineAt: now.addingTimeInterval(TimeInterval(limit.components.seconds)))
        operation.waiter = start.caller.waiter
        try await OperationStore(transaction).insert(operation, workspaceID: start.workspaceID)
        return operation
    }

    /// The same for an operated resource.
    func start(
        _ kind: OperationKind, _ resource: some OperatedResource, id: OperationID, caller: Caller,
        in transaction: Transaction
    ) async throws -> ResourceOperation {
        try await start(
            Start(
                kind: kind, resourceID: resource.resourceID.description, subjectID: resource.id,
                workspaceID: resource.workspaceID, generation: resource.version.generation,
                location: resource.envelope.location, caller: caller, extraTime: resource.extraTime),
            id: id, in: transaction)
    }

    /// Ends whatever runs on a subject, to make way for its deletion. The worker notices at its next step.
    func supersede(subjectID: UUID, in transaction: Transaction) async throws {
        let store = OperationStore(transaction)
        guard let running = try await store.findRunning(subjectID: subjectID) else { return }
        let error = ARMError(.operationCanceled, "The operation was ended by the deletion of its resource.")
        _ = try await store.finish(running.id, as: .canceled, error: error, timeline: nil)
    }

    static func conflict(_ running: ResourceOperation, _ subject: String) -> ARMError {
        ARMError(
            .operationInProgress,
            "\(subject) is being changed by the operation \(running.id) (\(running.kind.rawValue)); wait for its end or cancel it.",
            target: running.resourceID)
    }
}
