import Synchronization

/// What the loops of a process share with each other and with the control side.
final class LoopShared: Sendable {
    let mailboxes: [LoopMailbox]
    let slots: SlotHost
    /// One per loop, or none.
    let accessLogs: [AccessLogQueue]
    let counters: [LoopCounters]
    /// Client connections of all loops.
    let connections = Atomic<Int>(0)
    /// Connections that are not among them any more, and not closed yet.
    let endingConnections = Atomic<Int>(0)

    private struct Acknowledgements {
        /// Generation that each loop serves.
        var generations: [Int64]
        var waiters: [(generation: Int64, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let acknowledgements: Mutex<Acknowledgements>

    /// - Parameter accessLogInterval: one request in so many is written down; `nil` for none.
    init(slots: SlotHost, accessLogInterval: Int? = nil) throws(SystemError) {
        self.slots = slots
        let loopCount = slots.members.count
        accessLogs =
            accessLogInterval.map { interval in
                (0..<loopCount).map { _ in AccessLogQueue(interval: interval) }
            } ?? []
        var mailboxes: [LoopMailbox] = []
        for _ in 0..<loopCount { mailboxes.append(try LoopMailbox()) }
        self.mailboxes = mailboxes
        counters = (0..<loopCount).map { _ in LoopCounters() }
        acknowledgements = Mutex(Acknowledgements(generations: Array(repeating: 0, count: loopCount)))
    }

    /// The generation that every loop serves, or a newer one.
    var servedGeneration: Int64 {
        acknowledgements.withLock { $0.generations.min() ?? 0 }
    }

    /// Hands a table to every loop.
    func publish(_ table: CompiledTable, retired: [ReplicaState]) {
        for replica in retired { replica.isRetired.store(true, ordering: .relaxed) }
        for mailbox in mailboxes { mailbox.post(table, retired: retired) }
    }

    /// Called when a loop has ended, and serves no table that could be older than another.
    func loopEnded(_ loop: Int) { acknowledge(loop: loop, generation: .max) }

    /// Waits until every loop has ended.
    func waitUntilEnded() async { await waitUntilServed(.max) }

    /// Called by a loop that has begun to serve a table.
    func acknowledge(loop: Int, generation: Int64) {
        let served = acknowledgements.withLock { service -> [CheckedContinuation<Void, Never>] in
            service.generations[loop] = generation
            let everywhere = service.generations.min() ?? 0
            let done = service.waiters.filter { $0.generation <= everywhere }.map(\.continuation)
            service.waiters.removeAll { $0.generation <= everywhere }
            return done
        }
        for continuation in served { continuation.resume() }
    }

    /// Waits until every loop serves `generation` or a newer one.
    func waitUntilServed(_ generation: Int64) async {
        await withCheckedContinuation { continuation in
            let isServed = acknowledgements.withLock { service -> Bool in
                if (service.generations.min() ?? 0) >= generation { return true }
                service.waiters.append((generation, continuation))
                return false
            }
            if isServed { continuation.resume() }
        }
    }
}
