import Synchronization

/// What other threads tell a loop; each letter is followed by a ring.
final class LoopMailbox: Sendable {
    struct Letters {
        var table: CompiledTable?
        var retired: [ReplicaState] = []
        /// The certificate for connections to come.
        var tls: TLSContext?
        /// Stop accepting, finish what is there, and end at this moment at the latest.
        var drainDeadline: MonotonicTime?
    }

    let wakeUp: WakeUp
    /// A slot became free for somebody who waits on this loop.
    let hasFreeSlots = Atomic<Bool>(false)
    private let letters = Mutex(Letters())

    init() throws(SystemError) {
        wakeUp = try WakeUp()
    }

    func post(_ table: CompiledTable, retired: [ReplicaState]) {
        letters.withLock {
            $0.table = table
            $0.retired += retired
        }
        wakeUp.ring()
    }

    func post(_ tls: TLSContext) {
        letters.withLock { $0.tls = tls }
        wakeUp.ring()
    }

    func drain(deadline: MonotonicTime) {
        letters.withLock { $0.drainDeadline = deadline }
        wakeUp.ring()
    }

    func slotIsFree() {
        hasFreeSlots.store(true, ordering: .sequentiallyConsistent)
        wakeUp.ring()
    }

    /// Everything that arrived since the last call.
    func takeLetters() -> Letters {
        letters.withLock { letters in
            let taken = letters
            letters = Letters()
            return taken
        }
    }
}
