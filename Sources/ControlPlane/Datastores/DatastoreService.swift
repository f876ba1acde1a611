package import Artifacts
package import Postgres
package import Resources
import Store

/// Datastores: written at once, without an operation.
package struct DatastoreService: Sendable {
    private let database: Database
    private let artifacts: ArtifactStore
    private let signer: ContainerSigner

    package init(database: Database, artifacts: ArtifactStore, signer: ContainerSigner) {
        self.database = database
        self.artifacts = artifacts
        self.signer = signer
    }

    package func get(caller: Caller, workspace: ResourceID, name: String) async throws -> Datastore {
        let workspace = try await WorkspaceService.find(workspace, database, isParent: true)
        return try await Self.find(name, in: workspace, database)
    }

    package func list(
        caller: Caller, workspace: ResourceID, _ filter: DatastoreFilter, page: PageRequest
    ) async throws -> Page<Datastore> {
        let workspace = try await WorkspaceService.find(workspace, database, isParent: true)
        return try await DatastoreStore(database).list(workspaceID: workspace.id, filter, page: page)
    }

    /// Makes or changes a datastore; its container is made if it is not there.
    package func put(
        caller: Caller, workspace: ResourceID, name: String, _ request: DatastoreRequest
    ) async throws -> Written<Datastore> {
        try ResourceName.checkAsset(name, kind: "datastore")
        let row = try await WorkspaceService.find(workspace, database, isParent: true)
        let container = try checkPlace(request)
        let wasMade = try await database.transaction { transaction in
            try await ContainerOwnership.claim(
                container, for: row, .datastore, at: "$.properties.containerName", transaction)
            let store = DatastoreStore(transaction)
            if let existing = try await store.find(workspaceID: row.id, name: name), existing.isDefault,
                existing.properties.containerName != request.properties.containerName
            {
                throw ARMError(
                    .conflict, "The default datastore '\(existing.name)' can't change its container.",
                    target: "$.properties.containerName")
            }
            return try await store.save(
                workspaceID: row.id, name: name, properties: request.properties, by: caller.auditName)
        }
        try await artifacts.ensureContainer(container)
        return Written(try await Self.find(name, in: row, database), wasMade: wasMade)
    }

    /// Removes the name, not the files; false when there was none.
    package func delete(caller: Caller, workspace: ResourceID, name: String) async throws -> Bool {
        let workspace = try await WorkspaceService.find(workspace, database, isParent: true)
        let store = DatastoreStore(database)
        guard let found = try await store.find(workspaceID: workspace.id, name: name) else { return false }
        guard !found.isDefault else {
            throw ARMError(.conflict, "The default datastore '\(found.name)' can't be deleted.")
        }
        try await store.delete(id: found.id)
        return true
    }

    /// A signature that opens the datastore's container. A secret until it expires.
    package func listSecrets(caller: Caller, workspace: ResourceID, name: String) async throws -> String {
        let row = try await WorkspaceService.find(workspace, database, isParent: true)
        let found = try await Self.find(name, in: row, database)
        // A datastore of the time before containers had owners may name one of another workspace.
        try await ContainerOwnership.check(found.properties.containerName, in: row, database)
        return try signer.sign(
            try ContainerName(found.properties.containerName), Set(StorageAccess.Permission.allCases))
    }

    /// The container of a request, if this installation can serve it.
    private func checkPlace(_ request: DatastoreRequest) throws(ARMError) -> ContainerName {
        guard signer.isOurs(request.accountName) else {
            throw ARMError(
                .badArgument,
                "The account '\(request.accountName.prefix(100))' is not this installation's own; other storage "
                    + "accounts are not supported.", target: "$.properties.accountName")
        }
        let name = request.properties.containerName
        guard let container = try? ContainerName(name) else {  // the error says no more than this one
            throw ARMError(
                .badArgument,
                "'\(name.prefix(100))' is not a container's name: 3 to 63 lower-case letters, digits and single hyphens.",
                target: "$.properties.containerName")
        }
        return container
    }

    static func find(
        _ name: String, in workspace: Workspace, _ runner: any StatementRunner
    ) async throws -> Datastore {
        guard let found = try await DatastoreStore(runner).find(workspaceID: workspace.id, name: name) else {
            throw ARMError(.resourceNotFound, "The datastore '\(name)' was not found in the workspace.")
        }
        return found
    }
}
