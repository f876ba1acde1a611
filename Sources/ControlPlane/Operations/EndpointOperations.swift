import Postgres
package import Resources
import Store

/// The operations on endpoints: what they change is in the rows already, so they wait for the routers.
package struct EndpointOperations: Sendable {
    private let shared: OperationSteps

    package init(_ shared: OperationSteps) {
        self.shared = shared
    }

    package var plans: [OperationKind: any OperationPlan] {
        [
            .putEndpoint: Put(steps: [shared.routing]), .regenerateKeys: RegenerateKeys(steps: [shared.routing]),
            .deleteEndpoint: delete,
        ]
    }

    private var delete: any OperationPlan {
        let stopping = OperationStep(name: "stopping") { [replicas = shared.replicas] operation in
            try await replicas.gone(endpointID: operation.subjectID)
        }
        return Delete(steps: [shared.leaving, stopping])
    }

    private struct Put: OperationPlan {
        let steps: [OperationStep]

        func succeed(_ operation: ResourceOperation, in transaction: Transaction) async throws {
            _ = try await EndpointStore(transaction).setState(
                id: operation.subjectID, from: [.creating, .updating], to: .succeeded, observed: true)
        }

        func fail(
            _ operation: ResourceOperation, as state: OperationState, error: ARMError, in transaction: Transaction
        ) async throws {
            _ = try await EndpointStore(transaction).setState(
                id: operation.subjectID, from: [.creating, .updating], to: state == .canceled ? .canceled : .failed,
                observed: false)
        }
    }

    /// The endpoint's own state does not move while its keys are replaced.
    private struct RegenerateKeys: OperationPlan {
        let steps: [OperationStep]

        func succeed(_ operation: ResourceOperation, in transaction: Transaction) async throws {}

        func fail(
            _ operation: ResourceOperation, as state: OperationState, error: ARMError, in transaction: Transaction
        ) async throws {}
    }

    private struct Delete: OperationPlan {
        let steps: [OperationStep]

        func succeed(_ operation: ResourceOperation, in transaction: Transaction) async throws {
            try await DeploymentStore(transaction).removeAll(endpointID: operation.subjectID)
            try await EndpointStore(transaction).delete(id: operation.subjectID)
        }

        func fail(
            _ operation: ResourceOperation, as state: OperationState, error: ARMError, in transaction: Transaction
        ) async throws {
            _ = try await EndpointStore(transaction).setState(
                id: operation.subjectID, from: [.deleting], to: state == .canceled ? .canceled : .failed,
                observed: false)
        }
    }
}
