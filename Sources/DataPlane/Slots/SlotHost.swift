import CDispatch
import Foundation
import Glibc
import Synchronization

/// A router's part in the slots of its host: its members, and the entries that its table refers to.
///
/// All routers that are given the same directory share one table and keep every replica's limit together. Without a
/// directory the table is this process's alone.
final class SlotHost: Sendable {
    let table: SlotTable<SharedWords>
    /// One per loop, in loop order.
    let members: [SlotMember]
    /// Index of the loop that has a row, -1 for rows of others.
    private let loops: [Int]
    private let directory: String?
    private let entries: Mutex<SlotEntries>

    private static let allocationPlace = 0
    private static func place(row: Int) -> Int { 1 + row }
    /// Held by the router that asks for this host's leases.
    private static let agentPlace = 1 + SlotLayout.memberLimit

    /// Opens the table in `directory`, which is made if it is not there, and joins it.
    init(directory: String?, loopCount: Int, layout: SlotLayout = SlotLayout()) throws {
        self.directory = directory
        let memory: SharedWords
        if let directory {
            try Self.prepare(directory)
            memory = try SharedWords(path: try Self.file(in: directory), count: layout.wordCount)
        } else {
            memory = try SharedWords(count: layout.wordCount)
        }
        let table = SlotTable(memory: memory, layout: layout)
        self.table = table
        var members: [SlotMember] = []
        memory.holdWaiting(place: Self.allocationPlace)
        defer { memory.letGo(place: Self.allocationPlace) }
        while members.count < loopCount {
            members.append(try Self.join(table, directory, after: members.last?.row ?? -1))
        }
        self.members = members
        var loops = Array(repeating: -1, count: SlotLayout.memberLimit)
        for (index, member) in members.enumerated() { loops[member.row] = index }
        self.loops = loops
        entries = Mutex(SlotEntries(table: table, bit: members.first?.bit ?? 1))
    }

    /// Nobody but the account of the routers may write slots.
    private static func prepare(_ directory: String) throws {
        if mkdir(directory, 0o700) != 0, errno != EEXIST { throw SystemError("mkdir \(directory)") }
        var status = stat()
        guard lstat(directory, &status) == 0 else { throw SystemError("stat \(directory)") }
        guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(), status.st_mode & 0o022 == 0 else {
            throw ConfigurationFault(
                key: "slots", "names a directory that is not this account's alone: \(directory)")
        }
    }

    /// The file of this version and of this start of the system: what an earlier start has left means nothing any more.
    private static func file(in directory: String) throws -> String {
        let boot = try String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8).prefix(8)
        for name in try FileManager.default.contentsOfDirectory(atPath: directory)
        where name.hasPrefix("slots-") && !name.hasSuffix(boot) {
            unlink("\(directory)/\(name)")
        }
        return "\(directory)/slots-\(SlotLayout.version)-\(boot)"
    }

    /// Takes a free row, burying the member that had it last if nobody has done so yet.
    private static func join(_ table: SlotTable<SharedWords>, _ directory: String?, after last: Int) throws
        -> SlotMember
    {
        for row in last + 1..<SlotLayout.memberLimit where table.memory.hold(place: place(row: row)) {
            if table.memory.load(SlotLayout.membersWord) & 1 << UInt64(row) != 0 {
                table.bury(row: row, nowMs: MonotonicTime.now.milliseconds)
            }
            let generation = table.memory.load(SlotLayout.generationWord(row: row)) &+ 1
            table.memory.store(generation, at: SlotLayout.generationWord(row: row))
            table.memory.store(0, at: SlotLayout.rungWord(row: row))
            table.memory.store(UInt64(getpid()), at: SlotLayout.processWord(row: row))
            table.memory.store(ProcessTrace.startTicks(of: getpid()), at: SlotLayout.startTicksWord(row: row))
            table.memory.store(0, at: SlotLayout.servedTableWord(row: row))
            let bell = try directory.map { directory throws(SystemError) in try Bell(path: bellPath(directory, row)) }
            table.memory.set(1 << UInt64(row), at: SlotLayout.membersWord)
            return SlotMember(row: row, owner: SlotWord.owner(row: row, generation: generation), bell: bell)
        }
        throw ConfigurationFault(key: "slots", "names a table that \(SlotLayout.memberLimit) loops use already")
    }

    private static func bellPath(_ directory: String, _ row: Int) -> String { "\(directory)/bell-\(row)" }

    /// Whether other processes may use the table too.
    var isShared: Bool { directory != nil }

    // MARK: Entries

    /// The slots of a replica; the same for everyone who gives the same name.
    ///
    /// - Throws: ``SlotsExhausted``
    func replica(
        _ name: SlotName, address: SocketAddress, limit: Int, timeoutMs: Int, isLeased: Bool = false
    ) throws(SlotsExhausted) -> ReplicaSlots {
        let entry = try withAllocation { entries throws(SlotsExhausted) in
            try entries.replica(name, address: address, limit: limit, timeoutMs: timeoutMs, isLeased: isLeased)
        }
        return ReplicaSlots(entry: entry, host: self)
    }

    /// Makes room for a replica's limit, and has its slots kept in quarantine for as long as its longest request.
    func adjust(_ slots: ReplicaSlots, limit: Int, timeoutMs: Int, isLeased: Bool = false) throws(SlotsExhausted) {
        _ = try withAllocation { entries throws(SlotsExhausted) in
            try entries.adjust(slots.entry, limit: limit, timeoutMs: timeoutMs, isLeased: isLeased)
            return slots.entry
        }
    }

    func deployment(_ name: SlotName) throws(SlotsExhausted) -> DeploymentSlots {
        let entry = try withAllocation { entries throws(SlotsExhausted) in try entries.deployment(name) }
        return DeploymentSlots(entry: entry, host: self)
    }

    fileprivate func releaseReplica(_ entry: Int) { entries.withLock { $0.releaseReplica(entry) } }
    fileprivate func releaseDeployment(_ entry: Int) { entries.withLock { $0.releaseDeployment(entry) } }

    /// Runs `body` as the only one on this host that makes or reuses entries.
    private func withAllocation(_ body: (inout SlotEntries) throws(SlotsExhausted) -> Int) throws(SlotsExhausted) -> Int
    {
        let outcome = entries.withLock { entries -> Result<Int, SlotsExhausted> in
            table.memory.holdWaiting(place: Self.allocationPlace)
            defer { table.memory.letGo(place: Self.allocationPlace) }
            return Result { () throws(SlotsExhausted) in try body(&entries) }
        }
        return try outcome.get()
    }

    // MARK: Members

    /// The loop of this router that has a row, `nil` if it is another router's.
    func loop(ofRow row: Int) -> Int? {
        let loop = loops[row]
        return loop < 0 ? nil : loop
    }

    /// Rings a member of another router.
    func ring(row: Int, nowMs: Int64) {
        guard let directory, table.ring(row: row, nowMs: nowMs) else { return }
        members.first?.bell?.ring(Self.bellPath(directory, row))
    }

    private func ringEveryone(_ ringLoop: (Int) -> Void) {
        let present = table.memory.load(SlotLayout.membersWord)
        for row in 0..<SlotLayout.memberLimit where present & 1 << UInt64(row) != 0 {
            if let loop = loop(ofRow: row) {
                ringLoop(loop)
            } else {
                ring(row: row, nowMs: MonotonicTime.now.milliseconds)
            }
        }
    }

    /// Buries members whose process has ended, and ends quarantines. To be called from time to time, by one at a time.
    ///
    /// - Parameter ringLoop: tells a loop of this router that slots may be free.
    func reap(ringLoop: (Int) -> Void) {
        let nowMs = MonotonicTime.now.milliseconds
        var hasFreed = buryTheDead(nowMs: nowMs)
        if table.endQuarantine(nowMs: nowMs, left: { self.orphans($0) }) { hasFreed = true }
        if hasFreed { ringEveryone(ringLoop) }
    }

    private func buryTheDead(nowMs: Int64) -> Bool {
        let present = table.memory.load(SlotLayout.membersWord)
        var hasBuried = false
        for row in 0..<SlotLayout.memberLimit where present & 1 << UInt64(row) != 0 && loops[row] < 0 {
            guard table.memory.hold(place: Self.place(row: row)) else { continue }
            defer { table.memory.letGo(place: Self.place(row: row)) }
            let isMember = table.memory.load(SlotLayout.membersWord) & 1 << UInt64(row) != 0
            // The lock falls at the beginning of the end; only when the process is gone are its connections closed.
            let pid = Int32(truncatingIfNeeded: table.memory.load(SlotLayout.processWord(row: row)))
            let startTicks = table.memory.load(SlotLayout.startTicksWord(row: row))
            guard isMember, ProcessTrace.isGone(pid, startTicks: startTicks) else { continue }
            table.bury(row: row, nowMs: nowMs)
            hasBuried = true
        }
        return hasBuried
    }

    /// Connections that a replica of this host holds though their router is dead, or has closed them.
    private func orphans(_ entry: Int) -> Int? {
        entries.withLock { $0.address(of: entry) }?.orphanedConnections
    }

    /// Whether this host has no other router.
    var isAlone: Bool {
        members.reduce(table.memory.load(SlotLayout.membersWord)) { $0 & ~$1.bit } == 0
    }

    /// Writes down which routing table this router serves, and returns the newest one that any router of the host serves.
    func compareTables(serving generation: Int64) -> Int64 {
        for member in members {
            table.memory.store(UInt64(clamping: generation), at: SlotLayout.servedTableWord(row: member.row))
        }
        let present = table.memory.load(SlotLayout.membersWord)
        return (0..<SlotLayout.memberLimit).reduce(generation) { newest, row in
            guard present & 1 << UInt64(row) != 0 else { return newest }
            return max(newest, Int64(clamping: table.memory.load(SlotLayout.servedTableWord(row: row))))
        }
    }

    /// Becomes the router that asks for this host's leases; `nil` while another one is.
    ///
    /// The number it gets is higher than that of any agent of this host before, those before a restart of the host
    /// included as long as its clock does not go back.
    func becomeAgent() -> UInt64? {
        guard table.memory.hold(place: Self.agentPlace) else { return nil }
        let last = table.memory.load(SlotLayout.agentWord)
        let number = max(last + 1, UInt64(clamping: WallClock.microseconds))
        table.memory.store(number, at: SlotLayout.agentWord)
        return number
    }

    func leaveAgency() { table.memory.letGo(place: Self.agentPlace) }

    /// Tells everybody who waits that there are slots to be had.
    func slotsCame(ringLoop: (Int) -> Void) { ringEveryone(ringLoop) }

    /// Leaves the table; what the members still have taken goes into quarantine. They must not be used any more.
    func leave() {
        for member in members {
            table.bury(row: member.row, nowMs: MonotonicTime.now.milliseconds)
            table.memory.letGo(place: Self.place(row: member.row))
            if let directory { unlink(Self.bellPath(directory, member.row)) }
        }
        ringEveryone { _ in }
    }
}

/// A loop's part in a slot table.
struct SlotMember: Sendable {
    let row: Int
    /// What stands in the slots that it has taken.
    let owner: UInt64
    let bell: Bell?

    var bit: UInt64 { 1 << UInt64(row) }
}

/// A replica's entry, for as long as this process refers to it.
package final class ReplicaSlots: Sendable {
    let entry: Int
    private let host: SlotHost

    fileprivate init(entry: Int, host: SlotHost) {
        (self.entry, self.host) = (entry, host)
    }

    deinit { host.releaseReplica(entry) }

    /// Requests inside the replica, over all routers that share the slots.
    package var inside: Int { host.table.inside(entry) }
}

/// A deployment's entry, for as long as this process refers to it.
final class DeploymentSlots: Sendable {
    let entry: Int
    private let host: SlotHost

    fileprivate init(entry: Int, host: SlotHost) {
        (self.entry, self.host) = (entry, host)
    }

    deinit { host.releaseDeployment(entry) }
}

/// The table has no room for another entry, or for the slots of one.
struct SlotsExhausted: Error, Equatable, CustomStringConvertible {
    let description: String
}
