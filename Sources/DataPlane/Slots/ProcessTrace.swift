import Foundation

/// What `/proc` tells of a process, proc_pid_stat(5).
enum ProcessTrace {
    /// When the process started, in clock ticks since boot; 0 if it is not there.
    static func startTicks(of pid: Int32) -> UInt64 { read(pid)?.startTicks ?? 0 }

    /// Whether the process that started then has ended and has closed everything it had open.
    static func isGone(_ pid: Int32, startTicks: UInt64) -> Bool {
        guard let present = read(pid) else { return true }
        return present.startTicks != startTicks || present.hasEnded
    }

    private static func read(_ pid: Int32) -> (startTicks: UInt64, hasEnded: Bool)? {
        guard let line = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            // The program's name stands in parentheses and may contain anything.
            let nameEnd = line.lastIndex(of: ")")
        else { return nil }
        let fields = line[line.index(after: nameEnd)...].split(separator: " ")
        guard fields.count > 19, let startTicks = UInt64(fields[19]) else { return nil }
        // A first thread that has ended shows as a zombie while others go on.
        let hasEnded = fields[0] == "X" || fields[0] == "Z" && fields[17] == "1"
        return (startTicks, hasEnded)
    }
}
