package import Foundation
package import Postgres
package import Resources

/// Rows of `datastores`.
extension RowStore<Datastore> {
    package func list(
        workspaceID: UUID, _ filter: DatastoreFilter, page: PageRequest
    ) async throws -> Page<Datastore> {
        let names = filter.names.map { JSONColumn($0.map { $0.lowercased() }) }
        return try await self.page(
            workspaceID: workspaceID,
            where: """
                (\(filter.isDefault)::boolean IS NULL OR d.is_default = \(filter.isDefault))
                AND (\(names)::jsonb IS NULL OR \(names)::jsonb ? lower(d.name))
                AND (\(filter.searchText)::text IS NULL OR strpos(lower(d.name), lower(\(filter.searchText))) > 0)
                """, page)
    }

    /// Makes or updates a datastore.
    package func save(
        workspaceID: UUID, name: String, properties: DatastoreProperties, isDefault: Bool = false, by caller: String
    ) async throws {
        try await runner.query(
            """
            INSERT INTO datastores (id, workspace_id, name, properties, is_default, created_by, modified_by)
            VALUES (\(UUID()), \(workspaceID), \(name), \(JSONColumn(properties)), \(isDefault), \(caller), \(caller))
            ON CONFLICT (workspace_id, lower(name)) DO UPDATE
            SET properties = EXCLUDED.properties, revision = datastores.revision + 1, modified_at = now(),
                modified_by = EXCLUDED.modified_by
            """)
    }
}

extension Datastore: NamedRow {
    package static let noun = "datastore"

    package static let table = TrackedTable<Datastore>(
        name: "datastores", alias: "d", columns: "\(Parents.workspaceColumns), d.name, d.properties, d.is_default",
        joins: Parents.workspace(of: "d"))

    package init(_ row: Row) throws {
        self.init(
            id: try row("id"), workspace: try row.workspaceID(), name: try row("name"),
            properties: try row.json("properties"), isDefault: try row("is_default"), version: try row.revision(),
            audit: try row.audit())
    }
}
