import Compute
import Logging
import Resources

/// Ends and removes what the backend has of replicas that belong to nobody.
///
/// Only the control plane says so, and in this epoch: a replica is nobody's when it answers that it has no row and no log of it
/// is kept. While it can't be asked, nothing is ended. Those that nobody told to go are asked about twice, some time apart: where
/// the database is older than the routers, they get another table meanwhile, and send no requests there any more.
struct HostSweep: Sendable {
    let session: HostSession
    let connection: any HostConnection
    let backend: any ComputeBackend
    let settings: HostSettings
    let logger: Logger

    /// Most replicas that are asked about at once.
    private static let batch = 500

    /// Looks at these replicas, at all that the backend has something of for nil, but for the known ones. Returns those that it
    /// could not ask about.
    func run(_ candidates: Set<ReplicaID>?, known: Set<ReplicaID>) async -> Set<ReplicaID> {
        var rest = if let candidates { candidates } else { await backend.remains().subtracting(known) }
        while !rest.isEmpty, !Task.isCancelled {
            let asked = Set(rest.prefix(Self.batch))
            // What can't be asked about stays.
            guard var unplaced = try? await connection.unplaced(session, among: asked) else { return rest }
            if candidates == nil, !unplaced.isEmpty {
                guard (try? await Task.sleep(for: settings.sweepPause)) != nil,  // cancelled
                    let still = try? await connection.unplaced(session, among: unplaced)
                else { return rest }
                unplaced = still
            }
            for id in unplaced {
                guard !Task.isCancelled else { return rest }
                // Those that were told to go have ended; of others nobody knows why they are there.
                if candidates == nil {
                    logger.warning("what is left of a replica is removed", metadata: ["replica.id": "\(id)"])
                }
                await backend.stop(id, grace: settings.stopGrace)
                await backend.discard(id)
            }
            rest.subtract(asked)
        }
        return rest
    }
}
