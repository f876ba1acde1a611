package import Foundation
package import Postgres
package import Resources

/// Rows of `computes`.
extension RowStore<ComputeResource> {
    /// Makes the row of an id, or replaces what it holds.
    package func save(
        id: UUID, workspaceID: UUID, name: String, _ envelope: ResourceEnvelope, _ properties: ComputeProperties,
        by caller: String
    ) async throws {
        try await runner.query(
            """
            INSERT INTO computes (id, workspace_id, name, kind, envelope, properties, created_by, modified_by)
            VALUES (\(id), \(workspaceID), \(name), \(properties.computeType.rawValue), \(JSONColumn(envelope)),
                \(JSONColumn(properties)), \(caller), \(caller))
            ON CONFLICT (id) DO UPDATE SET envelope = EXCLUDED.envelope, properties = EXCLUDED.properties,
                revision = computes.revision + 1, modified_at = now(), modified_by = EXCLUDED.modified_by
            """)
    }

    /// Name of an endpoint that lies on a compute; nil when there is none.
    package func endpoint(on compute: ResourceID) async throws -> String? {
        try await runner.query(
            "SELECT name FROM online_endpoints WHERE lower(properties ->> 'compute') = \(compute.canonical) LIMIT 1"
        ).first.map { try $0.decode(String.self) }
    }
}

extension ComputeResource: NamedRow {
    package static let noun = "compute"

    package static let table = TrackedTable<ComputeResource>(
        name: "computes", alias: "c", columns: "\(Parents.workspaceColumns), c.name, c.envelope, c.properties",
        joins: Parents.workspace(of: "c"))

    package init(_ row: Row) throws {
        self.init(
            id: try row("id"), workspace: try row.workspaceID(), name: try row("name"),
            envelope: try row.json("envelope"), properties: try row.json("properties"), version: try row.revision(),
            audit: try row.audit())
    }
}
