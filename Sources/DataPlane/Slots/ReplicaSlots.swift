import Synchronization

/// The requests that this process has inside one replica, over all its loops.
///
/// Taking is a compare-and-swap below the limit, so the limit holds whichever loops take at the same moment.
package struct ReplicaSlots: ~Copyable, Sendable {
    private let taken = Atomic<Int>(0)

    package init() {}

    package var busy: Int { taken.load(ordering: .relaxed) }

    /// Takes a slot if fewer than `limit` are taken.
    package func take(limit: Int) -> Bool {
        var seen = taken.load(ordering: .relaxed)
        while seen < limit {
            let result = taken.weakCompareExchange(expected: seen, desired: seen + 1, ordering: .acquiringAndReleasing)
            if result.exchanged { return true }
            seen = result.original
        }
        return false
    }

    /// Gives a slot back that ``take(limit:)`` gave out.
    package func release() {
        let left = taken.wrappingSubtract(1, ordering: .sequentiallyConsistent).newValue
        assert(left >= 0)
    }
}
