import Artifacts
package import Postgres
package import Resources
import Store

/// Datastores: names of containers in the artifact store.
package struct DatastoreService: NamedService {
    package let database: Database
    let artifacts: ArtifactStore
    let signer: ContainerSigner

    package func list(
        caller: Caller, workspace: ResourceID, _ filter: DatastoreFilter, page: PageRequest
    ) async throws -> Page<Datastore> {
        let workspace = try await WorkspaceService.find(workspace, database, isParent: true)
        return try await RowStore<Datastore>(database).list(workspaceID: workspace.id, filter, page: page)
    }

    /// Makes or changes a datastore; its container is made if it is not there.
    package func put(
        caller: Caller, workspace: ResourceID, name: String, _ request: DatastoreRequest,
        if precondition: WritePrecondition
    ) async throws -> Written<Datastore> {
        let container = try checkPlace(request)
        let written = try await write(workspace: workspace, name: name, if: precondition) {
            transaction, workspace, existing in
            try await ContainerOwnership.claim(
                container, for: workspace, .datastore, at: "$.properties.containerName", transaction)
            if let existing, existing.isDefault,
                existing.properties.containerName != request.properties.containerName
            {
                throw ARMError(
                    .conflict, "The default datastore '\(existing.name)' can't change its container.",
                    target: "$.properties.containerName")
            }
            try await RowStore<Datastore>(transaction).save(
                workspaceID: workspace.id, name: name, properties: request.properties, by: caller.auditName)
        }
        try await artifacts.ensureContainer(container)
        return written
    }

    /// The name goes, not the files.
    package func checkDeletion(of datastore: Datastore, in transaction: Transaction) async throws {
        guard datastore.isDefault else { return }
        throw ARMError(.conflict, "The default datastore '\(datastore.name)' can't be deleted.")
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
}
