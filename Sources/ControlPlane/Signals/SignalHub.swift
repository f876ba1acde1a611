package import Store
import Synchronization

/// Wakes what waits for a change, in this process at once and in the others through `NOTIFY`.
///
/// A signal says that something of a topic changed, never what: whoever wakes looks for itself.
///
/// ```swift
/// var seen = hub.count(of: .replicas)
/// while !isDone() { seen = await hub.wait(for: .replicas, after: seen, upTo: .seconds(1)) }
/// ```
package final class SignalHub: Sendable {
    private struct State {
        var counts: [ChangeTopic: UInt64] = [:]
        var waiters: [ChangeTopic: [UInt64: CheckedContinuation<Void, Never>]] = [:]
        var nextWaiter: UInt64 = 0
        /// Topics that the other processes have not been told of.
        var unsent: Set<ChangeTopic> = []
        var senderWaiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    package init() {}

    /// Signals so far; take it before looking, so that a change in between is not missed.
    package func count(of topic: ChangeTopic) -> UInt64 {
        state.withLock { $0.counts[topic, default: 0] }
    }

    /// Wakes waiters here and queues the word for other processes.
    package func raise(_ topics: ChangeTopic...) {
        raise(Set(topics))
    }

    package func raise(_ topics: Set<ChangeTopic>) {
        raise(topics, tellingOthers: true)
    }

    /// Wakes waiters of this process only: for signals that came from outside.
    package func raiseHere(_ topics: Set<ChangeTopic>) {
        raise(topics, tellingOthers: false)
    }

    private func raise(_ topics: Set<ChangeTopic>, tellingOthers: Bool) {
        let woken = state.withLock { state in
            var woken: [CheckedContinuation<Void, Never>] = []
            for topic in topics {
                state.counts[topic, default: 0] += 1
                woken += (state.waiters.removeValue(forKey: topic) ?? [:]).values
            }
            if tellingOthers {
                state.unsent.formUnion(topics)
                if let sender = state.senderWaiter { woken.append(sender) }
                state.senderWaiter = nil
            }
            return woken
        }
        for continuation in woken { continuation.resume() }
    }

    /// Waits until the topic was signalled more than `seen` times, at most `limit`; returns the count then.
    package func wait(for topic: ChangeTopic, after seen: UInt64, upTo limit: Duration) async -> UInt64 {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.suspend(on: topic, after: seen) }
            group.addTask { try? await Task.sleep(for: limit) }  // throws only when cancelled, which ends it too
            await group.next()
            group.cancelAll()
        }
        return count(of: topic)
    }

    private func suspend(on topic: ChangeTopic, after seen: UInt64) async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDue = state.withLock { state in
                    if state.counts[topic, default: 0] > seen || Task.isCancelled { return true }
                    state.waiters[topic, default: [:]][id] = continuation
                    return false
                }
                if isDue { continuation.resume() }
            }
        } onCancel: {
            let continuation = state.withLock { $0.waiters[topic]?.removeValue(forKey: id) }
            continuation?.resume()
        }
    }

    /// Topics to tell the other processes of; waits until there are some, or the task is cancelled.
    func takeUnsent() async -> Set<ChangeTopic> {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDue = state.withLock { state in
                    if !state.unsent.isEmpty || Task.isCancelled { return true }
                    state.senderWaiter = continuation
                    return false
                }
                if isDue { continuation.resume() }
            }
        } onCancel: {
            let continuation = state.withLock { state in
                let waiter = state.senderWaiter
                state.senderWaiter = nil
                return waiter
            }
            continuation?.resume()
        }
        return state.withLock { state in
            let topics = state.unsent
            state.unsent = []
            return topics
        }
    }
}
