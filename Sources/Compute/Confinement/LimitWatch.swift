import Foundation
import Glibc
import Resources
import Synchronization

/// What foreign code has on disk, and where the result of measuring it may be kept, out of its reach.
struct WatchedFolders: Sendable {
    var name: String
    var own: [URL]
    var notes: URL
}

/// Sees that a replica keeps within its limits on memory, processes and disk, where the kernel does not see to it.
///
/// Looking is cheap and asked for often: all replicas of a host share one look at `/proc`, and folders are measured only
/// from time to time, or when the disk fills quickly.
final class LimitWatch: Sendable {
    private struct Measure {
        var measuredAt: ContinuousClock.Instant
        var freeBytes: Int64
    }

    private struct State {
        var takenAt: ContinuousClock.Instant?
        var census = ProcessCensus([])
        var disks: [String: Measure] = [:]
    }

    private let state = Mutex(State())

    /// How old a look at `/proc` may be.
    private static let pace = Duration.milliseconds(300)
    /// How often folders are measured while the disk does not fill.
    private static let diskPace = Duration.seconds(10)
    /// So much less room on the disk is a reason to measure at once.
    private static let suspiciousBytes: Int64 = 64 << 20

    /// What a replica uses too much of, in words for the owner of its deployment; nil while it keeps within its limits.
    func excess(of process: ProcessIdentity, _ limits: Confinement.Limits, in folders: WatchedFolders) async -> String?
    {
        let members = census().tree(of: process)
        let threads = members.reduce(0) { $0 + Int($1.threads) }
        if threads >= limits.processes {
            return "it ran \(threads) processes and threads, its limit is \(limits.processes)"
        }
        if limits.memoryBytes > 0, let used = Self.memory(of: members, above: limits.memoryBytes, folders) {
            return "it used \(Self.text(used)) of memory, its limit is \(Self.text(limits.memoryBytes))"
        }
        guard isDiskDue(folders) else { return nil }
        let used = await Self.disk(of: folders) + Self.unlinked(members, on: folders)
        noteDisk(folders)
        guard used > limits.diskBytes else { return nil }
        return "its files took \(Self.text(used)) of disk, its limit is \(Self.text(limits.diskBytes))"
    }

    func forget(_ name: String) {
        state.withLock { $0.disks[name] = nil }
    }

    private func census() -> ProcessCensus {
        state.withLock { state in
            let now = ContinuousClock.now
            if let takenAt = state.takenAt, takenAt.duration(to: now) < Self.pace { return state.census }
            state.census = ProcessCensus.take()
            state.takenAt = now
            return state.census
        }
    }

    /// Memory of the processes together when it is above the limit. Pages that they share are counted once, and files in
    /// memory that have no name (memfd_create(2)) though nobody maps them: both is dear to find out, so only where the
    /// plain sum, or what the whole host has in such files, gives reason to.
    private static func memory(of members: [ProcessStat], above limit: Int64, _ folders: WatchedFolders) -> Int64? {
        let pageBytes = Int64(sysconf(Int32(_SC_PAGESIZE)))
        let resident = members.reduce(0) { $0 + $1.residentPages } * pageBytes
        let mayHoldFiles = field("Shmem:", of: "/proc/meminfo").map { $0 > limit / 8 } ?? true
        guard resident > limit || mayHoldFiles else { return nil }
        var own: Int64 = 0
        var shared: Int64 = 0
        for member in members {
            let file = "/proc/\(member.pid)/smaps_rollup"
            guard let all = field("Pss:", of: file) else {
                own += member.residentPages * pageBytes
                continue
            }
            let mapped = field("Pss_Shmem:", of: file) ?? 0
            own += all - mapped
            shared += mapped
        }
        // File systems in memory have no device: their number's upper part is 0.
        let disk = device(of: folders)
        let held = mayHoldFiles ? unnamedFiles(of: members) { $0 != disk && $0 >> 8 & 0xfff == 0 } : 0
        let used = own + max(shared, held)
        return used > limit ? used : nil
    }

    /// A field in kibibytes of a file of `/proc`, in bytes.
    private static func field(_ name: String, of file: String) -> Int64? {
        // A process that ended meanwhile has none.
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int64($0) }.map { $0 << 10 }
    }

    private func isDiskDue(_ folders: WatchedFolders) -> Bool {
        let free = Self.freeBytes(folders)
        return state.withLock { state in
            guard let last = state.disks[folders.name] else { return true }
            return last.measuredAt.duration(to: .now) > Self.diskPace || last.freeBytes - free > Self.suspiciousBytes
        }
    }

    private func noteDisk(_ folders: WatchedFolders) {
        let measure = Measure(measuredAt: .now, freeBytes: Self.freeBytes(folders))
        state.withLock { $0.disks[folders.name] = measure }
    }

    private static func freeBytes(_ folders: WatchedFolders) -> Int64 {
        roomOnDisk(of: folders.notes) ?? 0
    }

    /// By `du`, which no depth, link or exchange of folders misleads.
    private static func disk(of folders: WatchedFolders) async -> Int64 {
        let output = folders.notes.appending(path: "\(folders.name).disk-use")
        // The last measure; absent before the first.
        try? FileManager.default.removeItem(at: output)
        let places = folders.own.map { $0.path(percentEncoded: false) }
        let launch = ChildLaunch(
            executable: "/usr/bin/du", arguments: ["-skx", "--"] + places, environment: ["PATH": "/usr/bin:/bin"],
            workingDirectory: URL(filePath: "/"), logFile: output)
        // What can't be measured now is measured at the next look.
        _ = try? await ChildProcess.run(launch, until: .now + .seconds(60))
        let text = (try? String(contentsOf: output, encoding: .utf8)) ?? ""
        try? FileManager.default.removeItem(at: output)
        return text.split(separator: "\n").reduce(0) { sum, line in
            sum + (line.split(separator: "\t").first.flatMap { Int64($0) } ?? 0) << 10
        }
    }

    /// Files that have no name any more and take room as long as they are open.
    private static func unlinked(_ members: [ProcessStat], on folders: WatchedFolders) -> Int64 {
        let disk = device(of: folders)
        return unnamedFiles(of: members) { $0 == disk }
    }

    private static func device(of folders: WatchedFolders) -> dev_t {
        var place = stat()
        return stat(folders.notes.path(percentEncoded: false), &place) == 0 ? place.st_dev : 0
    }

    /// Bytes of the open files without a name for which `counts` holds, each once.
    private static func unnamedFiles(of members: [ProcessStat], where counts: (dev_t) -> Bool) -> Int64 {
        struct Identity: Hashable {
            var device: dev_t
            var number: ino_t
        }
        var blocks: [Identity: Int64] = [:]
        for member in members {
            let descriptors = "/proc/\(member.pid)/fd"
            // A process that ended meanwhile has none.
            for name in (try? FileManager.default.contentsOfDirectory(atPath: descriptors)) ?? [] {
                var file = stat()
                let path = "\(descriptors)/\(name)"
                guard stat(path, &file) == 0, file.st_nlink == 0, file.st_blocks > 0 else { continue }
                let identity = Identity(device: file.st_dev, number: file.st_ino)
                guard blocks[identity] == nil, counts(file.st_dev) else { continue }
                blocks[identity] = Int64(file.st_blocks)
            }
        }
        return blocks.values.reduce(0, +) * 512
    }

    /// Such as `2.1 GiB`, `300 MiB`.
    static func text(_ bytes: Int64) -> String {
        let gibibytes = Double(bytes) / Double(1 << 30)
        if gibibytes >= 1 { return "\((gibibytes * 10).rounded() / 10) GiB" }
        return "\(Int((Double(bytes) / Double(1 << 20)).rounded())) MiB"
    }
}
