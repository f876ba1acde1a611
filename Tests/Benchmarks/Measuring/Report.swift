import Foundation

/// One line of the report.
struct Figure: Sendable {
    var name: String
    var measured: String
    /// As the design states it; nil for what only explains another line.
    var goal: String?
    var isMet: Bool?

    init(_ name: String, _ measured: String, goal: String? = nil, isMet: Bool? = nil) {
        (self.name, self.measured, self.goal, self.isMet) = (name, measured, goal, isMet)
    }

    /// Latencies with a limit for the 99th percentile, in milliseconds.
    init(_ name: String, _ samples: Samples, p99Below limit: Double? = nil) {
        self.init(
            name, samples.text, goal: limit.map { "p99 < \($0.short) ms" }, isMet: limit.map { samples.p99 < $0 })
    }
}

/// The table of one section.
struct Report {
    private let figures: [Figure]

    init(_ figures: [Figure]) {
        self.figures = figures
    }

    func text(load: String) -> String {
        let rows =
            [["", "measured", "goal", ""]]
            + figures.map { [$0.name, $0.measured, $0.goal ?? "", $0.isMet.map { $0 ? "met" : "MISSED" } ?? ""] }
        let widths = (0..<4).map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
        }
        return "\(ProcessInfo.processInfo.activeProcessorCount) cores, \(load)\n" + lines.joined(separator: "\n") + "\n"
    }
}

/// What is told while it runs.
enum Progress {
    static func say(_ text: String) {
        FileHandle.standardError.write(Data("\(text)\n".utf8))
    }
}

/// How busy the machine is: figures of a busy one say little.
enum SystemLoad {
    /// Over the last minute.
    static var average: String {
        // Without /proc nothing is known.
        let text = (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8)) ?? ""
        return text.split(separator: " ").first.map(String.init) ?? "unknown"
    }
}
