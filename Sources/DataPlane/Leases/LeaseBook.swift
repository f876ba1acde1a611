/// Who has which slots, as a coordinator knows it: pure, over the reports of the hosts and the time at which they came.
///
/// - A slot is granted only while no host has it. What a host has is what it said last and what it was granted since;
///   an agent heeds the response to its last report only, so what a lost response granted is free again with the next report.
/// - Nothing is granted unless every host has told a moment ago what it has: an old coordinator, whose hosts have turned to
///   a new one, cannot know any more. Nor is a silent host taken for gone: which hosts are is said by the table.
/// - What a gone host had is free when its leases have ended, and the requests that they were taken for.
struct LeaseBook {
    /// How long a lease lasts on the holder's clock.
    static let ttlMs: Int64 = 5_000
    /// How long it lasts here: clocks may differ in speed, and this one counts from the report's arrival.
    private static let patienceMs = ttlMs + ttlMs / 10
    /// What a host has told is known to be so for this long.
    private static let recencyMs: Int64 = 1_000
    /// How long a host has a slot before another one that waits for it gets its turn.
    private static let turnMs: Int64 = 50

    private struct Host {
        var agent: UInt64
        var sequence: UInt64
        var heardAtMs: Int64
        /// Has nothing, and nothing more to say.
        var hasLeft: Bool
    }

    private struct Part {
        var held: Set<Int> = []
        var idle = 0
        var passing = 0
        var waiting = 0
        var grantedAtMs = -LeaseBook.turnMs

        /// What it will have when all is given up that was asked for.
        var kept: Int { held.count - passing }
        /// Has requests inside, or waiting.
        var isInDemand: Bool { waiting > 0 || held.count > idle }
    }

    private struct Replica {
        var limit = 0
        var timeoutMs = 0
        var generation: Int64 = 0
        var parts: [String: Part] = [:]
        /// Slots of hosts that are gone, until they are certainly free.
        var blocked: [(untilMs: Int64, slots: Set<Int>)] = []
        /// The host that was granted a slot last.
        var lastGranted = ""
    }

    private var expected: Set<String> = []
    /// Hosts that are gone, and since when; those that never told what they had.
    private var gone: Set<String> = []
    private var lost: [String: Int64] = [:]
    private var hosts: [String: Host] = [:]
    private var replicas: [String: Replica] = [:]

    /// The hosts that there are, and those that were and have ended.
    mutating func expect(_ present: Set<String>, gone: Set<String>, nowMs: Int64) {
        for host in gone.subtracting(self.gone) { bury(host, nowMs: nowMs) }
        for host in self.gone.subtracting(gone) { lost[host] = nil }
        self.gone = gone
        expected = present
    }

    private mutating func bury(_ host: String, nowMs: Int64) {
        if hosts.removeValue(forKey: host) == nil { lost[host] = nowMs }
        for name in replicas.keys {
            guard var replica = replicas[name], let part = replica.parts.removeValue(forKey: host) else { continue }
            if !part.held.isEmpty {
                replica.blocked.append((nowMs + Self.patienceMs + Int64(replica.timeoutMs), part.held))
            }
            replicas[name] = replica
        }
    }

    /// Takes a report, and responds to it; `nil` for one that is older than the last.
    mutating func answer(_ report: LeaseReport, nowMs: Int64) -> LeaseReply? {
        guard expected.contains(report.host) else { return nil }
        if let known = hosts[report.host] {
            guard (known.agent, known.sequence) < (report.agent, report.sequence) else { return nil }
        }
        hosts[report.host] = Host(
            agent: report.agent, sequence: report.sequence, heardAtMs: nowMs, hasLeft: report.isLeaving)
        // Everything first: two replicas of a deployment share those that wait.
        for told in report.replicas { note(told, of: report.host, report.generation) }
        return LeaseReply(
            sequence: report.sequence, ttlMs: Int(Self.ttlMs),
            replicas: report.replicas.map { decide($0.name, report.host, nowMs: nowMs) })
    }

    private mutating func note(_ told: LeaseReport.Replica, of host: String, _ generation: Int64) {
        var replica = replicas[told.name] ?? Replica()
        if generation >= replica.generation {
            replica.generation = generation
            replica.limit = told.limit
        }
        replica.timeoutMs = max(replica.timeoutMs, told.timeoutMs)
        var part = replica.parts[host] ?? Part()
        part.held = Set(told.held)
        part.idle = told.idle
        part.passing = told.passing
        part.waiting = told.waiting
        replica.parts[host] = part
        replicas[told.name] = replica
    }

    /// Whether everything that is out is known.
    private func isComplete(_ replica: Replica, nowMs: Int64) -> Bool {
        expected.allSatisfy { host in
            hosts[host].map { $0.hasLeft || nowMs - $0.heardAtMs <= Self.recencyMs } ?? false
        }
            && lost.values.allSatisfy { nowMs >= $0 + Self.patienceMs + Int64(replica.timeoutMs) }
    }

    private mutating func decide(_ name: String, _ host: String, nowMs: Int64) -> LeaseReply.Replica {
        var answer = LeaseReply.Replica(name: name, granted: [], recalled: 0)
        guard var replica = replicas[name], var part = replica.parts[host] else { return answer }
        replica.blocked.removeAll { $0.untilMs <= nowMs }
        let others = replica.parts.filter { $0.key != host }
        let rivals = others.values.count { $0.waiting > 0 }
        let wanted = Self.wanted(
            part, replica, rivals: rivals, hosts: expected.count, isOwnTurn: replica.lastGranted != host)
        if wanted > 0, isComplete(replica, nowMs: nowMs) {
            answer.granted = Self.free(replica, upTo: wanted)
        }
        if !answer.granted.isEmpty {
            part.held.formUnion(answer.granted)
            part.idle += answer.granted.count
            part.grantedAtMs = nowMs
            replica.lastGranted = host
        } else if rivals > 0 {
            answer.recalled = Self.excess(part, replica, others: others.values.map { $0 }, nowMs: nowMs)
        }
        replica.parts[host] = part
        replicas[name] = replica
        return answer
    }

    private static func free(_ replica: Replica, upTo count: Int) -> [Int] {
        var free: [Int] = []
        for slot in 0..<replica.limit where free.count < count {
            let isTaken =
                replica.parts.values.contains { $0.held.contains(slot) }
                || replica.blocked.contains { $0.slots.contains(slot) }
            if !isTaken { free.append(slot) }
        }
        return free
    }

    /// How many slots a host should get: for those that wait, within its share if others wait as well; else an even share.
    private static func wanted(_ part: Part, _ replica: Replica, rivals: Int, hosts: Int, isOwnTurn: Bool) -> Int {
        guard part.waiting > 0 else {
            return rivals > 0 ? 0 : max(0, replica.limit / max(1, hosts) - part.kept)
        }
        guard rivals > 0 else { return part.waiting }
        let share = replica.limit / (rivals + 1)
        // What no share has is passed round.
        let mayExceed = isOwnTurn && part.kept == share ? 1 : 0
        return max(0, min(part.waiting, share - part.kept + mayExceed))
    }

    /// How many slots a host has to give up for others that wait.
    private static func excess(_ part: Part, _ replica: Replica, others: [Part], nowMs: Int64) -> Int {
        let waiting = others.reduce(0) { $0 + $1.waiting }
        guard part.isInDemand else { return min(part.kept, waiting) }
        let share = replica.limit / (1 + others.count { $0.isInDemand })
        let over = part.kept - share
        guard over > 0 else { return 0 }
        // One that is passed round stays for a turn, unless it is not used.
        if over == 1, part.idle == 0, nowMs - part.grantedAtMs < turnMs { return 0 }
        return min(over, waiting)
    }
}
