import Compute
import Resources

/// Does what a machine wants done, and tells the outcome.
struct ReplicaWork: Sendable {
    let key: ReplicaKey
    /// Nil for what needs none.
    let specification: ReplicaMachine.SharedSpecification?
    let backend: any ComputeBackend
    let mailbox: AsyncStream<HostLoop.Message>.Continuation

    /// Lines of the log that go into an error.
    private static let errorLogLines = 60

    func perform(_ action: ReplicaMachine.Action) async {
        guard let event = await outcome(of: action), !Task.isCancelled else { return }
        tell(event)
    }

    /// The same, until something arrives on `interruption`, or it ends.
    func perform(_ action: ReplicaMachine.Action, until interruption: AsyncStream<Void>) async {
        let event = await withTaskGroup(of: ReplicaMachine.Event?.self) { group in
            group.addTask { await outcome(of: action) }
            group.addTask {
                for await _ in interruption {}
                return .interrupted
            }
            // Whichever is first; what was interrupted is waited for, for it may have started something.
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
        if let event { tell(event) }
    }

    private func tell(_ event: ReplicaMachine.Event) { mailbox.yield(.event(key, event)) }

    private func outcome(of action: ReplicaMachine.Action) async -> ReplicaMachine.Event? {
        do throws(ComputeError) {
            switch action {
            case .prepare:
                guard let specification else { return nil }
                try await backend.prepare(specification.value) { tell(.reached($0)) }
                return .prepared
            case .start(let key):
                guard let specification else { return nil }
                return .started(try await backend.start(key, specification.value))
            case .stop(let grace):
                await backend.stop(key.id, grace: grace)
                return .stopped
            case .observe(let key): return await observe(key)
            case .explain(_, let reason):
                let log = await backend.logs(of: key.id, .inferenceServer, tail: Self.errorLogLines)
                return failed(
                    .resourceNotReady, "The replica of \(label) did not stay healthy: \(reason).\n\(log)", grace: nil)
            case .probe(let key, let address, let kind, let probe):
                return .probed(kind, await backend.probe(key, at: address, probe))
            case .interrupt: return nil
            }
        } catch {
            let log = error.log.isEmpty ? "" : "\n\(error.log)"
            return failed(error.armCode, "\(error.message)\(log)", grace: nil)
        }
    }

    /// What the process left running goes with it at once: it has no use any more.
    private func observe(_ key: ReplicaKey) async -> ReplicaMachine.Event {
        guard case .exited(let status, let cause) = await backend.observe(key) else { return .isRunning }
        let log = await backend.logs(of: key.id, .inferenceServer, tail: Self.errorLogLines)
        if let cause {
            return failed(.deploymentCrashLoopBackOff, "\(cause) Its last lines:\n\(log)", grace: .zero)
        }
        let ended = status.map { " with status \($0)" } ?? ""
        guard let reason = StartFailure.explain(log: log) else {
            return failed(
                .deploymentCrashLoopBackOff, "The model server of \(label) ended\(ended). Its last lines:\n\(log)",
                grace: .zero)
        }
        return failed(
            reason.armCode, "\(reason.summary)\n\(reason.traceback)\nLast lines of the log:\n\(log)", grace: .zero)
    }

    private func failed(_ code: ARMErrorCode, _ message: String, grace: Duration?) -> ReplicaMachine.Event {
        .failed(ReplicaMachine.Failure(error: ARMError(code, message, target: label), grace: grace))
    }

    private var label: String { specification?.value.label ?? "\(key.id)" }
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
