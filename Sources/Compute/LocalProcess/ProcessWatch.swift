import Resources
import Synchronization

/// The processes of the replicas that run on this host, and who is told when one ends.
final class ProcessWatch: Sendable {
    private struct State {
        var processes: [ReplicaID: ProcessIdentity] = [:]
        /// Those that are being held against their limits.
        var measured: Set<ReplicaID> = []
        /// Of whoever watches now.
        var listener: AsyncStream<(ReplicaID, ProcessIdentity)>.Continuation?
    }

    private let state = Mutex(State())

    /// The process of a replica runs; it takes the place of the one before.
    func add(_ id: ReplicaID, _ process: ProcessIdentity) {
        state.withLock { state in
            guard state.processes.updateValue(process, forKey: id) != process else { return }
            state.listener?.yield((id, process))
        }
    }

    func remove(_ id: ReplicaID) {
        state.withLock { $0.processes[id] = nil }
    }

    /// Whether a replica is to be held against its limits now: nobody does so already.
    func beginMeasuring(_ id: ReplicaID) -> Bool {
        state.withLock { $0.measured.insert(id).inserted }
    }

    func endMeasuring(_ id: ReplicaID) {
        state.withLock { _ = $0.measured.remove(id) }
    }

    var all: [ReplicaID: ProcessIdentity] { state.withLock { $0.processes } }

    /// Tells of each process that ends, until the task is cancelled. One watches at a time.
    func run(_ onEnd: @escaping @Sendable (ReplicaID) -> Void) async {
        let (processes, listener) = AsyncStream.makeStream(of: (ReplicaID, ProcessIdentity).self)
        state.withLock { state in
            state.listener?.finish()
            state.listener = listener
            for entry in state.processes { listener.yield((entry.key, entry.value)) }
        }
        await withDiscardingTaskGroup { group in
            for await (id, process) in processes {
                group.addTask {
                    await ExitNotice.wait(for: process)
                    if !process.isAlive { onEnd(id) }
                }
            }
            group.cancelAll()
        }
    }
}
