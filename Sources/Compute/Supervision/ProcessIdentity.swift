import Foundation
import Glibc

/// A process that can be told from a later one with the same id: the id plus its start time.
package struct ProcessIdentity: Sendable, Hashable, Codable {
    package var pid: Int32
    /// Start time in clock ticks since boot (field 22 of `/proc/{pid}/stat`).
    package var startTicks: Int64

    package init(pid: Int32, startTicks: Int64) {
        (self.pid, self.startTicks) = (pid, startTicks)
    }

    /// The process that has this id now, dead but unreaped ones included; nil when there is none.
    package init?(pid: Int32) {
        guard let stat = ProcessStat.read(pid: pid) else { return nil }
        self.init(pid: pid, startTicks: stat.startTicks)
    }

    /// Whether the process still executes. A zombie, and another process that took over the id, do not count.
    package var isAlive: Bool {
        guard let stat = ProcessStat.read(pid: pid) else { return false }
        return stat.startTicks == startTicks && !stat.isDead
    }

    /// Sends a signal to this process only, unless it is gone.
    package func signal(_ number: Int32) {
        guard isAlive else { return }
        _ = kill(pid, number)
    }
}

/// The fields of `/proc/{pid}/stat` that supervision looks at (proc_pid_stat(5)).
struct ProcessStat: Sendable, Equatable {
    var pid: Int32
    var state: Character
    var parent: Int32
    var group: Int32
    var session: Int32
    var threads: Int32
    var startTicks: Int64
    /// CPU time of the process, in clock ticks, and its resident memory, in pages.
    var cpuTicks: Int64
    var residentPages: Int64

    /// A leader whose main thread has ended shows as a zombie while other threads still run: that one lives.
    var isDead: Bool { (state == "Z" && threads <= 1) || state == "X" || state == "x" }

    static func read(pid: Int32) -> ProcessStat? {
        // A process that is gone, and one that ends while it is read, both mean "none".
        guard let data = try? Data(contentsOf: URL(filePath: "/proc/\(pid)/stat")) else { return nil }
        return ProcessStat(String(decoding: data, as: UTF8.self))
    }

    /// Parses one line. The command name, in parentheses, may hold spaces and parentheses: the last one ends it.
    init?(_ line: String) {
        guard let nameEnd = line.lastIndex(of: ")"), let nameStart = line.firstIndex(of: "("),
            let pid = Int32(line[..<nameStart].trimmingCharacters(in: .whitespaces))
        else { return nil }
        let fields = line[line.index(after: nameEnd)...].split(separator: " ")
        guard fields.count > 21, let state = fields[0].first, let parent = Int32(fields[1]),
            let group = Int32(fields[2]), let session = Int32(fields[3]), let threads = Int32(fields[17]),
            let startTicks = Int64(fields[19]), let user = Int64(fields[11]), let system = Int64(fields[12]),
            let pages = Int64(fields[21])
        else { return nil }
        (self.pid, self.state, self.parent, self.group) = (pid, state, parent, group)
        (self.session, self.threads, self.startTicks) = (session, threads, startTicks)
        cpuTicks = user + system
        residentPages = pages
    }
}
