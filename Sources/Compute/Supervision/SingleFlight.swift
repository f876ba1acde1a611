import Synchronization

/// Lets one of several concurrent callers do a piece of work; the others wait and share its outcome.
///
/// When the working caller is cancelled, one of the waiting ones takes over.
final class SingleFlight: Sendable {
    private enum Outcome {
        case finished(Result<Void, ComputeError>)
        /// The work was not brought to an end, or this caller stopped waiting.
        case abandoned
    }

    private struct Flight {
        var waiting: [Int: CheckedContinuation<Outcome, Never>] = [:]
    }

    private struct State {
        var flights: [String: Flight] = [:]
        var nextWaiter = 0
    }

    private let state = Mutex(State())

    func run(_ key: String, _ work: () async throws(ComputeError) -> Void) async throws(ComputeError) {
        while true {
            if Task.isCancelled { throw .cancelled }
            if takeLead(of: key) { return try await lead(key, work) }
            if case .finished(let result) = await waitForLeader(of: key) { return try result.get() }
        }
    }

    private func takeLead(of key: String) -> Bool {
        state.withLock { state in
            if state.flights[key] != nil { return false }
            state.flights[key] = Flight()
            return true
        }
    }

    private func lead(_ key: String, _ work: () async throws(ComputeError) -> Void) async throws(ComputeError) {
        do {
            try await work()
            land(key, .finished(.success(())))
        } catch {
            // A cancelled leader says nothing about whether the work can succeed.
            land(key, Task.isCancelled ? .abandoned : .finished(.failure(error)))
            throw error
        }
    }

    private func land(_ key: String, _ outcome: Outcome) {
        let flight = state.withLock { $0.flights.removeValue(forKey: key) }
        for continuation in (flight?.waiting ?? [:]).values { continuation.resume(returning: outcome) }
    }

    private func waitForLeader(of key: String) async -> Outcome {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isWaiting = state.withLock { state in
                    // Checked under the lock: a later cancellation finds the waiter registered. The leader may have
                    // landed meanwhile, then the caller tries again.
                    guard !Task.isCancelled, state.flights[key] != nil else { return false }
                    state.flights[key]?.waiting[id] = continuation
                    return true
                }
                if !isWaiting { continuation.resume(returning: .abandoned) }
            }
        } onCancel: {
            let continuation = state.withLock { $0.flights[key]?.waiting.removeValue(forKey: id) }
            continuation?.resume(returning: .abandoned)
        }
    }
}

extension ComputeError {
    /// The caller gave up; the same call may be made again.
    static var cancelled: ComputeError { ComputeError(.exhausted, "the work was cancelled") }
}
