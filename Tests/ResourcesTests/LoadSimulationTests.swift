import Resources
import Testing

/// Traces of requests per second, and what the scaler makes of them.
@Suite struct LoadSimulationTests {
    private let bounds = UtilizationSettings(minimum: 1, maximum: 40)
    /// 100 ms per request: ten requests a second keep one replica busy.
    private let model = LoadSimulation.Model(requestMs: 100)

    private func play(
        _ arrivals: [Int], _ settings: UtilizationSettings? = nil, _ model: LoadSimulation.Model? = nil,
        replicas: Int = 1, seed: UInt64 = 1, isHeard: (Int) -> Bool = { _ in true }
    ) -> LoadSimulation.Outcome {
        var simulation = LoadSimulation(
            settings ?? bounds, model ?? self.model, replicas: replicas, seed: seed)
        return simulation.run(arrivals: arrivals, isHeard: isHeard)
    }

    private func steady(_ rate: Int, _ seconds: Int) -> [Int] { Array(repeating: rate, count: seconds) }

    @Test(arguments: 1...2 as ClosedRange<UInt64>)
    func `a step is followed within a second and kept to`(seed: UInt64) throws {
        let outcome = play(steady(2, 60) + steady(60, 240), seed: seed)
        let first = try #require(outcome.changes.first { $0.at >= 60_000 })
        #expect(first.at <= 61_000 && first.decision.to > first.decision.from)
        // 60 requests a second of 0.1 s need 9 at 70 %; peaks of single seconds may hold some more.
        #expect((9...16).contains(outcome.replicas.last ?? 0), "\(outcome.replicas.last ?? 0)")
        #expect(outcome.reversals <= 4, "\(outcome.changes.count)")
        #expect(outcome.timedOut == 0 && outcome.refused == 0)
    }

    @Test(arguments: 1...2 as ClosedRange<UInt64>)
    func `a ramp goes up without turning back, and down again`(seed: UInt64) {
        let outcome = play((0..<600).map { $0 / 10 } + (0..<600).map { 60 - $0 / 10 }, seed: seed)
        #expect(outcome.timedOut == 0 && outcome.refused == 0)
        // Down in steps, with a few looks back at small numbers.
        #expect(outcome.reversals <= 6, "\(outcome.reversals)")
        #expect((outcome.replicas.max() ?? 0) <= 18)
    }

    @Test func `a burst is over before its replicas are taken away, once`() {
        let outcome = play(steady(5, 120) + steady(100, 5) + steady(5, 300))
        let ups = outcome.changes.filter { $0.at > 120_000 && $0.decision.to > $0.decision.from }
        let downs = outcome.changes.filter { $0.at > 126_000 && $0.decision.to < $0.decision.from }
        #expect(!ups.isEmpty && !downs.isEmpty)
        #expect(downs.first.map { $0.at >= 180_000 } == true)
        #expect(outcome.reversals <= 3)
    }

    @Test func `a sawtooth faster than a minute keeps its peak`() {
        let saw = (0..<900).map { ($0 % 40) * 2 }
        let outcome = play(saw)
        let late = outcome.changes.filter { $0.at > 180_000 }
        #expect(late.count <= 4, "\(late.map { ($0.at, $0.decision.from, $0.decision.to) })")
    }

    @Test(arguments: [(3, 1), (5, 2), (7, 1), (8, 3)] as [(Int, UInt64)])
    func `a steady load near a threshold does not flap`(rate: Int, seed: UInt64) {
        // One replica with its line is above the target, two are far below it.
        let outcome = play(steady(rate, 5_400), seed: seed)
        #expect(outcome.reversals <= 24, "\(outcome.reversals) in 90 minutes")
        #expect(outcome.refused == 0)
    }

    @Test func `a cold start of half a minute orders no more than the load needs`() {
        let slow = LoadSimulation.Model(requestMs: 100, startMs: 30_000, longestWaitMs: 60_000)
        let outcome = play(steady(6, 120) + steady(60, 40), nil, slow, replicas: 2)
        // Ten times the load needs 9 replicas at the target; while they start, hundreds wait.
        #expect((outcome.replicas.max() ?? 0) <= 16, "\(outcome.replicas.max() ?? 0)")
        #expect(outcome.timedOut == 0)
    }

    @Test func `from zero, requests wait for the first replica and are all served`() {
        let settings = UtilizationSettings(minimum: 0, maximum: 10)
        let outcome = play(steady(0, 90) + steady(8, 20) + steady(0, 120) + steady(3, 20), settings)
        #expect(outcome.timedOut == 0 && outcome.refused == 0)
        #expect(outcome.replicas[89] == 0 && outcome.replicas[200] == 0)
        #expect(outcome.longestWaitMs <= 3_000, "\(outcome.longestWaitMs)")
        #expect(outcome.changes.filter { $0.decision.reason == .woken }.map(\.decision.to) == [1, 1])
    }

    @Test func `reports lost for a minute change nothing for the worse`() {
        let lost = play(steady(20, 600)) { !(200..<260).contains($0) }
        #expect(lost.timedOut == 0 && lost.refused == 0)
        let during = lost.changes.filter { (200_000..<320_000).contains($0.at) }
        #expect(during.allSatisfy { $0.decision.to > $0.decision.from }, "\(during)")
    }

    @Test func `the same seed gives the same outcome`() {
        let load = (0..<600).map { 10 + ($0 / 60) % 20 }
        #expect(play(load).changes == play(load).changes)
        #expect(play(load).changes != play(load, seed: 2).changes)
    }
}
