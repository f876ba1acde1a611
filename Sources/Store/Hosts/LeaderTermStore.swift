package import Postgres

/// The row of `leadership`: which term of leadership goes on.
package struct LeaderTermStore: Sendable {
    private let runner: any StatementRunner

    package init(_ runner: any StatementRunner) {
        self.runner = runner
    }

    /// Begins a term: nobody who led before writes anything from now on.
    package func raise() async throws -> Int64 {
        let row = try await runner.query("UPDATE leadership SET term = term + 1 RETURNING term").first
        guard let row else { throw PostgresError(.decoding, "leadership has no row") }
        return try row.decode(Int64.self)
    }

    /// Whether a term goes on; it does until the transaction ends.
    package func hold(_ term: Int64) async throws -> Bool {
        try await runner.query("SELECT 1 FROM leadership WHERE term = \(term) FOR SHARE").first != nil
    }
}
