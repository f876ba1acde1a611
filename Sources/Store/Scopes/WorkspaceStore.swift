package import Foundation
package import Postgres
package import Resources

/// Rows of `workspaces`. A foreign key refuses to delete one that has endpoints.
package typealias WorkspaceStore = RowStore<Workspace>

extension RowStore<Workspace> {
    package func insert(
        id: UUID, resource: ResourceID, request: WorkspaceRequest, by caller: String
    ) async throws {
        try await runner.query(
            """
            INSERT INTO workspaces (id, resource_group_id, name, envelope, properties, created_by, modified_by)
            SELECT \(id), g.id, \(resource.name), \(JSONColumn(request.envelope)), \(JSONColumn(request.properties)),
                \(caller), \(caller)
            FROM resource_groups g
            WHERE g.subscription_id = \(resource.subscription.lowercased()) AND lower(g.name) = lower(\(resource.resourceGroup))
            """)
    }

    /// Updates the row if it still has `revision`; false when somebody else was faster.
    package func update(_ workspace: Workspace, to request: WorkspaceRequest, by caller: String) async throws -> Bool {
        try await runner.query(
            """
            UPDATE workspaces SET envelope = \(JSONColumn(request.envelope)), properties = \(JSONColumn(request.properties)),
                revision = revision + 1, generation = generation + 1, modified_at = now(), modified_by = \(caller)
            WHERE id = \(workspace.id) AND revision = \(workspace.version.revision)
            """
        ).affectedRows == 1
    }
}

extension Workspace: GroupedRow {
    package static let noun = "workspace"
    package static let collection = "workspaces"

    package static let table = TrackedTable<Workspace>(
        name: "workspaces", alias: "w",
        columns: "\(Parents.groupColumns), w.name, w.envelope, w.properties, w.generation",
        joins: "\(Parents.group)w.resource_group_id")

    package init(_ row: Row) throws {
        self.init(
            id: try row("id"), subscription: try row("subscription_id"), resourceGroup: try row("group_name"),
            name: try row("name"), envelope: try row.json("envelope"), properties: try row.json("properties"),
            version: try row.version(), audit: try row.audit())
    }
}
