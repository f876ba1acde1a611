import Foundation
import Postgres
package import Resources
import Store

/// Workspaces: written at once, without an operation.
package struct WorkspaceService: Sendable {
    let database: Database
    let vault: SecretVault
    /// Makes the container of the default datastore.
    let createContainer: @Sendable (String) async throws -> Void

    package func get(caller: Caller, _ id: ResourceID) async throws -> Workspace {
        try await Self.find(id, database, isParent: false)
    }

    package func list(
        caller: Caller, subscription: String, resourceGroup: String?, page: PageRequest
    ) async throws -> Page<Workspace> {
        try await ScopeService(database: database).check(
            caller: caller, subscription: subscription, resourceGroup: resourceGroup)
        return try await WorkspaceStore(database).list(
            subscription: subscription, resourceGroup: resourceGroup, page: page)
    }

    package func put(
        caller: Caller, _ id: ResourceID, _ request: WorkspaceRequest, if precondition: WritePrecondition
    ) async throws -> Written<Workspace> {
        try ResourceName.checkWorkspace(id.name)
        let scopes = ScopeService(database: database)
        try scopes.checkOpen(
            try await scopes.getGroup(caller: caller, subscription: id.subscription, name: id.resourceGroup))
        let wasMade = try await write(caller: caller, id, request, if: precondition)
        let workspace = try await get(caller: caller, id)
        try await createContainer(workspace.blobContainer)
        return Written(workspace, wasMade: wasMade)
    }

    /// True when it was made.
    private func write(
        caller: Caller, _ id: ResourceID, _ request: WorkspaceRequest, if precondition: WritePrecondition
    ) async throws -> Bool {
        try await database.transactionLookingAgain { transaction in
            let store = WorkspaceStore(transaction)
            let existing = try await store.find(id)
            try precondition.check(existing?.version, "The workspace '\(id.name)'")
            guard let existing else {
                try await Self.checkCount(id, QuotaStore(transaction))
                let newID = UUID()
                try await store.insert(id: newID, resource: id, request: request, by: caller.auditName)
                try await vault.createDataKey(workspaceID: newID, in: transaction)
                if let made = try await store.find(id: newID) {
                    _ = try await ArtifactContainerStore(transaction).claim(
                        made.blobContainer, workspaceID: newID, purpose: .datastore)
                    try await NamedStore<Datastore>(transaction).save(
                        workspaceID: newID, name: Datastore.defaultName,
                        properties: DatastoreProperties(containerName: made.blobContainer), isDefault: true,
                        by: caller.auditName)
                }
                return true
            }
            try WriteRules.checkLocation(
                existing.envelope.location, request.envelope.location, "The workspace '\(id.name)'")
            guard existing.envelope != request.envelope || existing.properties != request.properties else {
                return false
            }
            guard try await store.update(existing, to: request, by: caller.auditName) else {
                throw WriteRules.lost("The workspace '\(id.name)'")
            }
            return false
        }
    }

    /// Refuses one workspace more than a group may hold.
    private static func checkCount(_ id: ResourceID, _ store: QuotaStore) async throws {
        try await store.lock()
        let count = try await store.workspaces(subscription: id.subscription, resourceGroup: id.resourceGroup)
        guard count >= ServiceLimits.workspacesPerResourceGroup else { return }
        throw ARMError(
            .quotaExceeded,
            "The resource group '\(id.resourceGroup)' has \(count) workspaces, and "
                + "\(ServiceLimits.workspacesPerResourceGroup) are allowed.")
    }

    /// Changes what the patch names.
    package func patch(
        caller: Caller, _ id: ResourceID, _ patch: WorkspacePatch, if precondition: WritePrecondition
    ) async throws -> Workspace {
        try await database.transaction { transaction in
            let workspace = try await Self.find(id, transaction, isParent: false)
            try precondition.check(workspace.version, "The workspace '\(id.name)'")
            guard
                try await WorkspaceStore(transaction).update(
                    workspace, to: patch.applied(to: workspace), by: caller.auditName)
            else { throw WriteRules.lost("The workspace '\(id.name)'") }
            return try await Self.find(id, transaction, isParent: false)
        }
    }

    /// Removes a workspace without endpoints, with its assets; false when there was none.
    package func delete(caller: Caller, _ id: ResourceID, if precondition: WritePrecondition) async throws -> Bool {
        do {
            return try await database.transaction { transaction in
                let store = WorkspaceStore(transaction)
                guard let workspace = try await store.find(id) else { return false }
                try precondition.check(workspace.version, "The workspace '\(id.name)'")
                try await store.delete(id: workspace.id)
                return true
            }
        } catch let error as PostgresError {
            guard case .foreignKeyViolation = error.code else { throw error }
            throw ARMError(.conflict, "The workspace '\(id.name)' holds endpoints; delete them first.")
        }
    }

    /// The workspace of an id, or the error that says what of its path is missing.
    static func find(_ id: ResourceID, _ runner: any StatementRunner, isParent: Bool) async throws -> Workspace {
        if let workspace = try await WorkspaceStore(runner).find(id) { return workspace }
        guard try await SubscriptionStore(runner).exists(id.subscription) else {
            throw ARMError(.subscriptionNotFound, "The subscription '\(id.subscription)' could not be found.")
        }
        guard try await ResourceGroupStore(runner).find(subscription: id.subscription, name: id.resourceGroup) != nil
        else {
            throw ScopeService.groupNotFound(id.resourceGroup)
        }
        let name = id.name(of: "workspaces") ?? ""
        throw ARMError(
            isParent ? .parentResourceNotFound : .resourceNotFound,
            "The workspace '\(name)' was not found in the resource group '\(id.resourceGroup)'.")
    }
}
