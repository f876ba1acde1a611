import Foundation
import Resources
import TestSupport
import Testing

@testable import Compute
@testable import Hosting

/// One replica on plain values: no backend, no clock.
@Suite struct ReplicaMachineTests {
    private static let settings = HostSettings(
        startProbeInterval: .milliseconds(50), stopGrace: .seconds(10), firstBackoff: .seconds(1),
        longestRemains: .seconds(30))
    private static let address = ReplicaAddress("unix:/run/one", scoringPath: "/score")

    /// A machine with a stopwatch.
    private struct Bench {
        var machine: ReplicaMachine
        var placement: Placement
        var now = Duration.zero

        init(_ reported: ReplicaReport? = nil, found: FoundReplica? = nil, desired: ReplicaDesire = .run) {
            let id = reported?.id ?? ReplicaID()
            placement = Placement(
                id: id, specification: SpecificationKey(workloadID: UUID(), generation: 1), desired: desired,
                reported: reported ?? ReplicaReport(id: id))
            machine = ReplicaMachine(placement, found: found, settings: settings, at: .zero)
        }

        mutating func next() -> [ReplicaMachine.Action] { machine.next(at: now) }

        mutating func tell(_ event: ReplicaMachine.Event) -> [ReplicaMachine.Action] {
            machine.handle(event, at: now)
            return next()
        }

        mutating func place(_ change: (inout Placement) -> Void) -> [ReplicaMachine.Action] {
            change(&placement)
            return tell(.placed(placement))
        }

        mutating func specify(liveness: Probe = Probe(), readiness: Probe = Probe()) -> [ReplicaMachine.Action] {
            var specification = StoreFixture.specification(generation: 1)
            (specification.livenessProbe, specification.readinessProbe) = (liveness, readiness)
            return tell(.specified(ReplicaMachine.SharedSpecification(specification)))
        }

        /// From nothing to ready.
        mutating func becomeReady(liveness: Probe = Probe(), readiness: Probe = Probe()) {
            _ = specify(liveness: liveness, readiness: readiness)
            _ = tell(.prepared)
            _ = tell(.started(address))
            _ = tell(.probed(.readiness, .success))
        }

        var key: ReplicaKey { machine.key }
        var report: ReplicaReport { machine.report { Date(timeIntervalSince1970: $0 / .seconds(1)) } }
    }

    private static func failure(_ grace: Duration? = .zero) -> ReplicaMachine.Event {
        .failed(ReplicaMachine.Failure(error: ARMError(.deploymentCrashLoopBackOff, "ended"), grace: grace))
    }

    @Test func `from nothing to ready, one action after the other`() {
        var bench = Bench()
        #expect(bench.next().isEmpty && bench.machine.needsSpecification)
        #expect(bench.specify() == [.prepare])
        #expect(bench.report.phase == .environment && bench.report.life == 1)
        #expect(bench.tell(.reached(.artifacts)).isEmpty)
        #expect(bench.report.phase == .artifacts)
        #expect(bench.tell(.prepared) == [.start(bench.key)])
        #expect(bench.tell(.started(Self.address)) == [.probe(bench.key, Self.address, .readiness, Probe())])
        #expect(bench.report.phase == .probing && bench.report.address == Self.address)
        #expect(bench.tell(.probed(.readiness, .success)).isEmpty)
        #expect(bench.report.phase == .ready)
        // Probes of ready replicas come together.
        #expect(bench.machine.deadline == .seconds(10))
    }

    @Test func `a starting replica is asked often, and its failures count once a period`() {
        var bench = Bench()
        _ = bench.specify(readiness: Probe(initialDelayMs: 500, periodMs: 1_000, failureThreshold: 2))
        _ = bench.tell(.prepared)
        _ = bench.tell(.started(Self.address))
        var asked = 1
        var explained: [ReplicaMachine.Action] = []
        while explained.isEmpty, asked < 1_000 {
            // A failed probe is a reason to look at the process.
            let after = bench.tell(.probed(.readiness, .failure(reason: "no")))
            if after.contains(.observe(bench.key)) { _ = bench.tell(.isRunning) }
            bench.now += .milliseconds(50)
            let next = bench.next()
            asked += 1
            explained = (after + next).filter { if case .explain = $0 { true } else { false } }
        }
        #expect(explained == [.explain(bench.key, reason: "its readiness probe failed 2 times: no")])
        #expect((50...54).contains(asked), "\(asked)")
    }

    @Test func `a failed life that was routed waits for the routers, then for its pause`() {
        var bench = Bench()
        bench.becomeReady()
        #expect(bench.tell(.changed).contains(.observe(bench.key)))
        #expect(bench.tell(Self.failure()).isEmpty)
        #expect(bench.report.phase == .failed && bench.report.failures == 1 && bench.report.address == nil)
        bench.now = .seconds(2)
        #expect(bench.next().isEmpty, "its pause is over, but requests may be inside what is left of it")
        #expect(bench.place { $0.unroutedLife = 1 } == [.stop(grace: .zero)])
        #expect(bench.tell(.stopped) == [.prepare])
        #expect(bench.report.life == 2 && bench.report.error == nil)
    }

    @Test func `where nobody says that it is unrouted, what is left is kept for a limited time`() {
        var bench = Bench()
        bench.becomeReady()
        _ = bench.tell(.changed)
        _ = bench.tell(Self.failure())
        #expect(bench.machine.deadline == .seconds(30))
        bench.now = .seconds(30)
        #expect(bench.next() == [.stop(grace: .zero)])
    }

    @Test func `a life that never was ready waits for nobody`() {
        var bench = Bench()
        _ = bench.specify()
        _ = bench.tell(.prepared)
        #expect(bench.tell(Self.failure(nil)) == [.stop(grace: .seconds(10))])
        #expect(bench.tell(.stopped).isEmpty)
        #expect(bench.machine.deadline == .seconds(1))
        // Somebody asks for another try.
        #expect(bench.place { $0.retryLife = 1 } == [.prepare])
    }

    @Test func `pauses double, and a replica that gets ready starts again at the first`() {
        var bench = Bench()
        _ = bench.specify()
        for pause in [1, 2, 4] {
            let start = bench.now
            #expect(bench.tell(Self.failure()).isEmpty)
            #expect(bench.machine.deadline == start + .seconds(pause))
            bench.now = start + .seconds(pause)
            #expect(bench.next() == [.prepare])
        }
        _ = bench.tell(.prepared)
        _ = bench.tell(.started(Self.address))
        _ = bench.tell(.probed(.readiness, .success))
        #expect(bench.report.failures == 0 && bench.report.life == 4)
    }

    @Test(arguments: [(2, 3, ProbeKind.liveness), (3, 2, .readiness)])
    func `a silent replica is given up by liveness, and leaves routing by readiness`(
        liveness: Int, readiness: Int, first: ProbeKind
    ) {
        var bench = Bench()
        bench.becomeReady(
            liveness: Probe(periodMs: 1_000, failureThreshold: liveness),
            readiness: Probe(periodMs: 1_000, failureThreshold: readiness))
        var explained = false
        for _ in 0..<2 {
            bench.now += .seconds(1)
            _ = bench.next()
            for kind in [ProbeKind.liveness, .readiness] {
                var actions = bench.tell(.probed(kind, .failure(reason: "no")))
                if actions.contains(.observe(bench.key)) { actions += bench.tell(.isRunning) }
                explained = explained || actions.contains { if case .explain = $0 { true } else { false } }
            }
        }
        #expect(bench.report.phase == (first == .readiness ? .probing : .ready))
        #expect(explained == (first == .liveness))
    }

    @Test func `a success makes the count start anew`() {
        var bench = Bench()
        bench.becomeReady(readiness: Probe(periodMs: 1_000, failureThreshold: 2))
        for result in [ProbeResult.failure(reason: "no"), .success, .failure(reason: "no")] {
            bench.now += .seconds(1)
            _ = bench.next()
            _ = bench.tell(.probed(.readiness, result))
        }
        #expect(bench.report.phase == .ready)
    }

    @Test func `a draining replica runs on, and ends when it is told to stop`() {
        var bench = Bench()
        bench.becomeReady()
        #expect(bench.place { $0.desired = .drain }.isEmpty)
        #expect(bench.machine.deadline == nil && bench.report.phase == .ready)
        #expect(bench.place { $0.desired = .stop } == [.stop(grace: .seconds(10))])
        #expect(bench.report.phase == .stopping)
        #expect(bench.tell(.stopped).isEmpty)
        #expect((bench.machine.phase == .gone))
    }

    @Test func `what is being made is broken off before a stop`() {
        var bench = Bench()
        _ = bench.specify()
        #expect(bench.place { $0.desired = .drain } == [.interrupt])
        #expect(bench.place { $0.desired = .stop }.isEmpty, "it is still ending")
        #expect(bench.tell(.interrupted) == [.stop(grace: .seconds(10))])
        // What it might have become comes too late.
        #expect(bench.tell(.prepared).isEmpty)
        #expect(bench.tell(.stopped).isEmpty && (bench.machine.phase == .gone))
    }

    // MARK: A host that begins anew

    private static func reported(_ phase: ReplicaPhase, life: Int = 1) -> ReplicaReport {
        ReplicaReport(
            id: ReplicaID(), life: life, phase: phase, address: phase == .ready ? address : nil,
            failures: phase == .failed ? 1 : 0)
    }

    private static func found(_ life: Int, isRunning: Bool = true) -> FoundReplica {
        FoundReplica(life: life, address: address, isRunning: isRunning)
    }

    @Test func `what was ready and runs stays in routing`() {
        var bench = Bench(Self.reported(.ready), found: Self.found(1))
        #expect(bench.report == bench.placement.reported)
        #expect(bench.specify().isEmpty)
        #expect(bench.report.phase == .ready)
    }

    @Test func `what ran and ended is looked at`() {
        for phase in [ReplicaPhase.ready, .probing] {
            var reported = Self.reported(phase)
            reported.address = Self.address
            var bench = Bench(reported, found: Self.found(1, isRunning: false))
            #expect(bench.specify().contains(.observe(bench.key)))
            _ = bench.tell(Self.failure())
            #expect(bench.report.phase == .failed)
        }
    }

    @Test(arguments: [ReplicaPhase.environment, .artifacts, .starting])
    func `what was being made is made again in the same life`(phase: ReplicaPhase) {
        var bench = Bench(Self.reported(phase, life: 3))
        #expect(bench.specify() == [.prepare])
        #expect(bench.report.life == 3)
    }

    @Test func `a process that was never reported is adopted`() {
        for phase in [ReplicaPhase.pending, .starting, .environment] {
            var bench = Bench(Self.reported(phase, life: phase == .pending ? 0 : 1), found: Self.found(1))
            #expect(
                bench.specify() == [.probe(ReplicaKey(bench.placement.id, life: 1), Self.address, .readiness, Probe())])
            #expect(bench.report.phase == .probing && bench.report.life == 1)
        }
    }

    @Test func `a replica that is to end ends, whatever it was`() {
        for phase in ReplicaPhase.allCases where phase != .gone {
            var bench = Bench(Self.reported(phase), found: Self.found(1), desired: .stop)
            #expect(bench.next() == [.stop(grace: .seconds(10))], "\(phase)")
            #expect(bench.tell(.stopped).isEmpty && (bench.machine.phase == .gone))
        }
    }
}
