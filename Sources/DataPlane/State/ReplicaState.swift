import Synchronization

/// A replica as the loops know it, across table changes: its address, its slots, and what each loop keeps about it.
package final class ReplicaState: Sendable {
    package let id: String
    /// The address as the table has it.
    let addressText: String
    let address: SocketAddress
    let slots: ReplicaSlots
    /// Set when no table names the replica any more: connections to it are closed instead of kept.
    let isRetired = Atomic<Bool>(false)
    /// One per loop, in loop order.
    let loops: PerLoop<LoopReplica>

    init(id: String, addressText: String, address: SocketAddress, slots: ReplicaSlots, loopCount: Int) {
        (self.id, self.addressText, self.address, self.slots) = (id, addressText, address, slots)
        loops = PerLoop(count: loopCount) { LoopReplica() }
    }
}

/// What one loop knows of a replica. Only that loop writes it, hence relaxed loads and stores.
struct LoopReplica: ~Copyable, Sendable {
    private let firstIdleValue = Atomic<Int32>(-1)
    private let idleCountValue = Atomic<Int>(0)
    private let avoidedUntilValue = Atomic<Int64>(0)
    private let lastSlotValue = Atomic<Int>(0)

    /// Index of the idle connection that was used last, -1 if there is none.
    var firstIdle: Int32 {
        get { firstIdleValue.load(ordering: .relaxed) }
        nonmutating set { firstIdleValue.store(newValue, ordering: .relaxed) }
    }

    /// The slot that was taken last: the search for a free one begins there.
    var lastSlot: Int {
        get { lastSlotValue.load(ordering: .relaxed) }
        nonmutating set { lastSlotValue.store(newValue, ordering: .relaxed) }
    }

    var idleCount: Int {
        get { idleCountValue.load(ordering: .relaxed) }
        nonmutating set { idleCountValue.store(newValue, ordering: .relaxed) }
    }

    /// Requests in a row that the replica could not be reached for, or broke off.
    private let failuresValue = Atomic<Int>(0)

    /// Takes notice of a failure; others are preferred for `avoidMs`, twice as long with every further one in a row.
    ///
    /// A replica that cannot be reached is avoided at once, one that breaks off what it has begun from the third time
    /// on: one such request may be the request's own fault.
    func failed(_ now: MonotonicTime, isReachable: Bool, avoidMs: Int) {
        let count = failuresValue.load(ordering: .relaxed) + 1
        failuresValue.store(count, ordering: .relaxed)
        let tolerated = isReachable ? 2 : 0
        guard count > tolerated else { return }
        avoidedUntil = now.after(milliseconds: min(Self.longestAvoidanceMs, avoidMs << min(count - tolerated - 1, 10)))
    }

    /// The replica has answered.
    func answered() {
        guard failuresValue.load(ordering: .relaxed) != 0 else { return }
        failuresValue.store(0, ordering: .relaxed)
        avoidedUntil = MonotonicTime(microseconds: 0)
    }

    private static let longestAvoidanceMs = 30_000

    /// Until when another replica is preferred: this one is asked only if no other has a free slot.
    var avoidedUntil: MonotonicTime {
        get { MonotonicTime(microseconds: avoidedUntilValue.load(ordering: .relaxed)) }
        nonmutating set { avoidedUntilValue.store(newValue.microseconds, ordering: .relaxed) }
    }
}
