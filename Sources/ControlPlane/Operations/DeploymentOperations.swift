import Postgres
package import Resources
import Store

/// The operations on deployments: each step waits until the replicas have passed a phase.
package struct DeploymentOperations: Sendable {
    private let shared: OperationSteps

    package init(_ shared: OperationSteps) {
        self.shared = shared
    }

    package var plans: [OperationKind: any OperationPlan] {
        [.putDeployment: put, .deleteDeployment: delete]
    }

    private var put: any OperationPlan {
        func phase(_ name: String, reaching phase: ReplicaPhase) -> OperationStep {
            OperationStep(name: name) { [replicas = shared.replicas] operation in
                try await replicas.reached(phase, deploymentID: operation.subjectID)
            }
        }
        return Put(steps: [
            phase("environment", reaching: .artifacts), phase("artifacts", reaching: .starting),
            phase("starting", reaching: .probing), phase("probing", reaching: .ready), shared.routing,
        ])
    }

    private var delete: any OperationPlan {
        let stopping = OperationStep(name: "stopping") { [replicas = shared.replicas] operation in
            try await replicas.gone(deploymentID: operation.subjectID)
        }
        return Delete(steps: [shared.leaving, stopping])
    }

    private struct Put: OperationPlan {
        let steps: [OperationStep]

        func succeed(_ operation: ResourceOperation, in transaction: Transaction) async throws {
            _ = try await DeploymentStore(transaction).setState(
                id: operation.subjectID, from: [.creating, .updating, .scaling], to: .succeeded, observed: true)
            try await WorkloadStore(transaction).markProven(id: operation.subjectID)
        }

        /// The replicas of the last good generation serve on.
        func fail(
            _ operation: ResourceOperation, as state: OperationState, error: ARMError, in transaction: Transaction
        ) async throws {
            let store = DeploymentStore(transaction)
            let moved = try await store.setState(
                id: operation.subjectID, from: [.creating, .updating, .scaling],
                to: state == .canceled ? .canceled : .failed, observed: false)
            if moved { try await WorkloadStore(transaction).returnToProven(id: operation.subjectID) }
        }
    }

    private struct Delete: OperationPlan {
        let steps: [OperationStep]

        func succeed(_ operation: ResourceOperation, in transaction: Transaction) async throws {
            let store = DeploymentStore(transaction)
            guard let deployment = try await store.find(id: operation.subjectID) else { return }
            // In the order of callers, who lock an endpoint before its deployments.
            try await EndpointStore(transaction).removeShares(
                endpointID: deployment.endpointID, deployment: deployment.name)
            try await store.remove(id: deployment.id)
        }

        func fail(
            _ operation: ResourceOperation, as state: OperationState, error: ARMError, in transaction: Transaction
        ) async throws {
            let store = DeploymentStore(transaction)
            let moved = try await store.setState(
                id: operation.subjectID, from: [.deleting], to: state == .canceled ? .canceled : .failed,
                observed: false)
            // What it wanted before is not known any more; a scaler goes on from there.
            guard moved, let deployment = try await store.find(id: operation.subjectID) else { return }
            try await WorkloadStore(transaction).want(deployment.instanceCount, id: deployment.id)
        }
    }
}
