/// A deployment under a load, request by request: for replaying a recorded load against other settings, and for proving
/// what the scaler does.
///
/// Requests take a fixed time, come at random moments within each second, wait in one line, and leave it unanswered when
/// they have waited too long. Replicas are ready some time after they are ordered and leave at once.
package struct LoadSimulation: Sendable {
    package struct Model: Sendable {
        /// Time of one request inside a replica, in milliseconds.
        package var requestMs: Int64
        /// Requests that a replica takes at once.
        package var concurrency: Int
        /// Time from the order of a replica until it serves, in milliseconds.
        package var startMs: Int64
        /// Longest wait of a request, in milliseconds.
        package var longestWaitMs: Int64
        package var queueLimit: Int

        package init(
            requestMs: Int64, concurrency: Int = 1, startMs: Int64 = 2_000, longestWaitMs: Int64 = 5_000,
            queueLimit: Int = 1_000
        ) {
            (self.requestMs, self.concurrency, self.startMs) = (requestMs, concurrency, startMs)
            (self.longestWaitMs, self.queueLimit) = (longestWaitMs, queueLimit)
        }
    }

    /// A change of the number of replicas, and when.
    package struct Change: Sendable, Equatable {
        /// Milliseconds since the beginning.
        package var at: Int64
        package var decision: ScalingDecision
    }

    package struct Outcome: Sendable {
        package var changes: [Change] = []
        /// Ordered replicas at the end of each second.
        package var replicas: [Int] = []
        package var served = 0
        /// Requests that waited too long, and those that the line had no room for.
        package var timedOut = 0
        package var refused = 0
        /// Sum of the waits of served requests, in milliseconds, and the longest.
        package var waitedMs: Int64 = 0
        package var longestWaitMs: Int64 = 0
        /// Replicas times the seconds that they were ordered: what the load costs.
        package var replicaSeconds: Double = 0

        /// Changes of direction: a flapping scaler has many.
        package var reversals: Int {
            zip(changes, changes.dropFirst()).count {
                ($0.decision.to > $0.decision.from) != ($1.decision.to > $1.decision.from)
            }
        }
    }

    private static let sampleMs: Int64 = 200

    private let model: Model
    private var scaler: UtilizationScaler
    private var random: SplitMix
    private var readyAt: [Int64]
    private var endings: [Int64] = []
    private var line: [Int64] = []
    private var lineStart = 0
    private var outcome = Outcome()
    private var busyMs: Double = 0
    private var queuedMs: Double = 0
    private var arrivedSinceSample = 0

    package init(_ settings: UtilizationSettings, _ model: Model, replicas: Int, seed: UInt64 = 1) {
        self.model = model
        scaler = UtilizationScaler(settings)
        random = SplitMix(state: seed)
        readyAt = Array(repeating: 0, count: replicas)
    }

    /// Plays a load through.
    ///
    /// - Parameters:
    ///   - arrivals: requests in each second.
    ///   - isHeard: whether the routers' reports of a second arrive.
    package mutating func run(
        arrivals: some Sequence<Int>, isHeard: (Int) -> Bool = { _ in true }
    ) -> Outcome {
        var now: Int64 = 0
        for (second, count) in arrivals.enumerated() {
            let moments = (0..<count).map { _ in now + Int64(random.next() % 1_000) }.sorted()
            var next = 0
            for _ in 0..<(1_000 / Self.sampleMs) {
                let end = now + Self.sampleMs
                advance(from: now, to: end, moments, &next)
                sample(at: end, isHeard: isHeard(second))
                now = end
            }
            outcome.replicas.append(readyAt.count)
            outcome.replicaSeconds += Double(readyAt.count)
        }
        return outcome
    }

    private mutating func advance(from start: Int64, to end: Int64, _ moments: [Int64], _ next: inout Int) {
        var now = start
        while now < end {
            endings.removeAll { $0 <= now }
            while next < moments.count, moments[next] <= now {
                arrive(at: moments[next])
                next += 1
            }
            serve(at: now)
            // To the next thing that happens.
            var then = end
            for ending in endings where ending > now { then = min(then, ending) }
            if next < moments.count { then = min(then, max(now + 1, moments[next])) }
            for ready in readyAt where ready > now { then = min(then, ready) }
            busyMs += Double(endings.count) * Double(then - now)
            queuedMs += Double(line.count - lineStart) * Double(then - now)
            now = then
        }
    }

    private mutating func arrive(at now: Int64) {
        arrivedSinceSample += 1
        guard line.count - lineStart < model.queueLimit else {
            outcome.refused += 1
            return
        }
        line.append(now)
    }

    private mutating func serve(at now: Int64) {
        let slots = readyAt.count { $0 <= now } * model.concurrency
        while lineStart < line.count {
            let waited = now - line[lineStart]
            if waited > model.longestWaitMs {
                outcome.timedOut += 1
            } else {
                guard endings.count < slots else { break }
                endings.append(now + model.requestMs)
                outcome.served += 1
                outcome.waitedMs += waited
                outcome.longestWaitMs = max(outcome.longestWaitMs, waited)
            }
            lineStart += 1
        }
        if lineStart > 4_096 {
            line.removeFirst(lineStart)
            lineStart = 0
        }
    }

    private mutating func sample(at now: Int64, isHeard: Bool) {
        let span = Double(Self.sampleMs) * Double(model.concurrency)
        let offered =
            outcome.served == 0
            ? nil
            : Double(arrivedSinceSample) * Double(model.requestMs) / Double(Self.sampleMs) / Double(model.concurrency)
        let sample = LoadSample(
            at: now, busy: isHeard ? busyMs / span : 0, queued: isHeard ? queuedMs / span : 0,
            offered: isHeard ? offered : nil,
            requestSeconds: isHeard && outcome.served > 0 ? Double(model.requestMs) / 1_000 : nil, isComplete: isHeard)
        (busyMs, queuedMs, arrivedSinceSample) = (0, 0, 0)
        let ready = readyAt.count { $0 <= now }
        guard let decision = scaler.decide(sample, current: readyAt.count, ready: ready) else { return }
        outcome.changes.append(Change(at: now, decision: decision))
        if decision.to < readyAt.count {
            readyAt = Array(readyAt.sorted().prefix(decision.to))
        } else {
            let added = decision.to - readyAt.count
            readyAt += Array(repeating: now + model.startMs, count: added)
        }
    }
}

/// Sebastiano Vigna's splitmix64: the same numbers for the same seed.
private struct SplitMix: Sendable {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
