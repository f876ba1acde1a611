import Resources
import Store

/// What to do about the replicas of one deployment.
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
    /// has less than the wanted number that can serve, and a generation that never gets ready takes nothing away.
    static func actions(_ deployment: DeploymentReplicas) -> [ReplicaAction] {
        let active = deployment.replicas.filter { $0.state != .draining }
        let current = active.filter { $0.generation == deployment.generation }
        let old = active.filter { $0.generation != deployment.generation }
        let missing = deployment.wanted - current.count
        var actions = Array(
            repeating: ReplicaAction.create(generation: deployment.generation), count: max(0, missing))
        actions += surplus(of: current, keeping: deployment.wanted).map { .drain($0.id) }
        let ready = current.count { $0.state == .ready }
        actions += surplus(of: old, keeping: max(0, deployment.wanted - ready)).map { .drain($0.id) }
        return actions
    }

    /// Which replicas go when only so many stay: the least far on the way to ready first, then the youngest.
    private static func surplus(of replicas: [ReplicaRow], keeping count: Int) -> ArraySlice<ReplicaRow> {
        let ranked = replicas.enumerated().sorted { first, second in
            first.element.state.progress == second.element.state.progress
                ? first.offset < second.offset : first.element.state.progress > second.element.state.progress
        }
        return ranked.map(\.element).dropFirst(count)
    }
}
