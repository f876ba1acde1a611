/// How simulated replicas behave. The default does everything at once and without fault.
package struct SimulatedBehavior: Sendable, Equatable {
    /// Time that `prepare` takes.
    package var prepareDelay: Duration = .zero
    /// Time that `start` takes.
    package var startDelay: Duration = .zero
    /// From the start of a replica until its probes succeed, or until `init()` fails.
    package var readyAfter: Duration = .zero
    /// From the start of a replica until it dies with status 137; nil for never.
    package var crashAfter: Duration?
    package var checkFailure: ComputeError?
    package var prepareFailure: ComputeError?
    package var startFailure: ComputeError?
    /// Exception of the scoring script's `init()`, such as `ValueError: no weights`: the replica ends with status 3 and
    /// its log shows a traceback as the real server writes it.
    package var initFailure: String?
    /// The replica runs but answers no probe.
    package var isUnresponsive = false
    /// First lines of the replica's log.
    package var logLines: [String] = []
    /// Address that replicas claim to listen on; tests point it at a stub.
    package var address = "tcp:127.0.0.1:1"
    package var scoringPath = "/score"

    package init() {}
}

extension SimulatedBehavior {
    /// Variable of a deployment that overrides the behavior of its replicas.
    package static let variable = "SLUICE_SIMULATE"

    /// Applies words separated by commas, such as `ready-after=2s,unresponsive`.
    ///
    /// Words: `fail-check`, `fail-prepare`, `fail-start`, `fail-init`, `unresponsive`; with a duration (`200ms`, `2s`,
    /// `1m`): `prepare-delay`, `start-delay`, `ready-after`, `crash-after`; with a text: `log`, `address`. Throws
    /// `.unsupported` naming a word that is none of these.
    package mutating func apply(_ words: String) throws(ComputeError) {
        for word in words.split(separator: ",") {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = parts[0].trimmed
            let value = parts.count > 1 ? parts[1].trimmed : nil
            guard applyFailure(name) || applyText(name, value) || applyDuration(name, value) else {
                throw ComputeError(.unsupported, "\(SimulatedBehavior.variable): \"\(word.trimmed)\" is not understood")
            }
        }
    }

    private mutating func applyFailure(_ name: String) -> Bool {
        switch name {
        case "fail-check": checkFailure = ComputeError(.unsupported, "simulated: never runs here")
        case "fail-prepare":
            prepareFailure = ComputeError(
                .environmentBuildFailed, "simulated: no such package", log: "simulated installer log")
        case "fail-start": startFailure = ComputeError(.exhausted, "simulated: no memory left")
        case "fail-init": initFailure = "ValueError: simulated failure of init()"
        case "unresponsive": isUnresponsive = true
        default: return false
        }
        return true
    }

    private mutating func applyText(_ name: String, _ value: String?) -> Bool {
        guard let value else { return false }
        switch name {
        case "log": logLines.append(value)
        case "address": address = value
        default: return false
        }
        return true
    }

    private mutating func applyDuration(_ name: String, _ value: String?) -> Bool {
        guard let duration = value.flatMap(Duration.init(simulated:)) else { return false }
        switch name {
        case "prepare-delay": prepareDelay = duration
        case "start-delay": startDelay = duration
        case "ready-after": readyAfter = duration
        case "crash-after": crashAfter = duration
        default: return false
        }
        return true
    }
}

extension Duration {
    /// `200ms`, `2s`, `1.5s`, `1m`.
    fileprivate init?(simulated text: String) {
        let unit = text.drop { $0.isNumber || $0 == "." }
        guard let number = Double(text.dropLast(unit.count)), number >= 0, number < 1e9 else { return nil }
        switch unit {
        case "ms": self = .milliseconds(number)
        case "s": self = .seconds(number)
        case "m": self = .seconds(number * 60)
        default: return nil
        }
    }
}

extension Substring {
    fileprivate var trimmed: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
