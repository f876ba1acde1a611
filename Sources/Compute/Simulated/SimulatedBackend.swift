package import Resources
import Synchronization

/// Replicas without processes, which start, fail, slow down and die as they are told.
///
/// For tests and for runs at a scale that one host could not carry; a replica costs a few hundred bytes. Behavior is
/// taken from the backend, then from the deployment's own if one is set, then from its variable `SLUICE_SIMULATE`:
///
/// ```swift
/// let backend = SimulatedBackend()
/// backend.setBehavior(slow, endpoint: "house", deployment: "blue")
/// backend.crash(replica, status: 137)
/// ```
///
/// Its replicas end with the process: one from before is answered with `exited(status: nil)`.
package final class SimulatedBackend: ComputeBackend {
    private struct DeploymentName: Hashable {
        var endpoint: String
        var deployment: String
    }

    private struct Replica {
        var life: Int
        var address: ReplicaAddress
        var specification: ReplicaSpecification
        var behavior: SimulatedBehavior
        /// On this backend's stopwatch.
        var startedAt: Duration
        var exitStatus: Int32?
    }

    private struct State {
        var behavior: SimulatedBehavior
        var behaviors: [DeploymentName: SimulatedBehavior] = [:]
        var replicas: [ReplicaID: Replica] = [:]
        /// Told when a replica has ended, or will, with the time until then.
        var listener: AsyncStream<(ReplicaID, Duration)>.Continuation?
    }

    package let name = "simulated"
    private let state: Mutex<State>
    private let clock: any Clock<Duration>
    /// Time on the clock since this backend was made.
    private let elapsed: @Sendable () -> Duration

    package init(behavior: SimulatedBehavior = SimulatedBehavior(), clock: any Clock<Duration> = ContinuousClock()) {
        state = Mutex(State(behavior: behavior))
        self.clock = clock
        elapsed = SimulatedBackend.stopwatch(clock)
    }

    // MARK: Control

    /// Changes what replicas started from now on do, except those of deployments with a behavior of their own.
    package func setBehavior(_ behavior: SimulatedBehavior) {
        state.withLock { $0.behavior = behavior }
    }

    /// Changes what a deployment's replicas started from now on do; nil gives it the backend's behavior again.
    package func setBehavior(_ behavior: SimulatedBehavior?, endpoint: String, deployment: String) {
        state.withLock { $0.behaviors[DeploymentName(endpoint: endpoint, deployment: deployment)] = behavior }
    }

    /// Ends a running replica now.
    package func crash(_ id: ReplicaID, status: Int32 = 137) {
        state.withLock { state in
            guard state.replicas[id] != nil, state.replicas[id]?.exitStatus == nil else { return }
            state.replicas[id]?.exitStatus = status
            _ = state.listener?.yield((id, .zero))
        }
    }

    /// Whether a replica answers probes.
    package func setUnresponsive(_ id: ReplicaID, _ isUnresponsive: Bool) {
        state.withLock { $0.replicas[id]?.behavior.isUnresponsive = isUnresponsive }
    }

    /// Replicas that were started and have not ended.
    package var running: Set<ReplicaID> { Set(runningSpecifications.keys) }

    /// What each of them runs.
    package var runningSpecifications: [ReplicaID: ReplicaSpecification] {
        let now = elapsed()
        return state.withLock { state in
            state.replicas.filter { SimulatedBackend.exitStatus($0.value, at: now) == nil }.mapValues(\.specification)
        }
    }

    // MARK: ComputeBackend

    package func check(_ specification: ReplicaSpecification) throws(ComputeError) {
        if let failure = try behavior(of: specification).checkFailure { throw failure }
    }

    package func prepare(
        _ specification: ReplicaSpecification, progress: @escaping @Sendable (PreparationPhase) -> Void
    ) async throws(ComputeError) {
        let behavior = try behavior(of: specification)
        progress(.environment)
        try await wait(behavior.prepareDelay)
        if let failure = behavior.prepareFailure { throw failure }
        progress(.artifacts)
    }

    package func start(
        _ key: ReplicaKey, _ specification: ReplicaSpecification
    ) async throws(ComputeError) -> ReplicaAddress {
        let behavior = try behavior(of: specification)
        if let address = runningAddress(of: key) { return address }
        try await wait(behavior.startDelay)
        if let failure = behavior.startFailure { throw failure }
        let address = ReplicaAddress(behavior.address, scoringPath: behavior.scoringPath)
        let now = elapsed()
        return state.withLock { state in
            // Another call with the same arguments may have been faster.
            if let running = state.replicas[key.id], running.life == key.life,
                Self.exitStatus(running, at: now) == nil
            {
                return running.address
            }
            let replica = Replica(
                life: key.life, address: address, specification: specification, behavior: behavior, startedAt: now)
            state.replicas[key.id] = replica
            if let end = Self.scheduledEnd(replica) { state.listener?.yield((key.id, max(.zero, end - now))) }
            return address
        }
    }

    private func runningAddress(of key: ReplicaKey) -> ReplicaAddress? {
        let now = elapsed()
        return state.withLock { state in
            guard let replica = state.replicas[key.id], replica.life == key.life else { return nil }
            return Self.exitStatus(replica, at: now) == nil ? replica.address : nil
        }
    }

    package func observe(_ key: ReplicaKey) async -> ReplicaObservation {
        let now = elapsed()
        return state.withLock { state in
            guard let replica = state.replicas[key.id], replica.life == key.life else { return .exited(status: nil) }
            return SimulatedBackend.exitStatus(replica, at: now).map { .exited(status: $0) } ?? .running
        }
    }

    package func watch(_ onChange: @escaping @Sendable (ReplicaID) -> Void) async {
        let (ends, listener) = AsyncStream.makeStream(of: (ReplicaID, Duration).self)
        let now = elapsed()
        state.withLock { state in
            state.listener?.finish()
            state.listener = listener
            for (id, replica) in state.replicas {
                guard let end = Self.scheduledEnd(replica) else { continue }
                listener.yield((id, max(.zero, end - now)))
            }
        }
        await withDiscardingTaskGroup { group in
            for await (id, rest) in ends {
                guard rest > .zero else {
                    onChange(id)
                    continue
                }
                group.addTask { [clock] in
                    // Only cancellation throws; nobody listens then.
                    try? await clock.sleep(for: rest)
                    onChange(id)
                }
            }
            group.cancelAll()
        }
    }

    package func probe(_ key: ReplicaKey, at address: ReplicaAddress, _ probe: Probe) async -> ProbeResult {
        let now = elapsed()
        let answers = state.withLock { state -> Bool? in
            guard let replica = state.replicas[key.id], replica.life == key.life,
                Self.exitStatus(replica, at: now) == nil
            else { return nil }
            return !replica.behavior.isUnresponsive && now - replica.startedAt >= replica.behavior.readyAfter
        }
        switch answers {
        case true: return .success
        case false: return .failure(reason: "no answer within \(probe.timeoutMs) ms")
        case nil: return .failure(reason: "not reachable: simulated replica has ended")
        }
    }

    package func stop(_ id: ReplicaID, grace: Duration) async {
        crash(id, status: 0)
    }

    package func list() async -> [ReplicaID: FoundReplica] {
        let now = elapsed()
        return state.withLock { state in
            state.replicas.mapValues { replica in
                FoundReplica(
                    life: replica.life, address: replica.address, isRunning: Self.exitStatus(replica, at: now) == nil)
            }
        }
    }

    package func remains() async -> Set<ReplicaID> {
        state.withLock { Set($0.replicas.keys) }
    }

    package func logs(of id: ReplicaID, _ container: LogContainer, tail: Int) async -> String {
        let now = elapsed()
        guard tail > 0, let replica = state.withLock({ $0.replicas[id] }) else { return "" }
        switch container {
        case .storageInitializer: return "simulated: nothing to fetch"
        case .inferenceServer:
            let lines = replica.behavior.logLines + SimulatedBackend.outcome(of: replica, at: now)
            return lines.suffix(tail).joined(separator: "\n")
        }
    }

    package func discard(_ id: ReplicaID) async {
        crash(id)
        state.withLock { $0.replicas[id] = nil }
    }

    // MARK: Inside

    private func behavior(of specification: ReplicaSpecification) throws(ComputeError) -> SimulatedBehavior {
        let name = DeploymentName(endpoint: specification.endpoint, deployment: specification.deployment)
        var behavior = state.withLock { $0.behaviors[name] ?? $0.behavior }
        if let words = specification.environmentVariables[SimulatedBehavior.variable] { try behavior.apply(words) }
        return behavior
    }

    private func wait(_ duration: Duration) async throws(ComputeError) {
        guard duration > .zero else { return }
        do { try await clock.sleep(for: duration) } catch { throw .cancelled }
    }

    /// When a replica ends by itself, on the stopwatch; nil for never, and for one that has ended.
    private static func scheduledEnd(_ replica: Replica) -> Duration? {
        guard replica.exitStatus == nil else { return nil }
        let initFailure = replica.behavior.initFailure == nil ? nil : replica.behavior.readyAfter
        return [initFailure, replica.behavior.crashAfter].compactMap { $0 }.min().map { replica.startedAt + $0 }
    }

    private static func exitStatus(_ replica: Replica, at now: Duration) -> Int32? {
        if let status = replica.exitStatus { return status }
        let age = now - replica.startedAt
        if replica.behavior.initFailure != nil, age >= replica.behavior.readyAfter { return 3 }
        if let crashAfter = replica.behavior.crashAfter, age >= crashAfter { return 137 }
        return nil
    }

    /// What the replica's log says after its first lines.
    private static func outcome(of replica: Replica, at now: Duration) -> [String] {
        guard now - replica.startedAt >= replica.behavior.readyAfter else { return [] }
        guard let exception = replica.behavior.initFailure else { return ["Worker ready for serving traffic"] }
        return [
            "azmlinfsrv - User's init function failed",
            "azmlinfsrv - Encountered Exception Traceback (most recent call last):",
            "  File \"score.py\", line 1, in init", exception, "",
            "The above exception was the direct cause of the following exception:", "",
            "Traceback (most recent call last):",
            "azureml_inference_server_http.server.user_script.UserScriptException: "
                + "Caught an unhandled exception from the user script",
        ]
    }

    private static func stopwatch<C: Clock<Duration>>(_ clock: C) -> @Sendable () -> Duration {
        let start = clock.now
        return { start.duration(to: clock.now) }
    }
}
