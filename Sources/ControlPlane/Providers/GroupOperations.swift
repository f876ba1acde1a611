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
        self.database = database
        self.providers = providers
        self.wait = wait
    }

    package var plans: [OperationKind: any OperationPlan] {
        [.deleteGroup: Delete(steps: [OperationStep(name: "emptying") { operation in try await empty(operation) }])]
    }

    /// Deletes what the group holds, children first.
    private func empty(_ operation: ResourceOperation) async throws {
        guard let address = ResourceAddress(id: operation.resourceID),
            let subscription = address.scope.split(separator: "/").last.map(String.init)
        else { return }
        let caller = Caller(objectID: UUID(), applicationID: "sluice", correlationID: operation.correlationID)
        let all = try await ResourceInventory(providers: providers).superfluous(
            subscription: subscription, resourceGroup: address.name, keeping: [], caller)
        for (provider, address) in all {
            let call = ProviderCall(caller: caller, apiVersion: provider.apiVersions.last ?? .reference, baseURL: "")
            guard let deletion = try await provider.delete(address, call) else { continue }
            if let error = try await wait.untilEnded(deletion.id)?.error { throw error }
        }
    }

    private struct Delete: OperationPlan {
        let steps: [OperationStep]

        func succeed(_ operation: ResourceOperation, in transaction: Transaction) async throws {
            try await ResourceGroupStore(transaction).delete(id: operation.subjectID)
        }

        func fail(_ operation: ResourceOperation, as state: OperationState, in transaction: Transaction) async throws {
            try await ResourceGroupStore(transaction).setDeleting(false, id: operation.subjectID)
        }
    }
}
