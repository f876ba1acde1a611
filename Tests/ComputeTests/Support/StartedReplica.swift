import Resources
import Synchronization

@testable import Compute

/// A replica in its first life, as tests hold it.
struct StartedReplica: Hashable, Sendable {
    var key: ReplicaKey
    var place: ReplicaAddress

    var id: ReplicaID { key.id }
    var address: String { place.address }
    var scoringPath: String { place.scoringPath }
}

extension ComputeBackend {
    func start(
        _ id: ReplicaID, _ specification: ReplicaSpecification, life: Int = 1
    ) async throws(ComputeError) -> StartedReplica {
        let key = ReplicaKey(id, life: life)
        return StartedReplica(key: key, place: try await start(key, specification))
    }

    func observe(_ replica: StartedReplica) async -> ReplicaObservation { await observe(replica.key) }

    func probe(
        _ replica: StartedReplica, _ kind: ProbeKind, _ specification: ReplicaSpecification
    ) async -> ProbeResult {
        await probe(replica.key, at: replica.place, specification.probe(kind))
    }

    /// Watches until the replica has ended, as a host does.
    func untilEnded(_ replica: StartedReplica) async -> ReplicaObservation {
        let (changes, change) = AsyncStream.makeStream(of: Void.self)
        return await withTaskGroup(of: Void.self) { group in
            group.addTask { await watch { if $0 == replica.id { change.yield() } } }
            change.yield()
            var end = ReplicaObservation.running
            for await _ in changes {
                end = await observe(replica)
                if end != .running { break }
            }
            group.cancelAll()
            return end
        }
    }
}

extension LocalProcessBackend {
    /// The leader of a replica's processes.
    func process(of replica: StartedReplica) -> ProcessIdentity {
        ReplicaFolder(replica.id, in: configuration).handle?.process ?? ProcessIdentity(pid: 0, startTicks: 0)
    }
}
