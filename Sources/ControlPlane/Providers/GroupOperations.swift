import Foundation
package import Postgres
package import Resources
import Store
import Templates

/// The operation on resource groups: their deletion with everything in them.
package struct GroupOperations: Sendable {
    private let database: Database
    private let providers: ResourceProviders

    package init(database: Database, providers: ResourceProviders) {
        (self.database, self.providers) = (database, providers)
    }

    package var plans: [OperationKind: any OperationPlan] {
        [
            .deleteGroup: Delete(steps: [
                OperationStep(name: "emptying", topic: .operations) { operation in try await empty(operation) }
            ])
        ]
    }

    /// Deletes what the group holds, all of the deepest level at once. Throws the error of a deletion that failed.
    private func empty(_ operation: ResourceOperation) async throws -> StepOutcome {
        guard let scope = DeploymentScope(id: operation.resourceID), let group = scope.resourceGroup else {
            return .done
        }
        let caller = Caller(
            objectID: UUID(), applicationID: "sluice", correlationID: operation.correlationID, waiter: operation.id)
        let waits = OperationWaitStore(database)
        var outcome = StepOutcome.wait
        var deleted: Set<String> = []
        while true {
            let ended = try await waits.takeEnded(waiter: operation.id)
            if let error = ended.lazy.compactMap(\.error).first { throw error }
            if !ended.isEmpty { outcome = .advanced }
            if try await waits.isWaiting(operation.id) { return outcome }
            let rest = try await ResourceInventory(providers: providers).superfluous(
                subscription: scope.subscriptionID, resourceGroup: group, keeping: [], caller
            ).filter { !deleted.contains($0.address.id) }
            guard let deepest = rest.first?.address.names.count else { return .done }
            for (provider, address) in rest where address.names.count == deepest {
                let call = ProviderCall(caller: caller, apiVersion: provider.newestVersion, baseURL: "")
                if let deletion = try await provider.delete(address, call) {
                    try await waits.add(deletion, waiter: operation.id)
                } else {
                    deleted.insert(address.id)
                }
            }
        }
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
