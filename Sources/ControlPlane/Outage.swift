import Artifacts
import Postgres

/// Tells a service that can't reach its database, or has no disk left, from a service that is broken.
package enum Outage {
    /// Whether the same call may succeed when it is made again later.
    package static func explains(_ error: any Error) -> Bool {
        switch error {
        case let error as PostgresError: error.isWorthRetrying
        case let error as ArtifactError: error.isWorthRetrying
        default: false
        }
    }
}
