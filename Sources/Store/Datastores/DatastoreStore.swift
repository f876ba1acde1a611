package import Foundation
package import Postgres
package import Resources

/// Rows of `datastores`.
package struct DatastoreStore: Sendable {
    private let runner: any StatementRunner

    package init(_ runner: any StatementRunner) {
        self.runner = runner
    }

    private static let columns = """
        d.id, d.name, d.properties, d.is_default, d.revision, d.created_by, d.created_at, d.modified_by, d.modified_at
        """

    package func find(workspace: Workspace, name: String) async throws -> Datastore? {
        try await runner.query(
            """
            SELECT \(raw: Self.columns) FROM datastores d
            WHERE d.workspace_id = \(workspace.id) AND lower(d.name) = lower(\(name))
            """
        ).first.map { try Self.decode($0, workspace: workspace) }
    }

    package func list(
        workspace: Workspace, _ filter: DatastoreFilter, page: PageRequest
    ) async throws -> Page<Datastore> {
        let names = filter.names.map { JSONColumn($0.map { $0.lowercased() }) }
        let rows = try await runner.query(
            """
            SELECT \(raw: Self.columns) FROM datastores d
            WHERE d.workspace_id = \(workspace.id)
            AND (\(filter.isDefault)::boolean IS NULL OR d.is_default = \(filter.isDefault))
            AND (\(names)::jsonb IS NULL OR \(names)::jsonb ? lower(d.name))
            AND (\(filter.searchText)::text IS NULL OR strpos(lower(d.name), lower(\(filter.searchText))) > 0)
            \(page: page, of: "d")
            """
        ).rows.map { try Self.decode($0, workspace: workspace) }
        return Page(rows, page) { ($0.audit, $0.id) }
    }

    /// Makes or updates a datastore; answers whether it was made.
    package func save(
        workspaceID: UUID, name: String, properties: DatastoreProperties, isDefault: Bool = false, by caller: String
    ) async throws -> Bool {
        let row = try await runner.query(
            """
            INSERT INTO datastores (id, workspace_id, name, properties, is_default, created_by, modified_by)
            VALUES (\(UUID()), \(workspaceID), \(name), \(JSONColumn(properties)), \(isDefault), \(caller), \(caller))
            ON CONFLICT (workspace_id, lower(name)) DO UPDATE
            SET properties = EXCLUDED.properties, revision = datastores.revision + 1, modified_at = now(),
                modified_by = EXCLUDED.modified_by
            RETURNING xmax = 0
            """
        ).first
        guard let row else { throw PostgresError(.decoding, "the insert returned no row") }
        return try row.decode(Bool.self)
    }

    package func delete(id: UUID) async throws {
        try await runner.query("DELETE FROM datastores WHERE id = \(id)")
    }

    private static func decode(_ row: Row, workspace: Workspace) throws -> Datastore {
        let (id, name, properties, isDefault, revision, by, at, lastBy, lastAt) = try row.decode(
            UUID.self, String.self, JSONColumn<DatastoreProperties>.self, Bool.self, Int64.self, String.self, Date.self,
            String.self, Date.self)
        return Datastore(
            id: id, workspace: workspace.resourceID, name: name, properties: properties.value, isDefault: isDefault,
            version: RowVersion(revision: revision, generation: revision),
            audit: AuditTrail(createdBy: by, createdAt: at, lastModifiedBy: lastBy, lastModifiedAt: lastAt))
    }
}
