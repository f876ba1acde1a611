import FoundationEssentials
package import Postgres
package import Resources
import Routing
import Store

/// Drains through the fleet: publishes the table without the replica, then waits until no router has a request inside it.
package struct RouterDrain: ReplicaDrain {
    private let database: Database
    private let publisher: RoutingPublisher
    private let control: RouterControlClient
    private let time: TimeSource

    /// How long a router waits for the last request before it answers.
    private static let wait = Duration.seconds(1)
    /// Between two questions: some routers answer at once, those of earlier versions and those that end.
    private static let lookInterval = Duration.milliseconds(20)
    private static let responseDeadline = Duration.seconds(1)

    package init(
        database: Database, publisher: RoutingPublisher, control: RouterControlClient, time: TimeSource = .system
    ) {
        (self.database, self.publisher) = (database, publisher)
        (self.control, self.time) = (control, time)
    }

    package func drain(_ replica: ReplicaID, deadline: Duration) async {
        let limit = time.now().addingTimeInterval(deadline.seconds)
        // When it fails, the publisher goes on trying, and a router whose table still names the replica says so below.
        try? await publisher.publishAndWait()
        await waitUntilDrained(replica, limit: limit)
    }

    /// Returns when no live router has a request inside the replica, or at `limit`.
    func waitUntilDrained(_ replica: ReplicaID, limit: Date) async {
        while true {
            let rest = Duration.seconds(limit.timeIntervalSince(time.now()))
            guard rest > .zero, await isBusy(replica, wait: min(rest, Self.wait)) else { return }
            guard (try? await time.sleep(Self.lookInterval)) != nil else { return }  // cancelled
        }
    }

    private func isBusy(_ replica: ReplicaID, wait: Duration) async -> Bool {
        // Without the list of routers nothing is known: wait on, the deadline ends it.
        guard let routers = try? await RouterStore(database).list() else { return true }
        return await withTaskGroup(of: Bool.self) { group in
            defer { group.cancelAll() }
            for router in routers where router.state == .live {
                group.addTask {
                    // A router that does not answer has no connection worth waiting for.
                    let isDrained = try? await control.isDrained(
                        replica, on: router.controlAddress, wait: wait, timeout: Self.responseDeadline)
                    return isDrained == false
                }
            }
            return await group.contains(true)
        }
    }
}
