package import Foundation
package import Resources

/// What a report has changed about a replica.
package struct ReplicaTransition: Sendable, Equatable {
    package var workloadID: UUID
    package var before: ReplicaReport
    package var after: ReplicaReport

    package var changesReadiness: Bool { (before.phase == .ready) != (after.phase == .ready) }
    package var isFailure: Bool { after.failures > before.failures }
    package var isGone: Bool { after.phase == .gone }
}
