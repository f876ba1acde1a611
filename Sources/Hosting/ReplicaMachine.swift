import Compute
import Foundation
import Resources

/// One replica on its host: what was placed, how far it is, and what is to be done next.
///
/// Pure: it is told what happened (``handle(_:at:)``) and says what to do (``next(at:)``); whoever holds it does that and
/// tells it the outcome. One action is under way at a time, and probes beside it.
///
/// ```swift
/// machine.handle(.placed(placement), at: now)
/// for action in machine.next(at: now) { perform(action) }    // each ends in an event
/// ```
/// Times are those of the host's stopwatch, which never goes back.
struct ReplicaMachine: Sendable {
    /// What a machine wants done.
    enum Action: Sendable, Equatable {
        /// Ends in `prepared`, `failed` or `interrupted`.
        case prepare
        /// Ends in `started`, `failed` or `interrupted`.
        case start(ReplicaKey)
        /// Ends in `stopped`.
        case stop(grace: Duration)
        /// Looks whether the process still runs: `isRunning`, or `failed` with how it ended.
        case observe(ReplicaKey)
        /// Puts why this life is abandoned together with its log: `failed`.
        case explain(ReplicaKey, reason: String)
        /// Ends in `probed`.
        case probe(ReplicaKey, ReplicaAddress, ProbeKind, Probe)
        /// Breaks off what is under way, which then ends in `interrupted`.
        case interrupt
    }

    /// What happened.
    enum Event: Sendable, Equatable {
        case placed(Placement)
        case specified(SharedSpecification)
        case reached(PreparationPhase)
        case prepared
        case started(ReplicaAddress)
        /// The process may have ended.
        case changed
        case isRunning
        case probed(ProbeKind, ProbeResult)
        case failed(Failure)
        case stopped
        case interrupted
    }

    /// How a life ended.
    struct Failure: Sendable, Equatable {
        var error: ARMError
        /// What is left of it gets that time to end; nil for the settings' own.
        var grace: Duration?
    }

    /// What a replica runs; shared by the replicas of a generation.
    final class SharedSpecification: Sendable, Equatable {
        let value: ReplicaSpecification

        init(_ value: ReplicaSpecification) {
            self.value = value
        }

        static func == (one: SharedSpecification, other: SharedSpecification) -> Bool { one === other }
    }

    /// The one action that may be under way beside probes.
    private enum Activity: Sendable, Equatable {
        case none
        case preparing, starting, stopping, observing, explaining
        /// Told to break off.
        case interrupting
    }

    private let settings: HostSettings
    private var placement: Placement
    private(set) var specification: SharedSpecification?
    private(set) var life: Int
    private(set) var phase: ReplicaPhase
    private var address: ReplicaAddress?
    private(set) var failures: Int
    private var error: ARMError?
    private var retryAt: Duration = .zero
    /// What is left of a failed life: the time that it gets to end, and when it ends whoever is inside; nil for nothing.
    private var remains: (grace: Duration, keptUntil: Duration)?
    /// Whether routers may have had the present life in their table.
    private var wasReady: Bool
    private var activity = Activity.none
    /// Something may have changed about the process since the last look.
    private var isSuspicious = false
    private var readiness: ProbeCount
    private var liveness: ProbeCount
    /// Why this life is to be abandoned, until its log has been read.
    private var verdict: String?

    init(_ placement: Placement, found: FoundReplica?, settings: HostSettings, at now: Duration) {
        (self.placement, self.settings) = (placement, settings)
        let reported = placement.reported
        (life, phase, failures, error) = (reported.life, reported.phase, reported.failures, reported.error)
        address = reported.address
        wasReady = reported.phase == .ready || reported.phase == .failed
        // Those of a host that begins anew are not probed all at once.
        let first = now + .milliseconds(Int(placement.id.value.uuid.15) * 40)
        (readiness, liveness) = (ProbeCount(dueAt: first), ProbeCount(dueAt: first))
        adopt(found, at: now)
    }

    /// Goes on from what is there, whatever was reported.
    private mutating func adopt(_ found: FoundReplica?, at now: Duration) {
        if let found, found.isRunning, found.life > life || (found.life == life && phase != .failed) {
            if found.life > life || phase != .ready {
                phase = .probing
                readiness = ProbeCount(dueAt: now)
            }
            (life, address) = (found.life, found.address)
            return
        }
        switch phase {
        case .probing, .ready:
            // It ended while nobody looked.
            isSuspicious = true
        case .environment, .artifacts, .starting:
            // The same life once more: what it has done is found again.
            phase = .environment
        case .failed: remains = (settings.stopGrace, now + settings.longestRemains)
        case .stopping: phase = .pending
        case .pending, .gone: break
        }
    }

    var id: ReplicaID { placement.id }
    var key: ReplicaKey { ReplicaKey(id, life: life) }
    var specificationKey: SpecificationKey { placement.specification }
    /// Whether it can go on only with the specification, which the host has not read yet.
    var needsSpecification: Bool { specification == nil && placement.desired == .run }

    /// As the control plane is told; `retryAt` on the stopwatch is `date(retryAt)` on the clock.
    func report(_ date: (Duration) -> Date) -> ReplicaReport {
        ReplicaReport(
            id: id, life: life, phase: phase, address: phase == .failed || phase == .gone ? nil : address,
            failures: failures, retryAt: phase == .failed ? date(retryAt) : nil,
            error: phase == .failed ? error : nil)
    }

    // MARK: Events

    mutating func handle(_ event: Event, at now: Duration) {
        switch event {
        case .placed(let placement): self.placement = placement
        case .specified(let specification): self.specification = specification
        case .reached(let part):
            guard activity == .preparing else { return }
            phase = part == .environment ? .environment : .artifacts
        case .prepared: finish(.preparing) { $0.phase = .starting }
        case .started(let address):
            finish(.starting) { machine in
                machine.address = address
                machine.beginProbing(at: now)
            }
        case .changed: isSuspicious = true
        case .isRunning: finish(.observing) { _ in }
        case .probed(let kind, let result): count(kind, result, at: now)
        case .failed(let failure): fail(failure, at: now)
        case .stopped: stopped()
        case .interrupted: activity = .none
        }
    }

    /// The end of an activity; of one that was to be broken off nothing follows.
    private mutating func finish(_ expected: Activity, _ change: (inout ReplicaMachine) -> Void) {
        let isExpected = activity == expected
        if isExpected || activity == .interrupting { activity = .none }
        if isExpected { change(&self) }
    }

    private mutating func fail(_ failure: Failure, at now: Duration) {
        let wasUnderWay = activity != .stopping
        if wasUnderWay { activity = .none }
        guard wasUnderWay, phase != .failed, phase != .stopping, phase != .gone else { return }
        if phase == .starting || phase == .probing || phase == .ready {
            remains = (failure.grace ?? settings.stopGrace, now + settings.longestRemains)
        }
        (phase, verdict) = (.failed, nil)
        failures += 1
        error = failure.error
        retryAt = now + settings.backoff(failures: failures)
        readiness.isUnderWay = false
        liveness.isUnderWay = false
    }

    private mutating func stopped() {
        activity = .none
        remains = nil
        if phase == .stopping { phase = .gone }
    }

    private mutating func beginProbing(at now: Duration) {
        phase = .probing
        readiness = ProbeCount(dueAt: now)
        guard let probe = specification?.value.readinessProbe else { return }
        readiness.countsFrom = now + .milliseconds(probe.initialDelayMs + probe.periodMs)
    }

    // MARK: What to do next

    /// What is to be done now; ask after each event, and at ``deadline``.
    mutating func next(at now: Duration) -> [Action] {
        guard placement.desired == .run else { return leave() }
        switch phase {
        case .failed: return recover(at: now)
        case .pending: return specification == nil ? [] : begin()
        case .environment, .artifacts:
            guard activity == .none, specification != nil else { return [] }
            activity = .preparing
            return [.prepare]
        case .starting:
            guard activity == .none, specification != nil else { return [] }
            activity = .starting
            return [.start(key)]
        case .probing, .ready: return watch(at: now)
        case .stopping, .gone: return []
        }
    }

    /// When ``next(at:)`` has something to do although nothing happens; nil for never.
    var deadline: Duration? {
        guard placement.desired == .run, specification != nil else { return nil }
        switch phase {
        case .failed:
            guard activity == .none else { return nil }
            if let remains, wasReady, placement.unroutedLife < life { return remains.keptUntil }
            return retryAt
        case .probing, .ready:
            guard address != nil, verdict == nil else { return nil }
            if phase == .probing { return readiness.isUnderWay ? nil : readiness.dueAt }
            let due = [readiness, liveness].filter { !$0.isUnderWay }.map(\.dueAt)
            return due.min()
        default: return nil
        }
    }

    /// On the way out: a draining replica runs on, a stopped one ends.
    private mutating func leave() -> [Action] {
        switch activity {
        case .preparing, .starting:
            activity = .interrupting
            return [.interrupt]
        case .interrupting, .stopping: return []
        case .none, .observing, .explaining:
            guard placement.desired == .stop, phase != .stopping, phase != .gone else { return [] }
            phase = .stopping
            activity = .stopping
            return [.stop(grace: settings.stopGrace)]
        }
    }

    /// A new life, after what is left of the last one.
    private mutating func recover(at now: Duration) -> [Action] {
        guard activity == .none else { return [] }
        if let remains {
            guard !wasReady || placement.unroutedLife >= life || now >= remains.keptUntil else { return [] }
            activity = .stopping
            return [.stop(grace: remains.grace)]
        }
        guard now >= retryAt || placement.retryLife >= life, specification != nil else { return [] }
        return begin()
    }

    private mutating func begin() -> [Action] {
        life += 1
        (phase, address, error, wasReady) = (.environment, nil, nil, false)
        (isSuspicious, verdict) = (false, nil)
        activity = .preparing
        return [.prepare]
    }

    private mutating func watch(at now: Duration) -> [Action] {
        guard let address, let specification else { return [] }
        var actions: [Action] = []
        if let verdict {
            guard activity == .none else { return [] }
            activity = .explaining
            return [.explain(key, reason: verdict)]
        }
        if isSuspicious, activity == .none {
            isSuspicious = false
            activity = .observing
            actions.append(.observe(key))
        }
        if !readiness.isUnderWay, now >= readiness.dueAt {
            readiness.isUnderWay = true
            actions.append(.probe(key, address, .readiness, specification.value.readinessProbe))
        }
        if phase == .ready, !liveness.isUnderWay, now >= liveness.dueAt {
            liveness.isUnderWay = true
            actions.append(.probe(key, address, .liveness, specification.value.livenessProbe))
        }
        return actions
    }

    // MARK: Probes

    /// Counts what a probe showed. Before readiness is proven, failures count only once per period of the probe, as its owner
    /// set it; a process that was ready before is out of routing until it answers again, and ended after the time that its
    /// liveness probe allows.
    private mutating func count(_ kind: ProbeKind, _ result: ProbeResult, at now: Duration) {
        self[kind].isUnderWay = false
        guard phase == .probing || phase == .ready, let specification else { return }
        if case .failure = result { isSuspicious = true }
        phase == .probing ? prove(result, specification, at: now) : keep(kind, result, specification, at: now)
    }

    private mutating func prove(_ result: ProbeResult, _ specification: SharedSpecification, at now: Duration) {
        let probe = specification.value.readinessProbe
        readiness.dueAt = now + settings.startProbeInterval
        switch result {
        case .success:
            readiness.successes += 1
            guard readiness.successes >= probe.successThreshold else { return }
            (phase, failures, error, wasReady) = (.ready, 0, nil, true)
            readiness = ProbeCount(dueAt: ProbeCount.due(after: probe.periodMs, now))
            liveness = ProbeCount(dueAt: ProbeCount.due(after: specification.value.livenessProbe.periodMs, now))
        case .failure(let reason):
            readiness.successes = 0
            guard now >= readiness.countsFrom else { return }
            readiness.failures += 1
            readiness.countsFrom += .milliseconds(probe.periodMs)
            guard readiness.failures >= patience(specification) else { return }
            verdict = "its readiness probe failed \(readiness.failures) times: \(reason)"
        }
    }

    /// Failed probes in a row after which a process that is not ready is ended.
    private func patience(_ specification: SharedSpecification) -> Int {
        let probe = specification.value.readinessProbe
        guard wasReady else { return probe.failureThreshold }
        let liveness = specification.value.livenessProbe
        return max(1, liveness.failureThreshold * liveness.periodMs / max(1, probe.periodMs))
    }

    private mutating func keep(
        _ kind: ProbeKind, _ result: ProbeResult, _ specification: SharedSpecification, at now: Duration
    ) {
        let probe = specification.value.probe(kind)
        self[kind].dueAt = ProbeCount.due(after: probe.periodMs, now)
        guard case .failure(let reason) = result else {
            self[kind].failures = 0
            return
        }
        self[kind].failures += 1
        guard self[kind].failures >= probe.failureThreshold else { return }
        switch kind {
        case .liveness: verdict = "its liveness probe failed \(liveness.failures) times: \(reason)"
        case .readiness: beginProbing(at: now)
        }
    }

    private subscript(kind: ProbeKind) -> ProbeCount {
        get { kind == .liveness ? liveness : readiness }
        set { if kind == .liveness { liveness = newValue } else { readiness = newValue } }
    }
}
