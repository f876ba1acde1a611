import Foundation
package import Logging
package import Postgres
package import Resources
import Store

/// Carries one claimed operation from its cursor to its end, or as far as this worker gets.
package struct OperationRunner: Sendable {
    /// Called after each step, before its cursor is written. For tests that break off there.
    package typealias StepObserver = @Sendable (ResourceOperation, String) async throws -> Void

    private let database: Database
    private let catalog: OperationCatalog
    private let hub: SignalHub
    private let time: TimeSource
    private let afterStep: StepObserver
    private let logger: Logger

    package init(
        database: Database, catalog: OperationCatalog, hub: SignalHub, time: TimeSource = .system,
        afterStep: @escaping StepObserver = { _, _ in }, logger: Logger
    ) {
        self.database = database
        self.catalog = catalog
        self.hub = hub
        self.time = time
        self.afterStep = afterStep
        self.logger = logger
    }

    /// Returns when the operation has ended or is no longer ours. Throws what another try may mend; the caller
    /// gives the work item back.
    func run(_ work: ClaimedWork) async throws {
        let plan = try catalog.plan(of: work.operation.kind)
        var operation = work.operation
        do {
            while operation.cursor < plan.steps.count {
                let step = plan.steps[operation.cursor]
                let isLast = operation.cursor == plan.steps.count - 1
                // The end is written with the last step, and the only step of a short operation with its end.
                guard try await begin(step, of: &operation, work.claim, writing: plan.steps.count > 1) else { return }
                try await perform(step, of: operation)
                try await afterStep(operation, step.name)
                guard try await complete(step, of: &operation, work.claim, writing: !isLast) else { return }
            }
            try await succeed(operation, plan, claim: work.claim)
        } catch let error as ARMError {
            try await fail(operation, plan, error, claim: work.claim)
        }
    }

    /// Opens the phase of a step in the timeline; what was open before ends.
    private func begin(
        _ step: OperationStep, of operation: inout ResourceOperation, _ claim: WorkClaim, writing: Bool
    ) async throws -> Bool {
        guard operation.timeline.last?.name != step.name else { return true }
        let now = time.now()
        if let last = operation.timeline.indices.last, operation.timeline[last].endedAt == nil {
            operation.timeline[last].endedAt = now
        }
        operation.timeline.append(OperationPhase(name: step.name, startedAt: now))
        guard writing else { return true }
        return try await OperationStore(database).advance(operation, from: operation.cursor, holding: claim)
    }

    private func complete(
        _ step: OperationStep, of operation: inout ResourceOperation, _ claim: WorkClaim, writing: Bool
    ) async throws -> Bool {
        if let last = operation.timeline.indices.last { operation.timeline[last].endedAt = time.now() }
        operation.cursor += 1
        guard writing else { return true }
        return try await OperationStore(database).advance(operation, from: operation.cursor - 1, holding: claim)
    }

    /// Runs a step, no longer than until the operation's deadline.
    private func perform(_ step: OperationStep, of operation: ResourceOperation) async throws {
        let remaining = operation.deadlineAt.timeIntervalSince(time.now())
        let timeout = ARMError(
            .operationTimedOut, "The operation did not end before its deadline; it was in the phase '\(step.name)'.")
        guard remaining > 0 else { throw timeout }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await step.run(operation) }
            group.addTask {
                try await time.sleep(.milliseconds(Int(remaining * 1_000)))
                throw timeout
            }
            try await group.next()
            group.cancelAll()
        }
    }

    private func succeed(_ operation: ResourceOperation, _ plan: any OperationPlan, claim: WorkClaim) async throws {
        let ended = try await database.transaction { transaction in
            guard
                try await OperationStore(transaction).finish(
                    claim, as: .succeeded, error: nil, timeline: operation.timeline)
            else { return false }
            try await plan.succeed(operation, in: transaction)
            return true
        }
        guard ended else { return }
        hub.raiseHere([.operations])
        logger.info("operation succeeded", metadata: Self.metadata(operation))
    }

    private func fail(
        _ operation: ResourceOperation, _ plan: any OperationPlan, _ error: ARMError, claim: WorkClaim
    ) async throws {
        var timeline = operation.timeline
        if let last = timeline.indices.last, timeline[last].endedAt == nil { timeline[last].endedAt = time.now() }
        let ended = try await database.transaction { [timeline] transaction in
            guard
                try await OperationStore(transaction).finish(claim, as: .failed, error: error, timeline: timeline)
            else { return false }
            try await plan.fail(operation, as: .failed, in: transaction)
            return true
        }
        guard ended else { return }
        hub.raiseHere([.operations])
        var metadata = Self.metadata(operation)
        metadata["error.code"] = "\(error.code.rawValue)"
        logger.info("operation failed", metadata: metadata)
    }

    static func metadata(_ operation: ResourceOperation) -> Logger.Metadata {
        [
            "operation.id": "\(operation.id)", "operation.kind": "\(operation.kind.rawValue)",
            "resource.id": "\(operation.resourceID)", "correlation.id": "\(operation.correlationID)",
        ]
    }
}
