import Foundation
import Identity
package import Postgres
package import Resources
import Store

/// Workspace connections; their credentials are sealed under the workspace's data key.
package struct ConnectionService: NamedService {
    package let database: Database
    let vault: SecretVault

    package func list(
        caller: Caller, workspace: ResourceID, _ filter: ConnectionFilter, page: PageRequest
    ) async throws -> Page<Connection> {
        let workspace = try await WorkspaceService.find(workspace, database, isParent: true)
        return try await RowStore<Connection>(database).list(workspaceID: workspace.id, filter, page: page)
    }

    /// Makes or replaces a connection. A request without credentials leaves those that are stored.
    package func put(
        caller: Caller, workspace: ResourceID, name: String, _ request: ConnectionRequest,
        if precondition: WritePrecondition
    ) async throws -> Written<Connection> {
        try await write(workspace: workspace, name: name, if: precondition) { transaction, workspace, existing in
            let store = RowStore<Connection>(transaction)
            let id = existing?.id ?? UUID()
            var sealed: Data?
            if let credentials = request.credentials {
                let box = try await vault.box(workspaceID: workspace.id, transaction)
                sealed = try box.seal(try JSONEncoder().encode(credentials), context: Self.place(id))
            } else if let existing, existing.properties.authType == request.properties.authType {
                sealed = try await store.sealedCredentials(id: id)
            }
            guard sealed != nil || !request.properties.authType.needsCredentials else {
                throw ARMError(
                    .invalidRequestContent,
                    "The connection is not valid: authType \(request.properties.authType) needs credentials.",
                    target: "$.properties.credentials")
            }
            try await store.save(
                id: id, workspaceID: workspace.id, name: name, request.properties, credentials: sealed,
                by: caller.auditName)
        }
    }

    /// What opens the connection's service; nil for a kind without credentials. Secret.
    package func credentials(of connection: Connection) async throws -> ConnectionCredentials? {
        guard let sealed = try await RowStore<Connection>(database).sealedCredentials(id: connection.id) else {
            return nil
        }
        let box = try await vault.box(workspaceID: connection.workspaceID, database)
        let plain = try box.open(sealed, context: Self.place(connection.id))
        return try JSONDecoder().decode(ConnectionCredentials.self, from: plain)
    }

    /// Where the sealed value lies: it opens nowhere else.
    private static func place(_ id: UUID) -> String { "connections/\(id.uuidString.lowercased())/sealed_credentials" }
}
