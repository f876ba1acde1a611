import Resources
import Testing

@Suite struct UtilizationScalerTests {
    /// Feeds `seconds` of a constant load and returns the decisions, with the second in which each was made.
    private func decisions(
        _ scaler: inout UtilizationScaler, load: (busy: Double, queued: Double), seconds: Range<Int>,
        current: inout Int,
        ready: Int? = nil, offered: Double? = nil, requestSeconds: Double = 0.1, isComplete: Bool = true
    ) -> [(second: Double, decision: ScalingDecision)] {
        var made: [(Double, ScalingDecision)] = []
        for tick in (seconds.lowerBound * 5)..<(seconds.upperBound * 5) {
            let sample = LoadSample(
                at: Int64(tick) * 200, busy: load.busy, queued: load.queued, offered: offered,
                requestSeconds: offered.map { _ in requestSeconds }, isComplete: isComplete)
            guard let decision = scaler.decide(sample, current: current, ready: ready ?? current) else { continue }
            made.append((Double(tick) / 5, decision))
            current = decision.to
        }
        return made
    }

    @Test(arguments: [
        // busy, queued, replicas, target, and what the seed's formula asks for
        (1.0, 0.0, 1, 70, 2), (1, 1, 1, 70, 3), (2, 5, 2, 70, 10), (3, 0, 4, 70, 5), (3, 0, 4, 50, 6),
        (1.4, 0, 2, 70, 2), (1.41, 0, 2, 70, 3), (0.7, 0, 1, 70, 1), (10, 30, 10, 70, 20), (1, 0, 1, 100, 1),
    ])
    func `above the target it orders as many as the load asks for while it knows no more, within the bounds`(
        busy: Double, queued: Double, replicas: Int, target: Int, expected: Int
    ) {
        var scaler = UtilizationScaler(UtilizationSettings(minimum: 1, maximum: 20, targetPercent: target))
        var current = replicas
        let made = decisions(&scaler, load: (busy, queued), seconds: 0..<1, current: &current)
        #expect(current == expected)
        #expect(made.count == (expected == replicas ? 0 : 1))
        if let first = made.first {
            #expect(first.second < 1 && first.decision.reason == .overload)
            #expect(first.decision.inputs.busy == busy && first.decision.inputs.queued == queued)
        }
    }

    @Test func `an overload that begins is answered within a second`() {
        var scaler = UtilizationScaler(UtilizationSettings(minimum: 1, maximum: 10))
        var current = 2
        #expect(decisions(&scaler, load: (0.5, 0), seconds: 0..<30, current: &current).isEmpty)
        let made = decisions(&scaler, load: (2, 2), seconds: 30..<33, current: &current)
        #expect(made.first.map { $0.second - 30 < 1 } == true)
        #expect(current == 6)
    }

    @Test func `replicas go when a minute had no use for them, and not before`() {
        var scaler = UtilizationScaler(UtilizationSettings(minimum: 1, maximum: 10))
        var current = 6
        #expect(decisions(&scaler, load: (4, 0), seconds: 0..<30, current: &current).isEmpty)
        let made = decisions(&scaler, load: (1, 0), seconds: 30..<120, current: &current)
        #expect(current == 2 && made.allSatisfy { $0.decision.reason == .calm && $0.second >= 90 })
        #expect(made.last.map { $0.second <= 93 } == true)
    }

    @Test func `what was seen before counts for the minimum only`() {
        var scaler = UtilizationScaler(UtilizationSettings(minimum: 3, maximum: 10))
        var current = 5
        let made = decisions(&scaler, load: (0, 0), seconds: 0..<200, current: &current)
        #expect(made.map(\.decision.to) == [3])
        scaler.use(UtilizationSettings(minimum: 4, maximum: 10))
        #expect(
            decisions(&scaler, load: (0, 0), seconds: 200..<201, current: &current).map(\.decision.reason) == [.minimum]
        )
        scaler.use(UtilizationSettings(minimum: 1, maximum: 2))
        #expect(
            decisions(&scaler, load: (4, 0), seconds: 201..<202, current: &current).map(\.decision.reason) == [.maximum]
        )
        #expect(current == 2)
    }

    @Test func `the polling interval is the least time between two scale-outs`() {
        var scaler = UtilizationScaler(UtilizationSettings(minimum: 1, maximum: 50, pollingMs: 10_000))
        var current = 1
        var made = decisions(&scaler, load: (1, 0), seconds: 0..<1, current: &current)
        made += decisions(&scaler, load: (2, 9), seconds: 1..<30, current: &current)
        #expect(made.count == 2)
        #expect(made[1].second - made[0].second >= 10)
    }

    @Test func `without a request for a minute the last replica goes, and the next request brings one back`() {
        var scaler = UtilizationScaler(UtilizationSettings(minimum: 0, maximum: 5))
        var current = 1
        let idle = decisions(&scaler, load: (0, 0), seconds: 0..<70, current: &current)
        #expect(idle.map(\.decision.to) == [0] && idle.first?.decision.reason == .idle)
        let woken = decisions(&scaler, load: (0, 4), seconds: 70..<75, current: &current, ready: 0)
        #expect(woken.map(\.decision.to) == [1] && woken.first?.decision.reason == .woken)
        #expect(woken.first.map { $0.second < 70.5 } == true)
    }

    @Test func `a little traffic keeps the last replica`() {
        var scaler = UtilizationScaler(UtilizationSettings(minimum: 0, maximum: 5))
        var current = 1
        #expect(decisions(&scaler, load: (0.001, 0), seconds: 0..<600, current: &current).isEmpty)
    }

    @Test func `while replicas start, only what arrives orders more`() {
        var scaler = UtilizationScaler(UtilizationSettings(minimum: 1, maximum: 50))
        var current = 1
        _ = decisions(&scaler, load: (1, 1), seconds: 0..<1, current: &current, offered: 2)
        #expect(current == 3)
        // The line grows for half a minute, the demand does not.
        let made = decisions(&scaler, load: (1, 40), seconds: 1..<30, current: &current, ready: 1, offered: 2)
        #expect(made.isEmpty)
        let more = decisions(&scaler, load: (1, 40), seconds: 30..<33, current: &current, ready: 1, offered: 6)
        #expect(current == 9 && !more.isEmpty)
    }

    @Test(arguments: [(0.1, 5), (1, 10), (10, 50), (60, 50)])
    func `a line of long requests orders more than one of short requests`(seconds: Double, expected: Int) {
        var scaler = UtilizationScaler(UtilizationSettings(minimum: 1, maximum: 50))
        var current = 3
        _ = decisions(
            &scaler, load: (3, 40), seconds: 0..<1, current: &current, offered: 2, requestSeconds: seconds)
        #expect(current == expected)
    }

    @Test func `above the target there is always one more`() {
        var scaler = UtilizationScaler(UtilizationSettings(minimum: 1, maximum: 50))
        var current = 1
        _ = decisions(&scaler, load: (0.5, 0.3), seconds: 0..<1, current: &current, offered: 0.4)
        #expect(current == 2)
    }

    @Test func `reports that are missing take no replica away`() {
        var scaler = UtilizationScaler(UtilizationSettings(minimum: 1, maximum: 10))
        var current = 5
        #expect(decisions(&scaler, load: (3, 0), seconds: 0..<60, current: &current).isEmpty)
        #expect(decisions(&scaler, load: (0, 0), seconds: 60..<200, current: &current, isComplete: false).isEmpty)
        // A new leader knows nothing of the last minute either.
        var other = UtilizationScaler(UtilizationSettings(minimum: 1, maximum: 10))
        #expect(decisions(&other, load: (0, 0), seconds: 200..<259, current: &current).isEmpty)
        #expect(!decisions(&other, load: (0, 0), seconds: 259..<263, current: &current).isEmpty)
    }

    @Test func `settings come from the deployment`() {
        #expect(UtilizationSettings(ScaleSettings(scaleType: .default)) == nil)
        let read = UtilizationSettings(
            ScaleSettings(
                scaleType: .targetUtilization, minInstances: 0, maxInstances: 9, targetUtilizationPercentage: 55,
                pollingInterval: ISODuration(milliseconds: 2_500)))
        #expect(read == UtilizationSettings(minimum: 0, maximum: 9, targetPercent: 55, pollingMs: 2_500))
    }

    @Test(arguments: [
        // The seed's example: 20 requests a second of 10 seconds each.
        (20.0, 10.0, 70, 1, 286), (20, 0.1, 70, 1, 3), (20, 0.1, 70, 4, 1), (7, 0.1, 70, 1, 1),
        (1_000, 0.05, 50, 8, 13),
    ])
    func `the calculator is the seed's`(rate: Double, seconds: Double, target: Int, perReplica: Int, expected: Int) {
        #expect(
            ReplicaCalculator.replicas(
                requestsPerSecond: rate, requestSeconds: seconds, targetPercent: target, requestsPerReplica: perReplica)
                == expected)
        #expect(
            ReplicaCalculator.replicas(
                requestsPerSecond: 0, requestSeconds: seconds, targetPercent: target, requestsPerReplica: 1) == nil)
    }
}
