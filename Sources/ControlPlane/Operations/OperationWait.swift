package import Postgres
import Resources
import Store

/// Waits for the end of operations that somebody else carries out.
package struct OperationWait: Sendable {
    private let database: Database
    private let hub: SignalHub

    /// How long to wait for a signal before looking anyway: ends of other processes are not signalled.
    private static let lookInterval = Duration.milliseconds(250)

    package init(database: Database, hub: SignalHub) {
        self.database = database
        self.hub = hub
    }

    /// The operation as it ended; nil when nothing is known of it any more.
    func untilEnded(_ id: OperationID) async throws -> ResourceOperation? {
        while true {
            try Task.checkCancellation()
            let seen = hub.count(of: .operations)
            guard let operation = try await OperationStore(database).find(id) else { return nil }
            if operation.state.isTerminal { return operation }
            _ = await hub.wait(for: .operations, after: seen, upTo: Self.lookInterval)
        }
    }

    /// Until some operation ended, or a while has passed.
    func untilSomethingEnded() async throws {
        try Task.checkCancellation()
        _ = await hub.wait(for: .operations, after: hub.count(of: .operations), upTo: Self.lookInterval)
    }
}
