/// A failed statement or connection. Holds the statement's text but never its parameters.
package struct PostgresError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable, Equatable {
        /// The server can't be reached, is starting or shutting down, or has no connection left.
        case unavailable
        /// No connection of the pool became free in time.
        case poolExhausted
        case uniqueViolation(constraint: String)
        case foreignKeyViolation(constraint: String)
        case checkViolation(constraint: String)
        /// Deadlock or serialization failure: the same transaction may succeed when run again.
        case contended
        case cancelled
        /// A row did not have the shape that the caller expected.
        case decoding
        case other(sqlState: String)
    }

    package var code: Code
    package var message: String
    package var statement: String?

    package init(_ code: Code, _ message: String, statement: String? = nil) {
        (self.code, self.message, self.statement) = (code, message, statement)
    }

    /// Whether the same call may succeed later.
    package var isWorthRetrying: Bool {
        switch code {
        case .unavailable, .poolExhausted, .contended: true
        case .uniqueViolation, .foreignKeyViolation, .checkViolation, .cancelled, .decoding, .other: false
        }
    }

    package var description: String {
        "\(code): \(message)" + (statement.map { " in «\($0)»" } ?? "")
    }

    /// Class 08 is connection trouble, 57P a shutdown, 53 a lack of connections, disk or memory, 58 a fault of the system
    /// below, such as a failed write (PostgreSQL, appendix A).
    static func code(sqlState: String, constraint: String) -> Code {
        switch sqlState {
        case "23505": .uniqueViolation(constraint: constraint)
        case "23503": .foreignKeyViolation(constraint: constraint)
        case "23514": .checkViolation(constraint: constraint)
        case "40001", "40P01": .contended
        case "57014": .cancelled
        case "57P01", "57P02", "57P03": .unavailable
        case let state where ["08", "53", "58"].contains(String(state.prefix(2))): .unavailable
        default: .other(sqlState: sqlState)
        }
    }
}
