import Foundation
package import Postgres
package import Resources
import Store
import Templates

/// The operation on resource groups: their deletion with everything in them.
package struct GroupOperations: Sendable {
    private let database: Database
    private let providers: ResourceProviders
    private let wait: OperationWait

    package init(database: Database, providers: ResourceProviders, wait: OperationWait) {
        (self.database, self.providers, self.wait) = (database, providers, wait)
    }

    package var plans: [OperationKind: any OperationPlan] {
        [
            .deleteGroup: Delete(steps: [
                OperationStep(name: "emptying") { operation in
                    try await empty(operation)
                    return .done
                }
            ])
        ]
    }

    /// Deletes what the group holds, children first.
    private func empty(_ operation: ResourceOperation) async throws {
        guard let scope = DeploymentScope(id: operation.resourceID), let group = scope.resourceGroup else { return }
        let caller = Caller(objectID: UUID(), applicationID: "sluice", correlationID: operation.correlationID)
        let inventory = ResourceInventory(providers: providers)
        let all = try await inventory.superfluous(
            subscription: scope.subscriptionID, resourceGroup: group, keeping: [], caller)
        try await inventory.delete(all, caller, wait)
    }

    private struct Delete: OperationPlan {
        let steps: [OperationStep]

        func succeed(_ operation: ResourceOperation, in transaction: Transaction) async throws {
            try await ResourceGroupStore(transaction).delete(id: operation.subjectID)
        }

        func fail(
            _ operation: ResourceOperation, as state: OperationState, error: ARMError, in transaction: Transaction
        ) async throws {
            try await ResourceGroupStore(transaction).setDeleting(false, id: operation.subjectID)
        }
    }
}
