import Compute
import Foundation

/// What the kernel tells of a process.
enum ProcessFigures {
    struct Missing: Error {}

    /// Resident memory in MiB.
    static func residentMemory(_ process: ProcessIdentity) throws -> Double {
        try memory("VmRSS:", process)
    }

    /// The most resident memory that the process ever had, in MiB.
    static func peakMemory(_ process: ProcessIdentity) throws -> Double {
        try memory("VmHWM:", process)
    }

    private static func memory(_ name: String, _ process: ProcessIdentity) throws -> Double {
        let status = try String(contentsOfFile: "/proc/\(process.pid)/status", encoding: .utf8)
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(name) }),
            let kilobytes = Double(line.filter(\.isNumber))
        else { throw Missing() }
        return kilobytes / 1_024
    }

    /// Files and sockets that are open.
    static func openFiles(_ process: ProcessIdentity) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.pid)/fd").count
    }

    /// Share of one core over a time, in percent.
    static func load(of processes: [ProcessIdentity], over time: Duration) async throws -> [Double] {
        let before = try processes.map(ticks)
        let start = ContinuousClock.now
        try await Task.sleep(for: time)
        let elapsed = (ContinuousClock.now - start).inSeconds
        let perSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
        return try zip(processes, before).map { process, before in
            (try ticks(process) - before) / perSecond / elapsed * 100
        }
    }

    /// User and system time, fields 14 and 15 of `stat`.
    private static func ticks(_ process: ProcessIdentity) throws -> Double {
        let text = try String(contentsOfFile: "/proc/\(process.pid)/stat", encoding: .utf8)
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { throw Missing() }
        return user + system
    }
}
