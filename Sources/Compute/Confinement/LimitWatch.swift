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
        var looks: [String: ContinuousClock.Instant] = [:]
    }

    private let state = Mutex(State())

    /// How old a look at `/proc` may be.
    private static let pace = Duration.milliseconds(300)
    /// How often folders are measured while the disk does not fill.
    private static let diskPace = Duration.seconds(10)
    /// So much less room on the disk is a reason to measure at once.
    private static let suspiciousBytes: Int64 = 64 << 20

    /// How often one is looked at. The first look counts from when it was asked for, so that no start waits for it.
    private static let lookPace = Duration.milliseconds(400)

    private func isDue(_ folders: WatchedFolders) -> Bool {
        state.withLock { state in
            let now = ContinuousClock.now
            guard let last = state.looks[folders.name] else {
                state.looks[folders.name] = now
                return false
            }
            guard last.duration(to: now) >= Self.lookPace else { return false }
            state.looks[folders.name] = now
            return true
        }
    }

    /// What a replica uses too much of, in words for the owner of its deployment; nil while it keeps within its limits.
    func excess(of process: ProcessIdentity, _ limits: Confinement.Limits, in folders: WatchedFolders) async -> String?
    {
        let members = census().tree(of: process)
        let threads = members.reduce(0) { $0 + Int($1.threads) }
        if threads >= limits.processes {
            return "it ran \(threads) processes and threads, its limit is \(limits.processes)"
        }
        if limits.memoryBytes > 0, let used = Self.memory(of: members, above: limits.memoryBytes) {
            return "it used \(Self.text(used)) of memory, its limit is \(Self.text(limits.memoryBytes))"
        }
        guard isDiskDue(folders) else { return nil }
        let used = await Self.disk(of: folders) + Self.unlinked(members, on: folders)
        noteDisk(folders)
        guard used > limits.diskBytes else { return nil }
        return "its files took \(Self.text(used)) of disk, its limit is \(Self.text(limits.diskBytes))"
    }

    func forget(_ name: String) {
        state.withLock { state in
            state.disks[name] = nil
            state.looks[name] = nil
        }
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

    /// Memory of the processes together when it is above the limit. Pages that they share are counted once: that is dear to
    /// find out, so only where the plain sum is too high.
    private static func memory(of members: [ProcessStat], above limit: Int64) -> Int64? {
        let pageBytes = Int64(sysconf(Int32(_SC_PAGESIZE)))
        guard members.reduce(0, { $0 + $1.residentPages }) * pageBytes > limit else { return nil }
        let used = members.reduce(Int64(0)) { $0 + (proportion(of: $1.pid) ?? $1.residentPages * pageBytes) }
        return used > limit ? used : nil
    }

    /// `Pss` of proc_pid_smaps(5), in bytes.
    private static func proportion(of pid: Int32) -> Int64? {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/smaps_rollup", encoding: .utf8) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix("Pss:") }
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
        var status = statvfs()
        guard statvfs(folders.notes.path(percentEncoded: false), &status) == 0 else { return 0 }
        return Int64(clamping: status.f_bavail) * Int64(clamping: status.f_frsize)
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
        var place = stat()
        guard stat(folders.notes.path(percentEncoded: false), &place) == 0 else { return 0 }
        var blocks: [ino_t: Int64] = [:]
        for member in members {
            let descriptors = "/proc/\(member.pid)/fd"
            // A process that ended meanwhile has none.
            for name in (try? FileManager.default.contentsOfDirectory(atPath: descriptors)) ?? [] {
                var file = stat()
                guard stat("\(descriptors)/\(name)", &file) == 0, file.st_dev == place.st_dev, file.st_nlink == 0 else {
                    continue
                }
                blocks[file.st_ino] = Int64(file.st_blocks)
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
