import Synchronization

/// Durations in milliseconds, and what they look like together.
struct Samples: Sendable {
    private(set) var values: [Double] = []

    mutating func add(_ milliseconds: Double) {
        values.append(milliseconds)
    }

    mutating func add(_ duration: Duration) {
        add(duration.inMilliseconds)
    }

    /// The value that `share` of the samples do not exceed (nearest rank).
    func percentile(_ share: Double) -> Double {
        guard !values.isEmpty else { return .nan }
        let rank = (share * Double(values.count)).rounded(.up)
        return values.sorted()[min(values.count - 1, max(0, Int(rank) - 1))]
    }

    var p50: Double { percentile(0.5) }
    var p99: Double { percentile(0.99) }
    var largest: Double { values.max() ?? .nan }

    /// `p50 1.2 · p99 3.4 · max 5.6 ms (n = 300)`
    var text: String {
        "p50 \(p50.short) · p99 \(p99.short) · max \(largest.short) ms (n = \(values.count))"
    }
}

/// Samples that many tasks add to.
final class SharedSamples: Sendable {
    private let samples = Mutex(Samples())

    func add(_ duration: Duration) {
        samples.withLock { $0.add(duration) }
    }

    var all: Samples { samples.withLock { $0 } }
}

extension Duration {
    var inMilliseconds: Double { inSeconds * 1_000 }

    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}

extension Double {
    /// Three digits that count: `0.42`, `12.3`, `5120`.
    var short: String {
        guard isFinite else { return "–" }
        let places = abs(self) < 10 ? 2 : abs(self) < 100 ? 1 : 0
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let rounded = (self * scale).rounded() / scale
        return places == 0 ? "\(Int(rounded))" : "\(rounded)"
    }
}
