import Foundation
package import Logging
package import Postgres
package import Resources
import Store

/// How replicas get out of routing.
package protocol RoutingDrain: Sendable {
    /// Makes routers serve the table as it is stored.
    func publish() async
    /// Those that no router sends requests to any more, and that have none inside.
    func drained(among replicas: Set<ReplicaKey>) async -> Set<ReplicaKey>
}

/// Watches replicas that leave: those that drain are stopped once nothing is inside them, and failed ones may begin their next
/// life then.
///
/// One loop for all; it asks each router one question for all of them. One process does so at a time (``Leadership``).
package struct ReplicaDrainer: Sendable {
    private let database: Database
    private let drain: any RoutingDrain
    /// Longest time that requests inside may take to end.
    private let deadline: Duration
    private let hub: SignalHub
    private let logger: Logger

    private static let lookInterval = Duration.seconds(1)
    /// Pauses between two questions, doubled while nothing is drained.
    private static let shortestPause = Duration.milliseconds(5)
    private static let longestPause = Duration.milliseconds(160)
    /// Signals within this time make one look.
    private static let gathering = Duration.milliseconds(2)

    package init(
        database: Database, drain: any RoutingDrain, deadline: Duration, hub: SignalHub, logger: Logger
    ) {
        (self.database, self.drain, self.deadline) = (database, drain, deadline)
        (self.hub, self.logger) = (hub, logger)
    }

    /// Watches until the task is cancelled.
    package func run(term: Int64) async {
        var since: [ReplicaKey: ContinuousClock.Instant] = [:]
        var pause = Self.shortestPause
        while !Task.isCancelled {
            let seen = hub.count(of: .replicas)
            do {
                let leaving = try await ReplicaStore(database).listLeaving()
                let keys = Set(leaving.map(\.reported.key))
                let fresh = keys.subtracting(since.keys)
                since = since.filter { keys.contains($0.key) }
                for key in fresh { since[key] = .now }
                if !fresh.isEmpty {
                    pause = Self.shortestPause
                    await drain.publish()
                }
                if try await release(leaving, since, term: term) { pause = Self.shortestPause }
            } catch {
                guard !Task.isCancelled else { return }
                logger.warning("looking at leaving replicas failed, trying again", metadata: ["error": "\(error)"])
                pause = Self.longestPause
            }
            _ = await hub.wait(for: .replicas, after: seen, upTo: since.isEmpty ? Self.lookInterval : pause)
            try? await Task.sleep(for: Self.gathering)  // only cancellation throws, and the loop sees it
            pause = min(pause * 2, Self.longestPause)
        }
    }

    /// Lets those go on that nothing is inside of, or that have had their time; whether there were any.
    private func release(
        _ leaving: [ReplicaRow], _ since: [ReplicaKey: ContinuousClock.Instant], term: Int64
    ) async throws -> Bool {
        guard !leaving.isEmpty else { return false }
        let now = ContinuousClock.now
        let overdue = leaving.filter { row in since[row.reported.key].map { $0 + deadline <= now } ?? false }
        var free = await drain.drained(among: Set(leaving.map(\.reported.key)))
        free.formUnion(overdue.map(\.reported.key))
        let released = leaving.filter { free.contains($0.reported.key) }
        guard !released.isEmpty else { return false }
        let isWritten = try await database.transaction { transaction in
            guard try await LeaderTermStore(transaction).hold(term) else { return false }
            let store = ReplicaStore(transaction)
            try await store.stop(released.filter { $0.desired == .drain })
            try await store.markUnrouted(released.filter { $0.desired == .run })
            return true
        }
        if isWritten { hub.raise(.placements) }
        return isWritten
    }
}
