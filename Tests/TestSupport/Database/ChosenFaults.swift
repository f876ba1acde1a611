package import Postgres
import Synchronization

/// Lets chosen statements go wrong, and notes what is executed.
package final class ChosenFaults: Sendable {
    private struct State {
        var fault: StatementFault?
        var prefix = ""
        var rest = 0
        var statements: [String] = []
        var isNoting = false
    }

    private let state = Mutex(State())

    package init() {}

    /// The next `count` statements that begin so go wrong.
    package func set(_ fault: StatementFault, on prefix: String, count: Int = 1) {
        state.withLock { ($0.fault, $0.prefix, $0.rest) = (fault, prefix, count) }
    }

    /// Whether all of them have gone wrong.
    package var areSpent: Bool { state.withLock { $0.rest == 0 } }

    /// Statements since this call.
    package func note() { state.withLock { ($0.statements, $0.isNoting) = ([], true) } }
    package var statements: [String] { state.withLock { $0.statements } }

    package var source: StatementFault.Source {
        { [self] statement in
            state.withLock { state in
                if state.isNoting { state.statements.append(statement) }
                guard state.rest > 0, statement.hasPrefix(state.prefix) else { return nil }
                state.rest -= 1
                return state.fault
            }
        }
    }
}

/// Faults that a test tries, each at every place.
package let everyFault: [StatementFault] = [
    .refused, .responseLost, .stalled(.milliseconds(80)), .executedLate(.milliseconds(80)),
]
