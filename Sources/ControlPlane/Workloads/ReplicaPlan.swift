import Resources
import Store

/// What to do about the replicas of one workload.
enum ReplicaAction: Equatable {
    /// Add a replica of this generation.
    case create(generation: Int64)
    /// Take this one out of use.
    case drain(ReplicaID)
}

/// Which replicas come and which go: the pure half of ``WorkloadPlanner``.
enum ReplicaPlan {
    /// Compares what is wanted with what is there.
    ///
    /// New replicas are added before old ones go: an old one leaves for each new one that is ready, so a rollout never
    /// has less than the wanted number that can serve, and a generation that never gets ready takes nothing away. While old
    /// ones serve, there are a fifth more than wanted at most, and one more at least.
    ///
    /// Replicas on lost hosts count for nothing; what to do about them follows from what could be placed
    /// (``forgotten(_:_:lost:placed:)``). Those on hosts that are to be left are old ones.
    static func actions(
        _ target: WorkloadTarget, _ replicas: [ReplicaRow], lost hosts: Set<HostID> = [], left: Set<HostID> = []
    ) -> [ReplicaAction] {
        let active = replicas.filter { $0.desired == .run && !hosts.contains($0.host) }
        func isCurrent(_ replica: ReplicaRow) -> Bool {
            replica.generation == target.generation && !left.contains(replica.host)
        }
        let current = active.filter(isCurrent)
        let old = active.filter { !isCurrent($0) }
        let ready = current.count { $0.phase == .ready }
        let serving = min(old.count { $0.phase == .ready }, max(0, target.wanted - ready))
        let room = target.wanted + surge(of: target.wanted) - serving - current.count
        let missing = min(target.wanted - current.count, serving == 0 ? .max : room)
        var actions = Array(
            repeating: ReplicaAction.create(generation: target.generation), count: max(0, missing))
        actions += surplus(of: current, keeping: target.wanted).map { .drain($0.id) }
        actions += surplus(of: old, keeping: max(0, target.wanted - ready)).map { .drain($0.id) }
        return actions
    }

    /// Replicas on lost hosts that nobody waits for any more: those that are more than what is missing although so many were
    /// placed. The others are kept, in case their host comes back before another one does.
    static func forgotten(
        _ target: WorkloadTarget, _ replicas: [ReplicaRow], lost hosts: Set<HostID>, placed: Int
    ) -> [ReplicaRow] {
        let lost = replicas.filter { hosts.contains($0.host) }
        let present = replicas.count {
            $0.desired == .run && $0.generation == target.generation && !hosts.contains($0.host)
        }
        let missing = max(0, target.wanted - present - placed)
        let waiting = surplus(of: lost.filter { $0.desired == .run }, keeping: missing)
        return lost.filter { $0.desired != .run } + waiting
    }

    /// Replicas that a rollout may have beyond the wanted number: what quotas reserve for it.
    private static func surge(of wanted: Int) -> Int { max(1, (wanted + 4) / 5) }

    /// Which replicas go when only so many stay: the least far on the way to ready first, then the youngest.
    private static func surplus(of replicas: [ReplicaRow], keeping count: Int) -> ArraySlice<ReplicaRow> {
        let ranked = replicas.enumerated().sorted { first, second in
            let (one, other) = (first.element.phase.progress, second.element.phase.progress)
            return one == other ? first.offset < second.offset : one > other
        }
        return ranked.map(\.element).dropFirst(count)
    }
}
