package import Postgres
package import Resources
import Store

/// What a step of an operation came to.
package enum StepOutcome: Sendable, Equatable {
    case done
    /// It is to be run again when something about its subject has changed. Whoever changes it wakes the operation in the
    /// same transaction (`wake_work` in the migrations), so that it may wait as a row.
    case wait
    /// The same, after it got further.
    case advanced
}

/// One named step of an operation. Running it twice has the effect of running it once: after a crash, and after a wait, it
/// is run again.
package struct OperationStep: Sendable {
    /// As it stands in the timeline.
    package let name: String
    /// What is signalled in this process when its wait may be over.
    var topic = ChangeTopic.replicas
    let run: @Sendable (ResourceOperation) async throws -> StepOutcome
}

/// How operations of some kinds are carried out.
///
/// An operation records what is desired and waits for the world to reach it; planner and hosts do the work. The steps run in
/// order and the cursor of the operation's row says how many are done; then `succeed` writes the end of the resource in the
/// transaction that ends the operation. `fail` does so for every other end. Both come before the operation's own end, whose
/// row is locked last: an end that somebody else has written takes back what they wrote.
///
/// Cancelling ends an operation at once where `unwind` is empty. Else its worker leaves the steps after the one that runs,
/// and carries out those of `unwind` instead; then the operation has been cancelled.
package protocol OperationPlan: Sendable {
    var steps: [OperationStep] { get }
    /// What takes back what the steps began.
    var unwind: [OperationStep] { get }
    func succeed(_ operation: ResourceOperation, in transaction: Transaction) async throws
    func fail(
        _ operation: ResourceOperation, as state: OperationState, error: ARMError, in transaction: Transaction
    ) async throws
}

extension OperationPlan {
    package var unwind: [OperationStep] { [] }
}

/// The plan of each kind of operation.
package struct OperationCatalog: Sendable {
    private let plans: [OperationKind: any OperationPlan]

    /// From what each noun has of them.
    package init(_ plans: [OperationKind: any OperationPlan]...) {
        self.plans = plans.reduce(into: [:]) { all, some in all.merge(some) { first, _ in first } }
    }

    func plan(of kind: OperationKind) throws(ARMError) -> any OperationPlan {
        guard let plan = plans[kind] else {
            throw ARMError(.internalServerError, "No plan is known for \(kind.rawValue).")
        }
        return plan
    }
}
