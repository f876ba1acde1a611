package import Foundation
package import Postgres
package import Resources

/// Rows of `connections`.
extension RowStore<Connection> {
    package func list(
        workspaceID: UUID, _ filter: ConnectionFilter, page: PageRequest
    ) async throws -> Page<Connection> {
        try await self.page(
            workspaceID: workspaceID,
            where: """
                (\(filter.category)::text IS NULL OR lower(c.category) = lower(\(filter.category)))
                AND (\(filter.target)::text IS NULL OR c.target = \(filter.target))
                """, page)
    }

    /// Makes the row of an id, or replaces what it holds.
    package func save(
        id: UUID, workspaceID: UUID, name: String, _ properties: ConnectionProperties, credentials: Data?,
        by caller: String
    ) async throws {
        try await runner.query(
            """
            INSERT INTO connections (id, workspace_id, name, category, auth_type, target, metadata, settings,
                sealed_credentials, created_by, modified_by)
            VALUES (\(id), \(workspaceID), \(name), \(properties.category), \(properties.authType.description),
                \(properties.target), \(JSONColumn(properties.metadata)), \(JSONColumn(properties.settings)),
                \(credentials), \(caller), \(caller))
            ON CONFLICT (id) DO UPDATE SET category = EXCLUDED.category, auth_type = EXCLUDED.auth_type,
                target = EXCLUDED.target, metadata = EXCLUDED.metadata, settings = EXCLUDED.settings,
                sealed_credentials = EXCLUDED.sealed_credentials, revision = connections.revision + 1,
                modified_at = now(), modified_by = EXCLUDED.modified_by
            """)
    }

    /// Nil for a connection without credentials.
    package func sealedCredentials(id: UUID) async throws -> Data? {
        try await runner.query("SELECT sealed_credentials FROM connections WHERE id = \(id)").first
            .flatMap { try $0.decode(Data?.self) }
    }
}

extension Connection: NamedRow {
    package static let noun = "connection"

    package static let table = TrackedTable<Connection>(
        name: "connections", alias: "c",
        columns: """
            \(Parents.workspaceColumns), c.workspace_id, c.name, c.category, c.auth_type, c.target, c.metadata, c.settings
            """, joins: Parents.workspace(of: "c"))

    package init(_ row: Row) throws {
        guard let authType = ConnectionAuthType(try row("auth_type")) else {
            throw PostgresError(.decoding, "column auth_type does not hold a kind of credentials")
        }
        self.init(
            id: try row("id"), workspace: try row.workspaceID(), workspaceID: try row("workspace_id"),
            name: try row("name"),
            properties: ConnectionProperties(
                category: try row("category"), authType: authType, target: try row("target"),
                metadata: try row.json("metadata"), settings: try row.json("settings")),
            version: try row.revision(), audit: try row.audit())
    }
}
