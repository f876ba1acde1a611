import Routing
import Synchronization

/// What a process knows of a deployment across table changes: who waits for it, and what it counted.
package final class DeploymentState: Sendable {
    package let endpoint: String
    let endpointBytes: [UInt8]
    package let deployment: String
    /// Who waits for the deployment, over all routers of the host.
    let slots: DeploymentSlots
    /// By the name of the deployment whose requests are copied to this one.
    private let comparisons = Mutex<[String: MirrorComparison]>([:])
    /// One per loop, in loop order.
    let loops: PerLoop<LoopDeployment>

    init(endpoint: String, deployment: String, slots: DeploymentSlots, loopCount: Int) {
        self.endpoint = endpoint
        endpointBytes = Array(endpoint.utf8)
        (self.deployment, self.slots) = (deployment, slots)
        loops = PerLoop(count: loopCount) { LoopDeployment() }
    }

    func comparison(with live: String) -> MirrorComparison {
        comparisons.withLock { comparisons in
            if let known = comparisons[live] { return known }
            let made = MirrorComparison()
            comparisons[live] = made
            return made
        }
    }

    var mirrorReports: [MirrorReport] {
        comparisons.withLock { $0 }.sorted { $0.key < $1.key }.map { $0.value.report(live: $0.key) }
    }

    /// Whether any loop had a request of it after `moment`, or has one now.
    func wasUsed(after moment: MonotonicTime) -> Bool {
        (0..<loops.count).contains { loops[$0].wasUsed(after: moment) }
    }
}

/// What one loop knows of a deployment. Only that loop writes it; reports read it from other threads.
struct LoopDeployment: ~Copyable, Sendable {
    private let weightValue = Atomic<Int>(0)
    private let mirrorWeightValue = Atomic<Int>(-1)
    private let splitValue = Atomic<Int>(0)
    private let arrivedCount = Atomic<Int64>(0)
    private let informational = Atomic<Int64>(0)
    private let successes = Atomic<Int64>(0)
    private let redirections = Atomic<Int64>(0)
    private let callerFaults = Atomic<Int64>(0)
    private let serverFaults = Atomic<Int64>(0)
    private let durationSum = Atomic<Int64>(0)
    private let answeredAt = Atomic<Int64>(0)
    let latencies = LatencyHistogram()
    /// Requests inside a replica.
    let inside = LoadMeter()
    /// Requests that wait for a replica.
    let queued = LoadMeter()

    /// Running weight of the deployment in ``SmoothWeighted``.
    var weight: Int {
        get { weightValue.load(ordering: .relaxed) }
        nonmutating set { weightValue.store(newValue, ordering: .relaxed) }
    }

    /// The split of the traffic that ``weight`` belongs to, 0 for none, see ``CompiledRoute/pickDeployment(loop:)``.
    var split: Int {
        get { splitValue.load(ordering: .relaxed) }
        nonmutating set { splitValue.store(newValue, ordering: .relaxed) }
    }

    /// Whether the present request is one of the `percent` in a hundred that are copied to this deployment: spread
    /// evenly, and begun anywhere in the cycle, so that many loops together keep the share too.
    func isTurnToMirror(percent: Int) -> Bool {
        var weight = mirrorWeightValue.load(ordering: .relaxed)
        if weight < 0 { weight = Int.random(in: 0..<100) }
        weight += percent
        let isTurn = weight >= 100
        mirrorWeightValue.store(isTurn ? weight - 100 : weight, ordering: .relaxed)
        return isTurn
    }

    func wasUsed(after moment: MonotonicTime) -> Bool {
        // One that was refused was in neither place.
        inside.wasUsed(after: moment) || queued.wasUsed(after: moment)
            || answeredAt.load(ordering: .relaxed) > moment.microseconds
    }

    /// Requests that asked for a replica since start, those that were refused too.
    var arrivals: Int64 { arrivedCount.load(ordering: .relaxed) }

    func countArrival() { Self.add(1, to: arrivedCount) }

    /// Answers by status class, 1xx first.
    var answersByClass: [Int64] {
        [
            informational.load(ordering: .relaxed), successes.load(ordering: .relaxed),
            redirections.load(ordering: .relaxed),
            callerFaults.load(ordering: .relaxed), serverFaults.load(ordering: .relaxed),
        ]
    }

    var durationSumMicroseconds: Int64 { durationSum.load(ordering: .relaxed) }

    func countAnswer(status: Int, durationMicroseconds: Int64, at now: MonotonicTime) {
        switch status / 100 {
        case 1: Self.add(1, to: informational)
        case 2: Self.add(1, to: successes)
        case 3: Self.add(1, to: redirections)
        case 4: Self.add(1, to: callerFaults)
        default: Self.add(1, to: serverFaults)
        }
        Self.add(durationMicroseconds, to: durationSum)
        latencies.count(microseconds: durationMicroseconds)
        answeredAt.store(now.microseconds, ordering: .relaxed)
    }

    /// There is one writer, so a load and a store are enough.
    private static func add(_ amount: Int64, to counter: borrowing Atomic<Int64>) {
        counter.store(counter.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }
}
