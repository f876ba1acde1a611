import Foundation
import Postgres
package import Resources
import Store

/// The operation on template deployments: one step, which makes passes over the whole graph.
package struct TemplateDeploymentOperations: Sendable {
    let runner: TemplateDeploymentRunner
    let time: TimeSource

    package var plans: [OperationKind: any OperationPlan] {
        let deploying = OperationStep(name: "deploying", topic: .operations) { [runner] operation in
            try await runner.carryOn(operation)
        }
        return [.deployTemplate: Deploy(steps: [deploying], time: time)]
    }

    private struct Deploy: OperationPlan {
        let steps: [OperationStep]
        let time: TimeSource

        func succeed(_ operation: ResourceOperation, in transaction: Transaction) async throws {
            _ = try await TemplateDeploymentStore(transaction).end(
                id: operation.subjectID, as: .succeeded, error: nil, at: time.now())
        }

        /// What runs below it ends with it; resources that were begun are not rolled back.
        func fail(
            _ operation: ResourceOperation, as state: OperationState, error: ARMError, in transaction: Transaction
        ) async throws {
            let store = TemplateDeploymentStore(transaction)
            let end: TemplateDeploymentState = state == .canceled ? .canceled : .failed
            _ = try await store.end(id: operation.subjectID, as: end, error: error, at: time.now())
            try await store.endRest(operation: operation.id, as: end, error: error, at: time.now())
        }
    }
}
