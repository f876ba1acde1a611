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

    /// Every process of the host, as far as `/proc` shows them.
    static func snapshot() -> [ProcessStat] {
        // Without /proc nothing can be found; the caller then sees an empty tree.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.compactMap { ProcessStat.read(pid: $0) }
    }
}

/// One look at all processes of the host, for many questions.
struct ProcessCensus: Sendable {
    private let processes: [ProcessStat]
    /// Places in `processes`, by parent.
    private let children: [Int32: [Int]]
    /// By session, and by group where that is another.
    private let related: [Int32: [Int]]

    init(_ all: [ProcessStat]) {
        processes = all.filter { !$0.isDead }
        children = Dictionary(grouping: processes.indices) { [processes] in processes[$0].parent }
        var related: [Int32: [Int]] = [:]
        for (index, process) in processes.enumerated() {
            for id in Set([process.session, process.group]) { related[id, default: []].append(index) }
        }
        self.related = related
    }

    static func take() -> ProcessCensus { ProcessCensus(ProcessTree.snapshot()) }

    /// The living processes of a leader: its session and group, and all that descends from those.
    ///
    /// What a confined process leaves behind descends from its leader still, for it is inherited within the sandbox.
    func tree(of leader: ProcessIdentity) -> [ProcessStat] {
        var open = (related[leader.pid] ?? []).filter { processes[$0].startTicks >= leader.startTicks }
        var found = Set(open)
        while let index = open.popLast() {
            for child in children[processes[index].pid] ?? [] where found.insert(child).inserted { open.append(child) }
        }
        return found.map { processes[$0] }
    }
}
