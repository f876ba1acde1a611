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

    private static let lookInterval = Duration.milliseconds(20)
    private static let answerDeadline = Duration.seconds(1)

    package init(
        database: Database, publisher: RoutingPublisher, control: RouterControlClient, time: TimeSource = .system
    ) {
        self.database = database
        self.publisher = publisher
        self.control = control
        self.time = time
    }

    package func drain(_ replica: ReplicaID, deadline: Duration) async {
        let limit = time.now().addingTimeInterval(deadline.seconds)
        // A failed publication means that some router may still send requests: the deadline bounds the wait.
        try? await publisher.publishAndWait()
        while time.now() < limit, await isBusy(replica) {
            guard (try? await time.sleep(Self.lookInterval)) != nil else { return }  // cancelled
        }
    }

    private func isBusy(_ replica: ReplicaID) async -> Bool {
        // Without the list of routers nothing is known: wait on, the deadline ends it.
        guard let routers = try? await RouterStore(database).list() else { return true }
        for router in routers where router.state == .live {
            // A router that does not answer has no connection worth waiting for.
            guard let report = try? await control.report(of: router.controlAddress, timeout: Self.answerDeadline) else {
                continue
            }
            if report.leaving.contains(where: { $0.id == replica.description }) { return true }
        }
        return false
    }
}
