package import Artifacts
package import Postgres
package import Resources
import Store

/// What principals may do with blobs: decided by data roles on the container, or on the workspace that owns it.
package struct BlobAccessService: Sendable {
    private let database: Database
    private let account: String

    package init(database: Database, account: String) {
        (self.database, self.account) = (database, account)
    }

    private static let service = "Microsoft.Storage/storageAccounts/blobServices"

    /// Those of the permissions that a request can do with which its caller holds.
    package func permissions(
        of caller: Caller, _ access: StorageAccess
    ) async throws -> Set<StorageAccess.Permission> {
        let rights = try await AccessService(database: database).rights(of: caller)
        let scopes = try await scopes(of: access.resource)
        return access.permissions.filter { permission in
            scopes.contains { scope in
                switch access.resource {
                case .service, .container:
                    rights.allow(Right(action: Self.action(permission), scope: scope))
                case .contents, .blob:
                    Self.dataActions(permission).contains {
                        rights.allow(data: Right(action: $0, scope: scope))
                    }
                }
            }
        }
    }

    /// Where a role counts: on the container as Azure would name it, and on the workspace.
    private func scopes(of resource: StorageAccess.Resource) async throws -> [String] {
        let container: ContainerName
        switch resource {
        case .service: return ["/"]
        case .container(let name), .contents(let name), .blob(let name, _): container = name
        }
        guard let owner = try await ArtifactContainerStore(database).owner(of: container.value),
            let workspace = try await WorkspaceStore(database).find(id: owner)?.resourceID
        else { return ["/"] }
        let group = ResourceID.resourceGroup(subscription: workspace.subscription, name: workspace.resourceGroup)
        let name =
            "\(group)/providers/Microsoft.Storage/storageAccounts/\(account)/blobServices/default/containers/"
            + container.value
        return [name, workspace.description]
    }

    private static func action(_ permission: StorageAccess.Permission) -> String {
        switch permission {
        case .read, .list: "\(service)/containers/read"
        case .create, .write: "\(service)/containers/write"
        case .delete: "\(service)/containers/delete"
        }
    }

    private static func dataActions(_ permission: StorageAccess.Permission) -> [String] {
        let blobs = "\(service)/containers/blobs"
        return switch permission {
        case .read, .list: ["\(blobs)/read"]
        case .create: ["\(blobs)/write", "\(blobs)/add/action"]
        case .write: ["\(blobs)/write"]
        case .delete: ["\(blobs)/delete"]
        }
    }
}
