package import Foundation
package import Postgres
package import Resources

/// Rows of `resource_groups`.
package typealias ResourceGroupStore = RowStore<ResourceGroup>

extension RowStore<ResourceGroup> {
    private static var columns: String { "subscription_id, name, location, tags, is_deleting" }

    package func find(subscription: String, name: String) async throws -> ResourceGroup? {
        try await runner.query(
            """
            SELECT \(raw: Self.columns) FROM resource_groups
            WHERE subscription_id = \(subscription.lowercased()) AND lower(name) = lower(\(name))
            """
        ).first.map(ResourceGroup.init)
    }

    package func list(subscription: String) async throws -> [ResourceGroup] {
        try await runner.query(
            """
            SELECT \(raw: Self.columns) FROM resource_groups
            WHERE subscription_id = \(subscription.lowercased()) ORDER BY lower(name)
            """
        ).rows.map(ResourceGroup.init)
    }

    /// Makes or updates the group; returns whether it was made.
    package func save(_ group: ResourceGroup) async throws -> Bool {
        let result = try await runner.query(
            """
            INSERT INTO resource_groups (subscription_id, name, location, tags)
            VALUES (\(group.subscription.lowercased()), \(group.name), \(group.location), \(JSONColumn(group.tags)))
            ON CONFLICT (subscription_id, lower(name)) DO UPDATE
            SET tags = EXCLUDED.tags, revision = resource_groups.revision + 1
            RETURNING xmax = 0
            """)
        return try result.first?.decode(Bool.self) ?? false
    }

    /// Nothing happens to a group that is gone.
    package func setTags(_ tags: [String: String], subscription: String, name: String) async throws {
        try await runner.query(
            """
            UPDATE resource_groups SET tags = \(JSONColumn(tags)), revision = revision + 1
            WHERE subscription_id = \(subscription.lowercased()) AND lower(name) = lower(\(name)) AND NOT is_deleting
            """)
    }

    /// The row of a group, which nobody else changes until the transaction ends; nil when it is not there.
    package func id(subscription: String, name: String) async throws -> UUID? {
        try await runner.query(
            """
            SELECT id FROM resource_groups
            WHERE subscription_id = \(subscription.lowercased()) AND lower(name) = lower(\(name)) FOR UPDATE
            """
        ).first?.decode(UUID.self)
    }

    package func holdsResources(id: UUID) async throws -> Bool {
        try await !runner.query("SELECT 1 FROM workspaces WHERE resource_group_id = \(id) LIMIT 1").rows.isEmpty
    }

    package func setDeleting(_ isDeleting: Bool, id: UUID) async throws {
        try await runner.query("UPDATE resource_groups SET is_deleting = \(isDeleting) WHERE id = \(id)")
    }

    package func delete(id: UUID) async throws {
        try await runner.query("DELETE FROM resource_groups WHERE id = \(id)")
    }
}

extension ResourceGroup: RowDecodable {
    package init(_ row: Row) throws {
        self.init(
            subscription: try row("subscription_id"), name: try row("name"), location: try row("location"),
            tags: try row.json("tags"), isDeleting: try row("is_deleting"))
    }
}
