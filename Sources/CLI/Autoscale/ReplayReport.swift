import Foundation
import Resources

/// A recorded load beside what other settings would have made of it.
struct ReplayReport {
    let text: String

    /// Widest bar of the chart.
    private static let width = 40

    init(_ load: RecordedLoad, _ settings: UtilizationSettings, _ requests: JSONValue?, startSeconds: Double) {
        let concurrency = min(max(1, Int(clamping: requests?["maxConcurrentRequestsPerInstance"]?.real ?? 1)), 8_000)
        let wait = requests?["requestTimeout"]?.text.flatMap { ISODuration($0) }?.milliseconds ?? 5_000
        let model = LoadSimulation.Model(
            requestMs: load.requestMs, concurrency: concurrency, startMs: Int64(startSeconds * 1_000),
            longestWaitMs: Int64(wait), queueLimit: concurrency * OnlineDeploymentRequest.instanceLimit)
        let first = settings.clamp(Int(clamping: (load.replicas.first ?? 1).rounded()))
        var simulation = LoadSimulation(settings, model, replicas: first)
        let outcome = simulation.run(arrivals: load.arrivals)
        text = ([Self.heading(load, settings)] + Self.chart(load, outcome) + Self.summary(load, outcome)).joined(
            separator: "\n")
    }

    private static func heading(_ load: RecordedLoad, _ settings: UtilizationSettings) -> String {
        "Load since \(load.start), requests of \(load.requestMs) ms, between \(settings.minimum) and "
            + "\(settings.maximum) instances at \(settings.targetPercent) %:\n\nminute  requests/s  instances then  replayed"
    }

    private static func chart(_ load: RecordedLoad, _ outcome: LoadSimulation.Outcome) -> [String] {
        let minutes = load.replicas.count
        let most = outcome.replicas.max() ?? 1
        return (0..<minutes).map { minute in
            let seconds = (minute * 60)..<min((minute + 1) * 60, load.arrivals.count)
            let rate = Double(load.arrivals[seconds].reduce(0, +)) / 60
            let replayed = outcome.replicas[seconds].max() ?? 0
            let bar = String(repeating: "█", count: most > width ? replayed * width / most : replayed)
            return column("\(minute)", 6) + column("\((rate * 10).rounded() / 10)", 12)
                + column("\(Int(load.replicas[minute].rounded()))", 16) + column("\(replayed)", 10) + "  " + bar
        }
    }

    private static func summary(_ load: RecordedLoad, _ outcome: LoadSimulation.Outcome) -> [String] {
        let then = load.replicas.reduce(0, +) / 60
        let hours = outcome.replicaSeconds / 3_600
        let mean = outcome.served > 0 ? Double(outcome.waitedMs) / Double(outcome.served) : 0
        return [
            "",
            "instance hours: \(hours.twoDigits) instead of \(then.twoDigits), in \(outcome.changes.count) changes",
            "requests: \(outcome.served) answered, \(outcome.timedOut) waited too long, \(outcome.refused) refused; "
                + "waiting \(mean.twoDigits) ms in the mean, \(outcome.longestWaitMs) ms at the longest",
        ]
    }

    private static func column(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}

extension Double {
    /// With two digits after the point at most.
    var twoDigits: String { "\((self * 100).rounded() / 100)" }
}
