import Compute
import Resources
import Synchronization

/// Probes the replicas that are ready, each at its probes' pace, all with one timer.
///
/// With timers and tasks of their own, ten thousand replicas would cost an idle control plane a tenth of a core.
final class ReadyProbes: Sendable {
    /// A probe that has failed in a row as often as it may.
    struct Verdict: Sendable {
        var kind: ProbeKind
        var failures: Int
        /// Of the last failure.
        var reason: String
    }

    /// Names one call of ``add(_:_:report:)``.
    struct Token: Hashable, Sendable {
        fileprivate var number: UInt64
    }

    /// A class, for it is handed on with each probe.
    private final class Subject: Sendable {
        let handle: ReplicaHandle
        let specification: ReplicaSpecification
        let report: @Sendable (Verdict) -> Void

        init(
            _ handle: ReplicaHandle, _ specification: ReplicaSpecification,
            report: @escaping @Sendable (Verdict) -> Void
        ) {
            (self.handle, self.specification, self.report) = (handle, specification, report)
        }
    }

    private struct Due: Hashable {
        var token: Token
        var kind: ProbeKind
    }

    private struct State {
        var subjects: [Token: Subject] = [:]
        /// In a row; those that failed last only.
        var failures: [Due: Int] = [:]
        /// By the tick that they are due in; those of a subject that is gone stay until then.
        var schedule: [Int64: [Due]] = [:]
        var lastTick: Int64 = 0
        var nextNumber: UInt64 = 0
    }

    private let backend: any ComputeBackend
    private let time: TimeSource
    private let start = ContinuousClock.now
    private let state = Mutex(State())

    private static let kinds = [ProbeKind.liveness, .readiness]
    /// A probe is late by at most this.
    private static let tick = Duration.milliseconds(200)

    init(backend: any ComputeBackend, time: TimeSource) {
        (self.backend, self.time) = (backend, time)
    }

    /// Probes a replica from now on, for the first time after a period of each probe, until ``remove(_:)``, or until one
    /// probe's verdict was reported.
    func add(
        _ handle: ReplicaHandle, _ specification: ReplicaSpecification, report: @escaping @Sendable (Verdict) -> Void
    ) -> Token {
        state.withLock { state in
            state.nextNumber += 1
            let token = Token(number: state.nextNumber)
            let subject = Subject(handle, specification, report: report)
            state.subjects[token] = subject
            for kind in Self.kinds { schedule(Due(token: token, kind: kind), subject, &state) }
            return token
        }
    }

    func remove(_ token: Token) {
        state.withLock { Self.remove(token, &$0) }
    }

    private static func remove(_ token: Token, _ state: inout State) {
        state.subjects[token] = nil
        for kind in kinds { state.failures[Due(token: token, kind: kind)] = nil }
    }

    /// Probes until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                for due in takeDue() { group.addTask { await self.probe(due) } }
                try? await time.sleep(Self.tick)  // only cancellation throws, and the loop sees it
            }
            group.cancelAll()
        }
    }

    private func probe(_ due: Due) async {
        guard let subject = state.withLock({ $0.subjects[due.token] }) else { return }
        let result = await backend.probe(subject.handle, due.kind, subject.specification)
        guard !Task.isCancelled, let verdict = settle(due, result) else { return }
        subject.report(verdict)
    }

    /// Counts what a probe showed, and schedules the next one unless this was the last that may fail.
    private func settle(_ due: Due, _ result: ProbeResult) -> Verdict? {
        state.withLock { state in
            guard let subject = state.subjects[due.token] else { return nil }
            if case .failure(let reason) = result {
                let failures = state.failures[due, default: 0] + 1
                guard failures < subject.specification.probe(due.kind).failureThreshold else {
                    Self.remove(due.token, &state)
                    return Verdict(kind: due.kind, failures: failures, reason: reason)
                }
                state.failures[due] = failures
            } else {
                state.failures[due] = nil
            }
            schedule(due, subject, &state)
            return nil
        }
    }

    // MARK: Schedule

    private func schedule(_ due: Due, _ subject: Subject, _ state: inout State) {
        let period = Duration.milliseconds(subject.specification.probe(due.kind).periodMs)
        let moment = Int64(((ContinuousClock.now - start + period) / Self.tick).rounded(.up))
        // Never into a tick that was.
        state.schedule[max(moment, state.lastTick + 1), default: []].append(due)
    }

    private func takeDue() -> [Due] {
        let now = Int64((ContinuousClock.now - start) / Self.tick)
        return state.withLock { state in
            guard now > state.lastTick else { return [] }
            let ticks = state.lastTick + 1...now
            state.lastTick = now
            return ticks.flatMap { state.schedule.removeValue(forKey: $0) ?? [] }
        }
    }
}

extension ReplicaSpecification {
    fileprivate func probe(_ kind: ProbeKind) -> Probe {
        switch kind {
        case .liveness: livenessProbe
        case .readiness: readinessProbe
        }
    }
}
