/// What a deployment's replicas had to do at one moment, over all routers. Loads are in replicas: a replica whose
/// `maxConcurrentRequestsPerInstance` requests are all inside counts 1.
package struct LoadSample: Sendable, Equatable {
    /// Milliseconds on any clock that only goes forward.
    package var at: Int64
    /// Replicas that are busy, meant over the time since the sample before.
    package var busy: Double
    /// Requests that wait for a replica, meant over the same time and divided by how many a replica takes at once.
    package var queued: Double
    /// Replicas that the requests which arrived would keep busy, were there enough of them; nil while nobody knows how
    /// long a request takes.
    package var offered: Double?
    /// How long a request takes inside a replica, in seconds; nil while nobody knows.
    package var requestSeconds: Double?
    /// Whether every router that may have had requests was heard.
    package var isComplete: Bool

    package init(
        at: Int64, busy: Double, queued: Double, offered: Double? = nil, requestSeconds: Double? = nil,
        isComplete: Bool = true
    ) {
        (self.at, self.busy, self.queued, self.offered) = (at, busy, queued, offered)
        (self.requestSeconds, self.isComplete) = (requestSeconds, isComplete)
    }

    /// The numerator of the utilization.
    package var load: Double { busy + queued }
}

/// The loads of the last second, and the peak of each second before it.
package struct LoadWindow: Sendable, Equatable {
    private struct Second: Sendable, Equatable {
        var start: Int64
        var peak: Double
        var isComplete: Bool
    }

    /// How long a mean is taken over: long enough to even out single requests, short enough to decide within a second.
    package static let meanSpan: Int64 = 1_000
    /// A gap between samples beyond which the time before it is not known.
    private static let longestGap: Int64 = 3_000

    private let span: Int64
    private var recent: [LoadSample] = []
    private var seconds: [Second] = []
    private var coveredSince: Int64?

    /// - Parameter span: how far back peaks are kept, in milliseconds.
    package init(span: Int64) {
        self.span = span
    }

    package mutating func add(_ sample: LoadSample) {
        if let last = recent.last {
            guard sample.at > last.at else { return }
            if sample.at - last.at > Self.longestGap { self = LoadWindow(span: span) }
        }
        coveredSince = coveredSince ?? sample.at
        recent.removeAll { $0.at <= sample.at - Self.meanSpan }
        recent.append(sample)
        let start = sample.at - sample.at % 1_000
        if seconds.last?.start == start {
            seconds[seconds.count - 1].peak = max(seconds[seconds.count - 1].peak, load)
            seconds[seconds.count - 1].isComplete = seconds[seconds.count - 1].isComplete && sample.isComplete
        } else {
            seconds.append(Second(start: start, peak: load, isComplete: sample.isComplete))
            seconds.removeAll { $0.start < sample.at - span - 1_000 }
        }
    }

    /// Mean load of the last second; 0 before the first sample.
    package var load: Double { mean(\.load) }
    package var busy: Double { mean(\.busy) }
    package var queued: Double { mean(\.queued) }

    /// Mean of ``LoadSample/offered``; nil while it is not known.
    package var offered: Double? {
        let known = recent.compactMap(\.offered)
        return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
    }

    /// The newest ``LoadSample/requestSeconds``.
    package var requestSeconds: Double? { recent.last(where: { $0.requestSeconds != nil })?.requestSeconds }

    private func mean(_ value: KeyPath<LoadSample, Double>) -> Double {
        recent.isEmpty ? 0 : recent.reduce(0) { $0 + $1[keyPath: value] } / Double(recent.count)
    }

    /// Highest load of the last `duration` milliseconds; nil unless all of them were watched, with every router heard.
    package func peak(of duration: Int64, until now: Int64) -> Double? {
        guard let coveredSince, coveredSince <= now - duration else { return nil }
        var peak = 0.0
        for second in seconds.reversed() {
            guard second.start + 1_000 > now - duration else { break }
            guard second.isComplete else { return nil }
            peak = max(peak, second.peak)
        }
        return peak
    }
}
