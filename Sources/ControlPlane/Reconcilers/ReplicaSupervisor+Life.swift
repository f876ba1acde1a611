import Compute
import Foundation
import Logging
import Resources
import Store
import Synchronization

/// From nothing to ready, and staying so.
extension ReplicaSupervisor {
    /// Prepares and starts. What was begun before is begun again: preparing is cached, and `start` returns a process that
    /// runs already, be it one that could not be recorded or one that another control plane started at the same time.
    func bringUp(_ replica: ReplicaRow, _ specification: ReplicaSpecification) async throws {
        let progress = PreparationProgress(replica, supervisor: self)
        do {
            try await progress.reach(.environment)
            try await parts.backend.prepare(specification) { phase in
                // A row that somebody else moved shows at the next step below.
                try? await progress.reach(phase == .environment ? .environment : .artifacts)
            }
            try await progress.reach(.starting)
            let handle = try await parts.backend.start(id, specification)
            try await move(await progress.replica, on: .processStarted) { $0.handle = handle }
        } catch let error as ComputeError {
            try Task.checkCancellation()
            let log = error.log.isEmpty ? "" : "\n\(error.log)"
            try await recordFailure(
                await progress.replica, ARMError(error.armCode, "\(error.message)\(log)", target: specification.label))
        }
    }

    /// Probes often until ready. Failures count only once per period of the probe, as its owner set it; a process that
    /// was ready before is out of routing until it answers again, and ended after the time its liveness probe allows.
    func proveReady(_ replica: ReplicaRow, _ specification: ReplicaSpecification) async throws {
        guard let handle = replica.handle else { return }
        let probe = specification.readinessProbe
        var successes = 0
        var nextCount = probe.initialDelayMs + probe.periodMs
        var failures = 0
        let began = parts.time.now()
        while true {
            guard await isRunning(handle, replica, specification) else { return }
            switch await parts.backend.probe(handle, .readiness, specification) {
            case .success:
                successes += 1
                if successes >= probe.successThreshold {
                    try await move(replica, on: .becameReady) { row in
                        row.failures = 0
                        row.error = nil
                    }
                    hasBeenReady.store(true, ordering: .relaxed)
                    return
                }
            case .failure(let reason):
                successes = 0
                let elapsed = Int(parts.time.now().timeIntervalSince(began) * 1_000)
                if elapsed >= nextCount {
                    failures += 1
                    nextCount += probe.periodMs
                }
                if failures >= patience(specification) {
                    return try await abandon(
                        handle, replica, specification, "its readiness probe failed \(failures) times: \(reason)")
                }
            }
            try await parts.time.sleep(parts.settings.startProbeInterval)
        }
    }

    /// Failed probes in a row after which a process that is not ready is ended.
    private func patience(_ specification: ReplicaSpecification) -> Int {
        let probe = specification.readinessProbe
        guard hasBeenReady.load(ordering: .relaxed) else { return probe.failureThreshold }
        let liveness = specification.livenessProbe
        return max(1, liveness.failureThreshold * liveness.periodMs / max(1, probe.periodMs))
    }

    /// Watches for the end of the process, until ``ReadyProbes`` says that it does not stay healthy: that ends this turn,
    /// and the next one sees the verdict.
    func watch(_ replica: ReplicaRow, _ specification: ReplicaSpecification) async throws {
        guard let handle = replica.handle else { return }
        if let verdict = takeVerdict(on: replica.revision) {
            return try await heed(verdict, of: handle, replica, specification)
        }
        let probing = parts.probes.add(handle, specification) { [weak self] verdict in
            self?.receive(verdict, on: replica.revision)
        }
        defer { parts.probes.remove(probing) }
        _ = await parts.backend.waitForExit(handle)
        try Task.checkCancellation()
        _ = await isRunning(handle, replica, specification)
    }

    private func heed(
        _ verdict: ReadyProbes.Verdict, of handle: ReplicaHandle, _ replica: ReplicaRow,
        _ specification: ReplicaSpecification
    ) async throws {
        switch verdict.kind {
        case .liveness:
            try await abandon(
                handle, replica, specification,
                "its liveness probe failed \(verdict.failures) times: \(verdict.reason)")
        case .readiness:
            try await move(replica, on: .readinessLost)
        }
    }

    /// False after the end of the process was recorded.
    private func isRunning(
        _ handle: ReplicaHandle, _ replica: ReplicaRow, _ specification: ReplicaSpecification
    ) async -> Bool {
        guard case .exited(let status, let cause) = await parts.backend.observe(handle) else { return true }
        do {
            try await recordFailure(replica, await exitError(handle, status: status, cause: cause, specification))
            // What the process left running goes with it, once the requests inside have ended.
            await parts.drain.drain(id, deadline: parts.settings.drainDeadline)
            try Task.checkCancellation()  // else it is another turn's to stop, which may have started it anew
            await parts.backend.stop(id, grace: .zero)
        } catch is CancellationError {
            // Somebody else moved the row: the next turn sees it.
        } catch {
            parts.logger.warning(
                "recording the end of a replica failed", metadata: ["replica.id": "\(id)", "error": "\(error)"])
        }
        return false
    }

    /// Out of routing first, as always; the requests inside end if they can.
    private func abandon(
        _ handle: ReplicaHandle, _ replica: ReplicaRow, _ specification: ReplicaSpecification, _ reason: String
    ) async throws {
        let log = await parts.backend.logs(of: id, .inferenceServer, tail: Self.errorLogLines)
        try await recordFailure(
            replica,
            ARMError(
                .resourceNotReady, "The replica of \(specification.label) did not stay healthy: \(reason).\n\(log)",
                target: specification.label))
        if replica.state == .ready { await parts.drain.drain(id, deadline: parts.settings.drainDeadline) }
        try Task.checkCancellation()
        await parts.backend.stop(id, grace: parts.settings.stopGrace)
    }

    /// The error that shows the script's own traceback where there is one.
    private func exitError(
        _ handle: ReplicaHandle, status: Int32?, cause: String?, _ specification: ReplicaSpecification
    ) async -> ARMError {
        let log = await parts.backend.logs(of: id, .inferenceServer, tail: Self.errorLogLines)
        if let cause {
            return ARMError(
                .deploymentCrashLoopBackOff, "\(cause) Its last lines:\n\(log)", target: specification.label)
        }
        let ended = status.map { " with status \($0)" } ?? ""
        guard let cause = StartFailure.explain(log: log) else {
            return ARMError(
                .deploymentCrashLoopBackOff,
                "The model server of \(specification.label) ended\(ended). Its last lines:\n\(log)",
                target: specification.label)
        }
        return ARMError(
            cause.armCode, "\(cause.summary)\n\(cause.traceback)\nLast lines of the log:\n\(log)",
            target: specification.label)
    }

    /// Lines of the log that go into an error.
    private static let errorLogLines = 60
}

/// Keeps the row in step with what the backend reports while it prepares.
private actor PreparationProgress {
    private(set) var replica: ReplicaRow
    private let supervisor: ReplicaSupervisor

    init(_ replica: ReplicaRow, supervisor: ReplicaSupervisor) {
        (self.replica, self.supervisor) = (replica, supervisor)
    }

    /// Moves the row forward to `state`, through the states between; never back.
    func reach(_ state: ReplicaState) async throws {
        let events: [ReplicaState: ReplicaState.Event] = [
            .pending: .environmentBegan, .environment: .artifactsBegan, .artifacts: .startBegan,
        ]
        while replica.state.progress < state.progress, let event = events[replica.state] {
            replica = try await supervisor.move(replica, on: event)
        }
    }
}

extension ReplicaSpecification {
    /// `endpoint/deployment`, in messages.
    var label: String { "\(endpoint)/\(deployment)" }
}

extension ComputeError {
    /// Azure's code for it (`surface.md` §5).
    var armCode: ARMErrorCode {
        switch code {
        case .unsupported: .badArgument
        case .environmentBuildFailed: .imageBuildFailure
        case .artifactMissing: .resourceNotFound
        case .startFailed: .deploymentCrashLoopBackOff
        case .exhausted: .outOfQuota
        }
    }
}

extension StartFailure {
    var armCode: ARMErrorCode {
        switch code {
        case .importError: .userScriptImportError
        case .initFailed: .userScriptInitFailed
        case .functionNotFound: .userScriptFunctionNotFound
        }
    }
}
