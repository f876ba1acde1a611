import Foundation
import Postgres
package import Resources
import Store

/// Models, code, environments and data: containers and versions, written at once, without an operation.
package struct AssetService: Sendable {
    let database: Database
    var storage = StorageAddress()

    // MARK: Containers

    package func getContainer(
        caller: Caller, workspace: ResourceID, kind: AssetKind, name: String
    ) async throws -> AssetContainer {
        let workspace = try await WorkspaceService.find(workspace, database, isParent: true)
        guard
            let container = try await AssetStore(database).findContainer(
                workspaceID: workspace.id, kind: kind, name: name)
        else { throw Self.notFound(kind, name) }
        return container
    }

    package func listContainers(
        caller: Caller, workspace: ResourceID, kind: AssetKind, view: ListView, page: PageRequest
    ) async throws -> Page<AssetContainer> {
        let workspace = try await WorkspaceService.find(workspace, database, isParent: true)
        return try await AssetStore(database).listContainers(
            workspaceID: workspace.id, kind: kind, view: view, page: page)
    }

    package func putContainer(
        caller: Caller, workspace: ResourceID, kind: AssetKind, name: String, _ request: AssetContainerRequest
    ) async throws -> Written<AssetContainer> {
        try ResourceName.checkAsset(name, kind: kind.noun)
        let row = try await WorkspaceService.find(workspace, database, isParent: true)
        let saved = try await database.transaction { transaction in
            let store = AssetStore(transaction)
            if let existing = try await store.findContainer(workspaceID: row.id, kind: kind, name: name) {
                try Self.checkType(request.properties.dataType, existing.properties.dataType, name)
            }
            return try await store.saveContainer(
                workspaceID: row.id, kind: kind, name: name, properties: request.properties, by: caller.auditName)
        }
        let container = try await getContainer(caller: caller, workspace: workspace, kind: kind, name: name)
        return Written(container, wasMade: saved.wasMade)
    }

    /// Removes a container with all its versions; false when there was none. Running deployments keep what they have.
    package func deleteContainer(
        caller: Caller, workspace: ResourceID, kind: AssetKind, name: String
    ) async throws -> Bool {
        let workspace = try await WorkspaceService.find(workspace, database, isParent: true)
        let store = AssetStore(database)
        guard let container = try await store.findContainer(workspaceID: workspace.id, kind: kind, name: name) else {
            return false
        }
        try await store.deleteContainer(id: container.id)
        return true
    }

    // MARK: Versions

    package func getVersion(
        caller: Caller, workspace: ResourceID, kind: AssetKind, name: String, version: String
    ) async throws -> AssetVersion {
        let workspace = try await WorkspaceService.find(workspace, database, isParent: true)
        guard
            let found = try await AssetStore(database).findVersion(
                workspaceID: workspace.id, kind: kind, name: name, version: version)
        else { throw Self.notFound(kind, "\(name):\(version)") }
        return found
    }

    /// Versions of an asset; with a hash in the filter, code of the workspace that has this content.
    package func listVersions(
        caller: Caller, workspace: ResourceID, kind: AssetKind, name: String, _ filter: AssetVersionFilter,
        page: PageRequest
    ) async throws -> Page<AssetVersion> {
        let workspace = try await WorkspaceService.find(workspace, database, isParent: true)
        return try await AssetStore(database).listVersions(
            workspaceID: workspace.id, kind: kind, name: name, filter, page: page)
    }

    /// Makes a version, or changes what may change of one. Its content never changes.
    package func putVersion(
        caller: Caller, workspace: ResourceID, kind: AssetKind, name: String, version: String,
        _ request: AssetVersionRequest
    ) async throws -> Written<AssetVersion> {
        try ResourceName.checkAsset(name, kind: kind.noun)
        try ResourceName.checkAsset(version, kind: "\(kind.noun) version")
        let wasMade = try await database.transaction { transaction in
            let row = try await WorkspaceService.find(workspace, transaction, isParent: true)
            let files = try await Self.holdContainer(of: request, in: row, transaction)
            let store = AssetStore(transaction)
            let dataType = request.content.dataType
            let container = try await store.ensureContainer(
                workspaceID: row.id, kind: kind, name: name, dataType: dataType, by: caller.auditName)
            try Self.checkType(dataType, container.dataType, name)
            guard
                let existing = try await store.findVersion(
                    workspaceID: row.id, kind: kind, name: name, version: version)
            else {
                try request.checkPlace(in: scope(row.resourceID, id: row.id))
                try await Self.checkCount(kind, in: row, store)
                try await store.insertVersion(
                    containerID: container.id, version: version, request: request,
                    hash: Self.contentHash(request), artifactContainer: files, by: caller.auditName)
                return true
            }
            try Self.checkUnchanged(existing, request)
            if existing.properties != request.properties || existing.content != request.content {
                try await store.updateVersion(
                    id: existing.id, properties: request.properties, content: request.content, by: caller.auditName)
            }
            return false
        }
        let written = try await getVersion(
            caller: caller, workspace: workspace, kind: kind, name: name, version: version)
        return Written(written, wasMade: wasMade)
    }

    /// The container that a version's address names, which stays there until the transaction ends.
    ///
    /// A version can't name files of another workspace. Its address is kept, so that a signature in it would be too:
    /// what is signed is used at once, not registered.
    private static func holdContainer(
        of request: AssetVersionRequest, in workspace: Workspace, _ runner: any StatementRunner
    ) async throws -> String? {
        let (uri, field): (String, String)
        switch request.content {
        case .code(let content): (uri, field) = (content.codeUri, "codeUri")
        case .model(let content): (uri, field) = (content.modelUri, "modelUri")
        case .data(let content): (uri, field) = (content.dataUri, "dataUri")
        case .environment: return nil
        }
        guard let place = ArtifactLocator.parseBlobURL(uri) else { return nil }
        let owner = try await ArtifactContainerStore(runner).hold(place.container)
        guard let owner, owner != workspace.id else { return place.container }
        throw ARMError(
            .badArgument, "names the container '\(place.container.prefix(100))', which belongs to another workspace",
            target: "$.properties.\(field)")
    }

    /// Refuses one model or data version more than a workspace may hold.
    private static func checkCount(_ kind: AssetKind, in workspace: Workspace, _ store: AssetStore) async throws {
        let limit = ServiceLimits.assetVersionsPerWorkspace
        guard kind == .model || kind == .data,
            try await store.holdsVersions(atLeast: limit, workspaceID: workspace.id, kind: kind)
        else { return }
        throw ARMError(
            .quotaExceeded,
            "The workspace '\(workspace.name)' holds \(limit) versions of \(kind.noun), the most that are allowed.")
    }

    /// Refuses a new version whose files lie elsewhere, in a workspace that may be yet to be made.
    package func checkPlace(caller: Caller, _ request: AssetVersionRequest, workspace: ResourceID) async throws {
        let row = try await WorkspaceStore(database).find(workspace)
        try request.checkPlace(in: scope(workspace, id: row?.id))
    }

    private func scope(_ workspace: ResourceID, id: UUID?) -> AssetScope {
        AssetScope(workspace: workspace, workspaceID: id, storage: storage)
    }

    package func deleteVersion(
        caller: Caller, workspace: ResourceID, kind: AssetKind, name: String, version: String
    ) async throws -> Bool {
        let workspace = try await WorkspaceService.find(workspace, database, isParent: true)
        let store = AssetStore(database)
        guard
            let found = try await store.findVersion(workspaceID: workspace.id, kind: kind, name: name, version: version)
        else { return false }
        try await store.deleteVersion(id: found.id)
        return true
    }

    /// The hash that clients write into the code's property bag and look it up by (`hash_sha256`).
    private static func contentHash(_ request: AssetVersionRequest) -> String? {
        guard case .code = request.content else { return nil }
        return request.properties.properties["hash_sha256"]
    }

    /// Clients know this response for paths (`clients/azure-clients.md` §4); for environments they expect a conflict.
    package static func checkUnchanged(_ existing: AssetVersion, _ request: AssetVersionRequest) throws(ARMError) {
        guard existing.content != request.content else { return }
        // Clients name inline models by their files, so the same files of another type are the same version.
        if existing.properties.isAnonymous, case .model(let present) = existing.content,
            case .model(let requested) = request.content, present.modelUri == requested.modelUri
        {
            return
        }
        if case .environment = request.content {
            throw ARMError(
                .conflict,
                "The environment \(existing.name):\(existing.versionName) exists with other content; use a new version."
            )
        }
        throw ARMError(.userError, "Asset paths cannot be updated.", target: existing.resourceID.description)
    }

    /// All versions of data are of one type.
    private static func checkType(
        _ requested: DataContent.Kind?, _ present: DataContent.Kind?, _ name: String
    ) throws(ARMError) {
        guard let requested, let present, requested != present else { return }
        throw ARMError(
            .userError,
            "The data asset '\(name)' is of type \(present.rawValue); a version of type \(requested.rawValue) needs another "
                + "name.", target: "$.properties.dataType")
    }

    private static func notFound(_ kind: AssetKind, _ name: String) -> ARMError {
        ARMError(.resourceNotFound, "The \(kind.noun) '\(name)' was not found in the workspace.")
    }
}
