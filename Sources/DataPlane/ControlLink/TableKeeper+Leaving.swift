import Routing

/// Replicas that left the table, until the last request inside them has ended.
extension TableKeeper {
    /// Most callers that wait at once; others are told at once how things are.
    private static var drainWaiterLimit: Int { 256 }
    /// Slots are shared with other routers, and a request that was broken off ends inside the replica: nobody tells.
    private static var lookInterval: Duration { .milliseconds(10) }

    /// Replicas in no table any more that have requests inside, or may get one from a loop that has yet to change over.
    func leavingReplicas() -> [LeavingReplica] {
        let served = shared.servedGeneration
        leaving = leaving.filter { isLeaving($0, served) }
        return leaving.map { LeavingReplica(id: $0.replica.id, inFlight: $0.replica.slots.inside) }
    }

    /// Requests inside a replica that left the table; `nil` once it is drained, or if it is not known.
    private func leavingCount(_ id: String) -> Int? {
        let served = shared.servedGeneration
        leaving = leaving.filter { $0.replica.id != id || isLeaving($0, served) }
        let known = leaving.filter { $0.replica.id == id }
        return known.isEmpty ? nil : known.reduce(0) { $0 + $1.replica.slots.inside }
    }

    /// Those of the replicas that the present table names, or that have requests inside or may get one.
    func busyReplicas(among ids: Set<String>) -> [String] {
        var busy = Set(leavingReplicas().map(\.id)).intersection(ids)
        for route in present.routes {
            for replica in route.deployments.lazy.flatMap(\.replicas) where ids.contains(replica.id) {
                busy.insert(replica.id)
            }
        }
        return Array(busy)
    }

    /// The replica with this id that the present table names: whoever asks about it believes that it has left.
    private func routedReplica(_ id: String) -> ReplicaState? {
        for route in present.routes {
            for deployment in route.deployments {
                if let replica = deployment.replicas.first(where: { $0.id == id }) { return replica }
            }
        }
        return nil
    }

    private func isLeaving(_ entry: (generation: Int64, replica: ReplicaState), _ served: Int64) -> Bool {
        entry.generation > served || entry.replica.slots.inside > 0
    }

    /// Waits until a replica has left the table and is drained, or `limit` has passed, or `isEnding` says that the router
    /// will not be there for long. Returns the requests inside, `nil` if it is drained.
    ///
    /// The wait holds no thread: between two looks the task is asleep.
    func waitUntilDrained(_ id: String, limit: Duration, isEnding: @Sendable () -> Bool) async -> Int? {
        let end = ContinuousClock.now + limit
        var (table, routed) = (present.generation, routedReplica(id))
        guard drainWaiterCount < Self.drainWaiterLimit else { return routed?.slots.inside ?? leavingCount(id) }
        drainWaiterCount += 1
        defer { drainWaiterCount -= 1 }
        while true {
            if present.generation != table { (table, routed) = (present.generation, routedReplica(id)) }
            guard let count = routed?.slots.inside ?? leavingCount(id) else { return nil }
            let rest = ContinuousClock.now.duration(to: end)
            guard rest > .zero, !isEnding() else { return count }
            // Only cancellation throws: whoever asked is gone.
            guard (try? await Task.sleep(for: min(rest, Self.lookInterval))) != nil else { return count }
        }
    }
}
