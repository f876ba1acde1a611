import Resources
import Store

/// What to do about the replicas of one workload.
enum ReplicaAction: Equatable {
    /// Add a replica of this generation.
    case create(generation: Int64)
    /// Take this one out of use.
    case drain(ReplicaID)
}

/// The pure half of the replica reconciler.
enum ReplicaPlan {
    /// Compares what is wanted with what is there.
    ///
    /// New replicas are added before old ones go: an old one leaves for each new one that is ready, so a rollout never
    /// has less than the wanted number that can serve, and a generation that never gets ready takes nothing away. While old
    /// ones serve, there are a fifth more than wanted at most, and one more at least.
    static func actions(_ workload: WorkloadReplicas) -> [ReplicaAction] {
        let active = workload.replicas.filter { $0.state != .draining }
        let current = active.filter { $0.generation == workload.target.generation }
        let old = active.filter { $0.generation != workload.target.generation }
        let ready = current.count { $0.state == .ready }
        let serving = min(old.count { $0.state == .ready }, max(0, workload.target.wanted - ready))
        let room = workload.target.wanted + surge(of: workload.target.wanted) - serving - current.count
        let missing = min(workload.target.wanted - current.count, serving == 0 ? .max : room)
        var actions = Array(
            repeating: ReplicaAction.create(generation: workload.target.generation), count: max(0, missing))
        actions += surplus(of: current, keeping: workload.target.wanted).map { .drain($0.id) }
        actions += surplus(of: old, keeping: max(0, workload.target.wanted - ready)).map { .drain($0.id) }
        return actions
    }

    /// Replicas that a rollout may have beyond the wanted number: what quotas reserve for it.
    private static func surge(of wanted: Int) -> Int { max(1, (wanted + 4) / 5) }

    /// Which replicas go when only so many stay: the least far on the way to ready first, then the youngest.
    private static func surplus(of replicas: [ReplicaRow], keeping count: Int) -> ArraySlice<ReplicaRow> {
        let ranked = replicas.enumerated().sorted { first, second in
            first.element.state.progress == second.element.state.progress
                ? first.offset < second.offset : first.element.state.progress > second.element.state.progress
        }
        return ranked.map(\.element).dropFirst(count)
    }
}
