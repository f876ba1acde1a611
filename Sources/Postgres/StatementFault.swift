/// What goes wrong with a statement where a test says so: the faults that networks and failing servers bring about.
package enum StatementFault: Sendable, Equatable {
    /// The statement never reaches the server.
    case refused
    /// The server executes the statement, and its response is lost.
    case responseLost
    /// The connection stands still for so long, then goes on.
    case stalled(Duration)
    /// The caller sees a lost connection at once; the server, which stood still, executes the statement after so long.
    /// Inside a transaction that is a lost response: the server rolls the transaction back.
    case executedLate(Duration)

    /// Decides what goes wrong with a statement by its text, `COMMIT` for the end of a transaction; nil for nothing.
    package typealias Source = @Sendable (_ statement: String) -> StatementFault?

    /// Whether the server executes the statement and the caller does not learn of it.
    var isExecutedUnseen: Bool {
        switch self {
        case .responseLost, .executedLate: true
        case .refused, .stalled: false
        }
    }

    static let lost = PostgresError(.unavailable, "the connection to PostgreSQL was lost")

    /// Carries a statement out with this fault. `late` executes it when nobody waits for it any more.
    func apply<Result: Sendable>(
        to execute: () async throws -> Result, late: @escaping @Sendable () async throws -> Void
    ) async throws -> Result {
        switch self {
        case .refused: throw Self.lost
        case .responseLost:
            _ = try await execute()
            throw Self.lost
        case .stalled(let duration):
            try await Task.sleep(for: duration)
            return try await execute()
        case .executedLate(let duration):
            // Unstructured, for it outlives the caller by its nature; its failure is a statement that was never executed.
            Task {
                try await Task.sleep(for: duration)
                try await late()
            }
            throw Self.lost
        }
    }
}
