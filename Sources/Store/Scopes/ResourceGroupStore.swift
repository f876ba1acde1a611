import Foundation
package import Postgres
package import Resources

/// Rows of `resource_groups`.
package struct ResourceGroupStore: Sendable {
    private let runner: any StatementRunner

    package init(_ runner: any StatementRunner) {
        self.runner = runner
    }

    package func find(subscription: String, name: String) async throws -> ResourceGroup? {
        try await runner.query(
            """
            SELECT subscription_id, name, location, tags FROM resource_groups
            WHERE subscription_id = \(subscription.lowercased()) AND lower(name) = lower(\(name))
            """
        ).first.map(Self.decode)
    }

    package func list(subscription: String) async throws -> [ResourceGroup] {
        try await runner.query(
            """
            SELECT subscription_id, name, location, tags FROM resource_groups
            WHERE subscription_id = \(subscription.lowercased()) ORDER BY lower(name)
            """
        ).rows.map(Self.decode)
    }

    /// Makes or updates the group; answers whether it was made.
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

    package func delete(subscription: String, name: String) async throws {
        try await runner.query(
            """
            DELETE FROM resource_groups
            WHERE subscription_id = \(subscription.lowercased()) AND lower(name) = lower(\(name))
            """)
    }

    private static func decode(_ row: Row) throws -> ResourceGroup {
        let (subscription, name, location, tags) = try row.decode(
            String.self, String.self, String.self, JSONColumn<[String: String]>.self)
        return ResourceGroup(subscription: subscription, name: name, location: location, tags: tags.value)
    }
}
