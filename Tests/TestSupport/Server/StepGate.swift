package import ControlPlane
import Resources
import Synchronization

/// Holds operations after one step until it is opened, so that a test can act while they run.
package final class StepGate: Sendable {
    private struct State {
        var isOpen = false
        var arrivals = 0
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let kind: String
    private let step: String
    private let state = Mutex(State())

    package init(kind: String, step: String) {
        (self.kind, self.step) = (kind, step)
    }

    package var observer: OperationRunner.StepObserver {
        { [self] operation, step in
            guard operation.kind.rawValue == kind, step == self.step else { return }
            state.withLock { $0.arrivals += 1 }
            await wait()
            try Task.checkCancellation()
        }
    }

    package func untilReached() async throws {
        try await eventually("the operation reaches the gate") { state.withLock { $0.arrivals > 0 } }
    }

    package func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Ends with the gate's opening or the task's cancellation.
    private func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDue = state.withLock { state in
                    guard !state.isOpen, !Task.isCancelled else { return true }
                    state.waiters.append(continuation)
                    return false
                }
                if isDue { continuation.resume() }
            }
        } onCancel: {
            // All waiters look again; those that are not cancelled belong to other operations, which tests don't hold.
            open()
        }
    }
}

/// Breaks operations off after chosen steps, once each, as a worker that dies there would.
package final class StepBreaker: Sendable {
    package struct Broken: Error {}

    private let isChosen: @Sendable (String, String) -> Bool
    private let seen = Mutex<[String]>([])

    /// `isChosen` gets kind and step.
    package init(_ isChosen: @escaping @Sendable (String, String) -> Bool) {
        self.isChosen = isChosen
    }

    /// Steps that were broken off, as `kind/step`.
    package var breaks: [String] { seen.withLock { $0.map { String($0.split(separator: " ")[1]) } } }

    package var observer: OperationRunner.StepObserver {
        { [self] operation, step in
            guard isChosen(operation.kind.rawValue, step) else { return }
            let key = "\(operation.id) \(operation.kind.rawValue)/\(step)"
            let isFirst = seen.withLock { seen in
                guard !seen.contains(key) else { return false }
                seen.append(key)
                return true
            }
            if isFirst { throw Broken() }
        }
    }
}
