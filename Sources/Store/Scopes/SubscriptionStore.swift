package import Postgres

/// Rows of `subscriptions`.
package struct SubscriptionStore: Sendable {
    private let runner: any StatementRunner

    package init(_ runner: any StatementRunner) {
        self.runner = runner
    }

    /// Makes the subscription if it is new.
    package func ensure(id: String, displayName: String) async throws {
        try await runner.query(
            """
            INSERT INTO subscriptions (id, display_name) VALUES (\(id.lowercased()), \(displayName))
            ON CONFLICT (id) DO NOTHING
            """)
    }

    package func exists(_ id: String) async throws -> Bool {
        try await !runner.query("SELECT 1 FROM subscriptions WHERE id = \(id.lowercased())").rows.isEmpty
    }

    /// Id and display name of every subscription.
    package func list() async throws -> [(id: String, displayName: String)] {
        try await runner.query("SELECT id, display_name FROM subscriptions ORDER BY id").rows.map { row in
            try row.decode(String.self, String.self)
        }
    }
}
