package import Foundation
package import Postgres
package import Resources

/// Rows of `workspaces`.
package struct WorkspaceStore: Sendable {
    private let runner: any StatementRunner

    package init(_ runner: any StatementRunner) {
        self.runner = runner
    }

    private static let columns = """
        w.id, g.subscription_id, g.name, w.name, w.envelope, w.properties, w.revision, w.generation,
        w.created_by, w.created_at, w.modified_by, w.modified_at
        """

    package func find(_ id: ResourceID) async throws -> Workspace? {
        try await runner.query(
            """
            SELECT \(raw: Self.columns) FROM workspaces w JOIN resource_groups g ON g.id = w.resource_group_id
            WHERE g.subscription_id = \(id.subscription.lowercased()) AND lower(g.name) = lower(\(id.resourceGroup))
            AND lower(w.name) = lower(\(id.name(of: "workspaces") ?? ""))
            """
        ).first.map(Self.decode)
    }

    package func find(id: UUID) async throws -> Workspace? {
        try await runner.query(
            """
            SELECT \(raw: Self.columns) FROM workspaces w JOIN resource_groups g ON g.id = w.resource_group_id
            WHERE w.id = \(id)
            """
        ).first.map(Self.decode)
    }

    /// Workspaces of a group, or of a whole subscription.
    package func list(
        subscription: String, resourceGroup: String?, page: PageRequest
    ) async throws -> Page<Workspace> {
        let rows = try await runner.query(
            """
            SELECT \(raw: Self.columns) FROM workspaces w JOIN resource_groups g ON g.id = w.resource_group_id
            WHERE g.subscription_id = \(subscription.lowercased())
            AND (\(resourceGroup)::text IS NULL OR lower(g.name) = lower(\(resourceGroup)))
            \(page: page, of: "w")
            """
        ).rows.map(Self.decode)
        return Page(rows, page) { ($0.audit, $0.id) }
    }

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

    /// Removes an empty workspace; a foreign key refuses one that has endpoints.
    package func delete(id: UUID) async throws {
        try await runner.query("DELETE FROM workspaces WHERE id = \(id)")
    }

    private static func decode(_ row: Row) throws -> Workspace {
        let (id, subscription, group, name, envelope, properties, revision, generation, by, at, lastBy, lastAt) =
            try row.decode(
                UUID.self, String.self, String.self, String.self, JSONColumn<ResourceEnvelope>.self,
                JSONColumn<WorkspaceProperties>.self, Int64.self, Int64.self, String.self, Date.self, String.self,
                Date.self)
        return Workspace(
            id: id, subscription: subscription, resourceGroup: group, name: name, envelope: envelope.value,
            properties: properties.value, version: RowVersion(revision: revision, generation: generation),
            audit: AuditTrail(createdBy: by, createdAt: at, lastModifiedBy: lastBy, lastModifiedAt: lastAt))
    }
}
