package import Foundation
package import Postgres
package import Resources

/// Rows of `autoscale_settings`.
package typealias AutoscaleSettingStore = RowStore<AutoscaleSetting>

extension RowStore<AutoscaleSetting> {
    /// The constraint that lets a deployment have one setting.
    package static var targetConstraint: String { "autoscale_settings_target" }

    /// The setting of a deployment.
    package func find(target: ResourceID) async throws -> AutoscaleSetting? {
        try await AutoscaleSetting.table.first(runner, where: "a.target = \(target.description.lowercased())")
    }

    /// All settings that are switched on.
    package func listEnabled() async throws -> [AutoscaleSetting] {
        try await AutoscaleSetting.table.list(runner, where: "(a.properties ->> 'enabled')::boolean ORDER BY a.id")
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
}

extension AutoscaleSetting: GroupedRow {
    package static let noun = "autoscale setting"
    package static let collection = "autoscaleSettings"

    package static let table = TrackedTable<AutoscaleSetting>(
        name: "autoscale_settings", alias: "a",
        columns: "\(Parents.groupColumns), a.name, a.location, a.tags, a.properties, a.last_scaled_at, a.generation",
        joins: "\(Parents.group)a.resource_group_id")

    package init(_ row: Row) throws {
        self.init(
            id: try row("id"),
            resourceID: .autoscaleSetting(
                subscription: try row("subscription_id"), resourceGroup: try row("group_name"), name: try row("name")),
            location: try row("location"), tags: try row.json("tags"), properties: try row.json("properties"),
            version: try row.version(), audit: try row.audit(), lastScaledAt: try row("last_scaled_at"))
    }
}
