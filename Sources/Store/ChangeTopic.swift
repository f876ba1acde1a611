package import Postgres

/// What can have changed; the payload of a notification.
package enum ChangeTopic: String, Sendable, CaseIterable {
    /// A work item became due.
    case work
    /// An operation was ended from outside: whoever carries it out leaves it.
    case cancellations
    /// How a replica is doing, or what a workload wants.
    case replicas
    /// What is placed on hosts.
    case placements
    /// What routers should serve.
    case routing
    /// An operation has ended. Told in this process alone: others look by their timers.
    case operations
    /// Minutes of metrics were written, or an autoscale setting. Told to whoever scales by rules.
    case scaling
    /// A router came or went, or acknowledged.
    case fleet
}

/// Tells the other processes on the same schema.
package struct ChangeNotifier: Sendable {
    private let runner: any StatementRunner

    package init(_ runner: any StatementRunner) {
        self.runner = runner
    }

    package func notify(_ topics: Set<ChangeTopic>) async throws {
        for topic in topics {
            try await runner.query("SELECT pg_notify('sluice_' || current_schema(), \(topic.rawValue))")
        }
    }
}
