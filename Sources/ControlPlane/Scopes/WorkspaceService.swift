import Foundation
package import Postgres
package import Resources
import Store

/// Workspaces. One that holds endpoints can't be deleted; its assets go with it.
package struct WorkspaceService: GroupedService {
    package let database: Database
    let vault: SecretVault
    /// Makes the container of the default datastore.
    let createContainer: @Sendable (String) async throws -> Void

    package static func checkName(_ name: String) throws(ARMError) { try ResourceName.checkWorkspace(name) }

    package static func request(_ patch: WorkspacePatch, over stored: Workspace) -> WorkspaceRequest {
        patch.applied(to: stored)
    }

    package static func location(of request: WorkspaceRequest) -> String { request.envelope.location }
    package static func location(of stored: Workspace) -> String { stored.envelope.location }

    package static func translate(_ error: PostgresError, _ subject: String) -> any Error {
        guard case .foreignKeyViolation = error.code else { return error }
        return ARMError(.conflict, "\(subject) holds endpoints; delete them first.")
    }

    package func check(
        _ request: WorkspaceRequest, at id: ResourceID, _ caller: Caller, isPatch: Bool, in transaction: Transaction
    ) async throws {}

    package func insert(
        _ request: WorkspaceRequest, at id: ResourceID, _ caller: Caller, in transaction: Transaction
    ) async throws {
        try await Self.checkCount(id, QuotaStore(transaction))
        let store = WorkspaceStore(transaction)
        let newID = UUID()
        try await store.insert(id: newID, resource: id, request: request, by: caller.auditName)
        try await vault.createDataKey(workspaceID: newID, in: transaction)
        guard let made = try await store.find(id: newID) else { return }
        _ = try await ArtifactContainerStore(transaction).claim(
            made.blobContainer, workspaceID: newID, purpose: .datastore)
        try await RowStore<Datastore>(transaction).save(
            workspaceID: newID, name: Datastore.defaultName,
            properties: DatastoreProperties(containerName: made.blobContainer), isDefault: true, by: caller.auditName)
    }

    package func isSame(_ request: WorkspaceRequest, as stored: Workspace) -> Bool {
        stored.envelope == request.envelope && stored.properties == request.properties
    }

    package func update(
        _ stored: Workspace, to request: WorkspaceRequest, _ caller: Caller, in transaction: Transaction
    ) async throws -> Bool {
        try await WorkspaceStore(transaction).update(stored, to: request, by: caller.auditName)
    }

    package func didWrite(_ workspace: Workspace) async throws { try await createContainer(workspace.blobContainer) }

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

    package static func find(_ id: ResourceID, _ runner: any StatementRunner) async throws -> Workspace {
        try await find(id, runner, isParent: false)
    }

    /// The workspace of an id, or the error that says what of its path is missing.
    static func find(_ id: ResourceID, _ runner: any StatementRunner, isParent: Bool) async throws -> Workspace {
        if let workspace = try await WorkspaceStore(runner).find(id) { return workspace }
        try await ScopeService.findGroup(subscription: id.subscription, name: id.resourceGroup, runner)
        let name = id.name(of: "workspaces") ?? ""
        throw ARMError(
            isParent ? .parentResourceNotFound : .resourceNotFound,
            "The workspace '\(name)' was not found in the resource group '\(id.resourceGroup)'.")
    }
}
