import Foundation
import Postgres
package import Resources
import Store

/// Deletes resource groups with everything in them.
package struct GroupDeletionService: Sendable {
    let database: Database
    let starter: OperationStarter
    let hub: SignalHub

    /// Starts the deletion, or joins the one that runs; nil when an empty group was removed at once.
    package func delete(caller: Caller, subscription: String, name: String) async throws -> ResourceOperation? {
        let group = try await ScopeService(database: database).getGroup(
            caller: caller, subscription: subscription, name: name)
        let operation = try await database.transaction { transaction -> ResourceOperation? in
            let store = ResourceGroupStore(transaction)
            guard let id = try await store.id(subscription: subscription, name: name) else { return nil }
            if let running = try await OperationStore(transaction).findRunning(subjectID: id) { return running }
            guard try await store.holdsResources(id: id) else {
                try await store.delete(id: id)
                return nil
            }
            try await store.setDeleting(true, id: id)
            return try await starter.start(
                OperationStarter.Start(
                    kind: .deleteGroup, resourceID: group.resourceID.description, subjectID: id, workspaceID: nil,
                    generation: 1, location: group.location, caller: caller), id: OperationID(), in: transaction)
        }
        if operation != nil { hub.raise(.work) }
        return operation
    }
}
