import Postgres

/// Tells a service that can't reach its database from a service that is broken.
package enum Outage {
    /// Whether the same call may succeed when it is made again later.
    package static func explains(_ error: any Error) -> Bool {
        (error as? PostgresError)?.isWorthRetrying ?? false
    }
}
