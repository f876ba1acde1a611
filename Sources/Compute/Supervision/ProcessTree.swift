import Foundation

/// Who belongs to a leader: its session, its process group, and whatever descends from either.
enum ProcessTree {
    /// Living members of the tree, the leader included while it lives.
    ///
    /// `known` holds members found earlier: a grandchild in a session of its own is still found through them after
    /// its parent has died.
    static func members(
        of leader: ProcessIdentity, known: Set<ProcessIdentity> = []
    ) -> Set<ProcessIdentity> {
        members(of: leader, known: known, in: snapshot())
    }

    static func members(
        of leader: ProcessIdentity, known: Set<ProcessIdentity>, in processes: [ProcessStat]
    ) -> Set<ProcessIdentity> {
        // A leader's id is not given to anybody else while its session or group has members, so sessions and groups
        // with that id are ours unless the present owner of the id is another, younger process.
        let isOwnerReplaced = processes.contains { $0.pid == leader.pid && $0.startTicks != leader.startTicks }
        var found: Set<Int32> = []
        if !isOwnerReplaced {
            let own = processes.filter { [$0.pid, $0.group, $0.session].contains(leader.pid) }
            found = Set(own.map(\.pid))
        }
        let knownNow = processes.filter { known.contains(ProcessIdentity(pid: $0.pid, startTicks: $0.startTicks)) }
        found.formUnion(knownNow.map(\.pid))
        var grew = !found.isEmpty
        while grew {
            let children = processes.filter { found.contains($0.parent) && !found.contains($0.pid) }
            found.formUnion(children.map(\.pid))
            grew = !children.isEmpty
        }
        let living = processes.filter { found.contains($0.pid) && !$0.isDead }
        return Set(living.map { ProcessIdentity(pid: $0.pid, startTicks: $0.startTicks) })
    }

    /// CPU time in clock ticks and resident memory in pages of the trees of several leaders, from one look at `/proc`.
    ///
    /// Members are told by session and group only: what left both counts for nobody.
    static func usage(of leaders: [ProcessIdentity]) -> [ProcessIdentity: (cpuTicks: Int64, residentPages: Int64)] {
        let byPid = Dictionary(leaders.map { ($0.pid, $0) }) { first, _ in first }
        var usage: [ProcessIdentity: (cpuTicks: Int64, residentPages: Int64)] = [:]
        for process in snapshot() where !process.isDead {
            guard let leader = byPid[process.session] ?? byPid[process.group], process.startTicks >= leader.startTicks
            else { continue }
            let sum = usage[leader] ?? (0, 0)
            usage[leader] = (sum.cpuTicks + process.cpuTicks, sum.residentPages + process.residentPages)
        }
        return usage
    }

    /// Every process of the host, as far as `/proc` shows them.
    private static func snapshot() -> [ProcessStat] {
        // Without /proc nothing can be found; the caller then sees an empty tree.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.compactMap { ProcessStat.read(pid: $0) }
    }
}
