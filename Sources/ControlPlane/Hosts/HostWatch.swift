package import Logging
package import Postgres
import Resources
import Store

/// Marks hosts as lost that do not respond any more, so that their replicas are placed elsewhere. One process does so at a time
/// (``Leadership``).
///
/// A lost host is not heard until it registers anew; what it runs that is placed elsewhere by then ends. Where
/// nothing else can take its replicas, they stay its own.
package struct HostWatch: Sendable {
    private let database: Database
    private let hub: SignalHub
    private let logger: Logger

    /// A host that did not report for that time is lost.
    private static let unresponsiveAfter = Duration.seconds(3)
    /// The same where several stop together: then it may be us that nobody reaches.
    private static let unresponsiveTogether = Duration.seconds(30)
    /// No verdict so soon after we could not look ourselves: hosts report to the same database.
    private static let settling = Duration.seconds(5)
    private static let interval = Duration.milliseconds(500)

    package init(database: Database, hub: SignalHub, logger: Logger) {
        (self.database, self.hub, self.logger) = (database, hub, logger)
    }

    /// Watches until the task is cancelled.
    package func run(term: Int64) async {
        var patientUntil = ContinuousClock.now + Self.settling
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.interval)  // only cancellation throws, and the loop sees it
            do {
                let began = ContinuousClock.now
                let store = HostStore(database)
                var unresponsive = try await store.listUnresponsive(for: Self.unresponsiveAfter)
                var limit = Self.unresponsiveAfter
                if unresponsive.count > 1 {
                    limit = Self.unresponsiveTogether
                    unresponsive = try await store.listUnresponsive(for: limit)
                }
                if began.duration(to: .now) > Self.interval { patientUntil = .now + Self.settling }
                guard ContinuousClock.now >= patientUntil else { continue }
                for host in unresponsive { try await markLost(host, unresponsiveFor: limit, term: term) }
            } catch {
                guard !Task.isCancelled else { return }
                logger.debug("hosts could not be looked at, trying again", metadata: ["error": "\(error)"])
                patientUntil = .now + Self.settling
            }
        }
    }

    private func markLost(_ host: HostRow, unresponsiveFor limit: Duration, term: Int64) async throws {
        let isLost = try await database.transaction { transaction in
            guard try await LeaderTermStore(transaction).hold(term) else { return false }
            // Workloads are locked before hosts.
            try await WorkloadStore(transaction).raiseRevision(placedOn: host.id)
            return try await HostStore(transaction).markLost(host, unresponsiveFor: limit)
        }
        guard isLost else { return }
        logger.warning("a host is lost", metadata: ["host.id": "\(host.id)", "host.name": "\(host.name)"])
        hub.raise(.replicas)
    }
}
