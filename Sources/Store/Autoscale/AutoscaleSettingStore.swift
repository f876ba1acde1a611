package import Foundation
package import Postgres
package import Resources

/// Rows of `autoscale_settings`.
package struct AutoscaleSettingStore: Sendable {
    private let runner: any StatementRunner

    /// The constraint that lets a deployment have one setting.
    package static let targetConstraint = "autoscale_settings_target"

    package init(_ runner: any StatementRunner) {
        self.runner = runner
    }

    private static let columns = """
        a.id, g.subscription_id, g.name, a.name, a.location, a.tags, a.properties, a.last_scaled_at, a.revision, a.generation,
        a.created_by, a.created_at, a.modified_by, a.modified_at
        """
    private static let tables = "autoscale_settings a JOIN resource_groups g ON g.id = a.resource_group_id"

    package func find(_ id: ResourceID) async throws -> AutoscaleSetting? {
        try await runner.query(
            """
            SELECT \(raw: Self.columns) FROM \(raw: Self.tables)
            WHERE g.subscription_id = \(id.subscription.lowercased()) AND lower(g.name) = lower(\(id.resourceGroup))
                AND lower(a.name) = lower(\(id.name))
            """
        ).first.map(Self.decode)
    }

    /// The setting of a deployment.
    package func find(target: ResourceID) async throws -> AutoscaleSetting? {
        try await runner.query(
            """
            SELECT \(raw: Self.columns) FROM \(raw: Self.tables) WHERE a.target = \(target.description.lowercased())
            """
        ).first.map(Self.decode)
    }

    /// Settings of a group, or of a whole subscription.
    package func list(
        subscription: String, resourceGroup: String?, page: PageRequest
    ) async throws -> Page<AutoscaleSetting> {
        let rows = try await runner.query(
            """
            SELECT \(raw: Self.columns) FROM \(raw: Self.tables)
            WHERE g.subscription_id = \(subscription.lowercased())
                AND (\(resourceGroup)::text IS NULL OR lower(g.name) = lower(\(resourceGroup)))
            \(page: page, of: "a")
            """
        ).rows.map(Self.decode)
        return Page(rows, page) { ($0.audit, $0.id) }
    }

    /// All settings that are switched on.
    package func listEnabled() async throws -> [AutoscaleSetting] {
        try await runner.query(
            "SELECT \(raw: Self.columns) FROM \(raw: Self.tables) WHERE (a.properties ->> 'enabled')::boolean ORDER BY a.id"
        ).rows.map(Self.decode)
    }

    package func insert(
        id: UUID, resource: ResourceID, _ request: AutoscaleSettingRequest, by caller: String
    ) async throws {
        try await runner.query(
            """
            INSERT INTO autoscale_settings (id, resource_group_id, name, location, tags, properties, target, created_by,
                modified_by)
            SELECT \(id), g.id, \(resource.name), \(request.location), \(JSONColumn(request.tags)),
                \(JSONColumn(request.properties)), \(request.properties.targetResourceUri.lowercased()), \(caller), \(caller)
            FROM resource_groups g
            WHERE g.subscription_id = \(resource.subscription.lowercased())
                AND lower(g.name) = lower(\(resource.resourceGroup))
            """)
    }

    /// Updates the row if it still has its revision; false when somebody else was faster.
    package func update(
        _ setting: AutoscaleSetting, to request: AutoscaleSettingRequest, by caller: String
    ) async throws -> Bool {
        try await runner.query(
            """
            UPDATE autoscale_settings SET location = \(request.location), tags = \(JSONColumn(request.tags)),
                properties = \(JSONColumn(request.properties)),
                target = \(request.properties.targetResourceUri.lowercased()), revision = revision + 1,
                generation = generation + 1, modified_at = now(), modified_by = \(caller)
            WHERE id = \(setting.id) AND revision = \(setting.version.revision)
            """
        ).affectedRows == 1
    }

    package func markScaled(id: UUID, at date: Date) async throws {
        try await runner.query("UPDATE autoscale_settings SET last_scaled_at = \(date) WHERE id = \(id)")
    }

    package func delete(id: UUID) async throws {
        try await runner.query("DELETE FROM autoscale_settings WHERE id = \(id)")
    }

    private static func decode(_ row: Row) throws -> AutoscaleSetting {
        let (
            id, subscription, group, name, location, tags, properties, scaledAt, revision, generation, by, at, lastBy,
            lastAt
        ) = try row.decode(
            UUID.self, String.self, String.self, String.self, String.self, JSONColumn<[String: String]>.self,
            JSONColumn<AutoscaleProperties>.self, Date?.self, Int64.self, Int64.self, String.self, Date.self,
            String.self, Date.self)
        return AutoscaleSetting(
            id: id, resourceID: .autoscaleSetting(subscription: subscription, resourceGroup: group, name: name),
            location: location, tags: tags.value, properties: properties.value,
            version: RowVersion(revision: revision, generation: generation),
            audit: AuditTrail(createdBy: by, createdAt: at, lastModifiedBy: lastBy, lastModifiedAt: lastAt),
            lastScaledAt: scaledAt)
    }
}
