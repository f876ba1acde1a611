package import Postgres
package import Resources
import Routing
import Store

/// Drains through the fleet: publishes the table without the replicas, and asks every router what is still inside them.
package struct RouterDrain: RoutingDrain {
    private let database: Database
    private let publisher: RoutingPublisher
    private let control: RouterControlClient

    private static let responseDeadline = Duration.seconds(1)

    package init(database: Database, publisher: RoutingPublisher, control: RouterControlClient) {
        (self.database, self.publisher, self.control) = (database, publisher, control)
    }

    /// When it fails, the publisher goes on trying, and a router whose table still names a replica says so.
    package func publish() async { try? await publisher.publishAndWait() }

    package func drained(among replicas: Set<ReplicaKey>) async -> Set<ReplicaKey> {
        // Without the list of routers nothing is known.
        guard let routers = try? await RouterStore(database).list() else { return [] }
        // The others are asked about once some of these are gone.
        let replicas = Set(replicas.prefix(LeavingQuery.limit))
        let names = Dictionary(uniqueKeysWithValues: replicas.map { ($0.routeID, $0) })
        return await withTaskGroup(of: [String].self) { group in
            for router in routers where router.state == .live {
                group.addTask {
                    // A router that does not respond has no connection worth waiting for.
                    let busy = try? await control.busy(
                        among: Array(names.keys), on: router.controlAddress, timeout: Self.responseDeadline)
                    return busy ?? []
                }
            }
            return await group.reduce(into: replicas) { free, busy in
                for name in busy { if let key = names[name] { free.remove(key) } }
            }
        }
    }
}
