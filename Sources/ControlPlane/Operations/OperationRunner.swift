import Foundation
package import Logging
package import Postgres
package import Resources
import Store
import Synchronization

/// Carries one claimed operation from its cursor to its end, or as far as this worker gets.
package struct OperationRunner: Sendable {
    /// Called after each step, before its cursor is written. For tests that break off there.
    package typealias StepObserver = @Sendable (ResourceOperation, String) async throws -> Void

    private let database: Database
    private let catalog: OperationCatalog
    private let hub: SignalHub
    private let time: TimeSource
    private let afterStep: StepObserver
    /// How long an operation waits for its replicas before it does so as a row: most are there by then.
    private let waitInPlace: Duration
    private let logger: Logger
    private let waiting = Waiters()

    package init(
        database: Database, catalog: OperationCatalog, hub: SignalHub, time: TimeSource = .system,
        afterStep: @escaping StepObserver = { _, _ in }, waitInPlace: Duration = .milliseconds(250), logger: Logger
    ) {
        (self.database, self.catalog, self.hub, self.time) = (database, catalog, hub, time)
        (self.afterStep, self.waitInPlace, self.logger) = (afterStep, waitInPlace, logger)
    }

    /// Returns when the operation has ended, waits as a row, or is no longer ours. Throws what another try may mend; the
    /// caller gives the work item back.
    func run(_ work: ClaimedWork) async throws {
        let plan = try catalog.plan(of: work.operation.kind)
        var operation = work.operation
        do {
            var outcome = Outcome.cancelled
            if !operation.isCancelRequested {
                outcome = try await carryOut(plan.steps, counting: \.cursor, of: &operation, work.claim)
            }
            switch outcome {
            case .left: return
            case .done:
                try await succeed(operation, plan, claim: work.claim)
            case .cancelled:
                operation.isCancelRequested = true
                guard try await carryOut(plan.unwind, counting: \.unwound, of: &operation, work.claim) == .done else {
                    return
                }
                try await fail(operation, plan, as: .canceled, .cancelled, claim: work.claim)
            }
        } catch let error as ARMError {
            try await fail(operation, plan, as: .failed, error, claim: work.claim)
        }
    }

    /// What became of steps.
    private enum Outcome {
        case done
        /// The operation waits as a row now, or is no longer ours.
        case left
        /// They are not to be gone on with, but unwound.
        case cancelled
    }

    /// Carries steps out, from the one that `count` says.
    private func carryOut(
        _ steps: [OperationStep], counting count: WritableKeyPath<ResourceOperation, Int>,
        of operation: inout ResourceOperation, _ claim: WorkClaim
    ) async throws -> Outcome {
        while operation[keyPath: count] < steps.count {
            let step = steps[operation[keyPath: count]]
            let isLast = operation[keyPath: count] == steps.count - 1
            // The end is written with the last step, and the only step of a short operation with its end.
            if let end = try await begin(step, of: &operation, claim, writing: steps.count > 1) { return end }
            if let end = try await perform(step, of: operation, claim) { return end }
            try await afterStep(operation, step.name)
            if let last = operation.timeline.indices.last { operation.timeline[last].endedAt = time.now() }
            operation[keyPath: count] += 1
            if !isLast, let end = try await write(operation, claim) { return end }
        }
        return .done
    }

    /// Writes how far the operation got; what its steps come to where they are not to be gone on with.
    private func write(_ operation: ResourceOperation, _ claim: WorkClaim) async throws -> Outcome? {
        guard let isCancelRequested = try await OperationStore(database).advance(operation, holding: claim) else {
            return .left
        }
        return isCancelRequested && !operation.isCancelRequested ? .cancelled : nil
    }

    /// Nil when the step is done.
    private func perform(
        _ step: OperationStep, of operation: ResourceOperation, _ claim: WorkClaim
    ) async throws -> Outcome? {
        if try await isDoneSoon(step, of: operation) { return nil }
        let store = WorkItemStore(database)
        while true {
            // What happens from here on is counted in the row, so that no change falls between the look and the parking.
            guard let wakes = try await store.wakes(claim) else { return .left }
            if wakes.isCancelRequested, !operation.isCancelRequested { return .cancelled }
            if try await look(step, of: operation) == .done { return nil }
            if try await park(claim, of: operation, seen: wakes.count, waitsForOthers: step.topic == .operations) {
                return .left
            }
        }
    }

    /// False where the step is to be looked at again.
    private func park(
        _ claim: WorkClaim, of operation: ResourceOperation, seen wakes: Int64, waitsForOthers: Bool
    ) async throws -> Bool {
        @Sendable func park(_ store: WorkItemStore) async throws -> Bool {
            try await store.park(claim, seen: wakes, upTo: Self.longestPark, deadline: operation.deadlineAt)
        }
        guard waitsForOthers else { return try await park(WorkItemStore(database)) }
        return try await database.transaction { transaction in
            let store = WorkItemStore(transaction)
            try await store.lockWaits(of: operation.id)
            return try await park(store)
        }
    }

    /// Waits for a short while after it last got further, if not many do and nothing is cancelled; whether the step is done
    /// then.
    private func isDoneSoon(_ step: OperationStep, of operation: ResourceOperation) async throws -> Bool {
        let cancellations = hub.count(of: .cancellations)
        var end = ContinuousClock.now + waitInPlace
        while true {
            let seen = hub.count(of: step.topic)
            switch try await look(step, of: operation) {
            case .done: return true
            case .wait: break
            case .advanced: end = ContinuousClock.now + waitInPlace
            }
            let rest = end - .now
            guard rest > .zero, hub.count(of: .cancellations) == cancellations,
                waiting.enter(upTo: Self.waitersInPlace)
            else { return false }
            defer { waiting.leave() }
            _ = await hub.wait(for: step.topic, after: seen, upTo: rest)
            try Task.checkCancellation()
        }
    }

    /// Operations that may wait so at once, a quarter of a worker's places: the others are for what can go on.
    private static let waitersInPlace = 64
    /// How long a row waits without being woken: a safety net, for every change wakes.
    private static let longestPark = Duration.seconds(300)

    /// Opens the phase of a step in the timeline; what was open before ends.
    private func begin(
        _ step: OperationStep, of operation: inout ResourceOperation, _ claim: WorkClaim, writing: Bool
    ) async throws -> Outcome? {
        guard operation.timeline.last?.name != step.name else { return nil }
        let now = time.now()
        if let last = operation.timeline.indices.last, operation.timeline[last].endedAt == nil {
            operation.timeline[last].endedAt = now
        }
        operation.timeline.append(OperationPhase(name: step.name, startedAt: now))
        return writing ? try await write(operation, claim) : nil
    }

    /// Runs a step once, no longer than until the operation's deadline.
    private func look(_ step: OperationStep, of operation: ResourceOperation) async throws -> StepOutcome {
        let timeout = ARMError(
            .operationTimedOut, "The operation did not end before its deadline; it was in the phase '\(step.name)'.")
        guard operation.deadlineAt > time.now() else { throw timeout }
        return try await withThrowingTaskGroup(of: StepOutcome.self) { group in
            group.addTask { try await step.run(operation) }
            group.addTask {
                try await time.sleep(until: operation.deadlineAt)
                throw timeout
            }
            let outcome = try await group.next()
            group.cancelAll()
            return outcome ?? .wait
        }
    }

    private func succeed(_ operation: ResourceOperation, _ plan: any OperationPlan, claim: WorkClaim) async throws {
        let ended = try await database.ending { transaction in
            try await plan.succeed(operation, in: transaction)
            return try await OperationStore(transaction).finish(
                claim, as: .succeeded, error: nil, timeline: operation.timeline)
        }
        guard ended else { return }
        hub.raiseHere([.operations])
        logger.info("operation succeeded", metadata: Self.metadata(operation))
    }

    private func fail(
        _ operation: ResourceOperation, _ plan: any OperationPlan, as state: OperationState, _ error: ARMError,
        claim: WorkClaim
    ) async throws {
        var timeline = operation.timeline
        if let last = timeline.indices.last, timeline[last].endedAt == nil { timeline[last].endedAt = time.now() }
        let ended = try await database.ending { [timeline] transaction in
            try await plan.fail(operation, as: state, error: error, in: transaction)
            return try await OperationStore(transaction).finish(claim, as: state, error: error, timeline: timeline)
        }
        guard ended else { return }
        hub.raiseHere([.operations])
        var metadata = Self.metadata(operation)
        metadata["error.code"] = "\(error.code.rawValue)"
        logger.info(state == .canceled ? "operation cancelled" : "operation failed", metadata: metadata)
    }

    static func metadata(_ operation: ResourceOperation) -> Logger.Metadata {
        [
            "operation.id": "\(operation.id)", "operation.kind": "\(operation.kind.rawValue)",
            "resource.id": "\(operation.resourceID)", "correlation.id": "\(operation.correlationID)",
        ]
    }
}

/// How many wait at once.
private final class Waiters: Sendable {
    private let count = Mutex(0)

    /// False where as many as may do so wait already.
    func enter(upTo limit: Int) -> Bool {
        count.withLock { count in
            guard count < limit else { return false }
            count += 1
            return true
        }
    }

    func leave() {
        count.withLock { $0 -= 1 }
    }
}

extension Database {
    /// Runs the transaction that ends an operation. Its body writes the end of the resource, and last that of the operation:
    /// where it returns false, somebody else has ended that, and nothing is written. Returns what the body returns.
    func ending(_ body: @Sendable (Transaction) async throws -> Bool) async throws -> Bool {
        do {
            return try await transaction { transaction in
                guard try await body(transaction) else { throw EndedOtherwise() }
                return true
            }
        } catch is EndedOtherwise {
            return false
        }
    }
}

private struct EndedOtherwise: Error {}
