import Synchronization

/// How many requests are in a place now, and how long requests have been there in all: two looks at the second tell the
/// mean between them, however short the requests.
///
/// One loop writes; others read, and may miss the change that is just being made.
struct LoadMeter: ~Copyable, Sendable {
    private let presentCount = Atomic<Int>(0)
    private let spent = Atomic<Int64>(0)
    private let changedAt = Atomic<Int64>(0)

    /// Requests that are in the place now.
    var count: Int { presentCount.load(ordering: .relaxed) }

    /// Changes the number by 1 or -1.
    func change(by amount: Int, at now: MonotonicTime) {
        let count = presentCount.load(ordering: .relaxed)
        let passed = now.microseconds &- changedAt.load(ordering: .relaxed)
        changedAt.store(now.microseconds, ordering: .relaxed)
        if count != 0 {
            spent.store(spent.load(ordering: .relaxed) &+ Int64(count) &* passed, ordering: .relaxed)
        }
        presentCount.store(count &+ amount, ordering: .relaxed)
    }

    /// Microseconds that requests have spent in the place until `now`, summed over requests.
    func microsecondsSpent(until now: MonotonicTime) -> Int64 {
        let count = Int64(presentCount.load(ordering: .relaxed))
        let passed = max(0, now.microseconds &- changedAt.load(ordering: .relaxed))
        return spent.load(ordering: .relaxed) &+ count &* passed
    }

    /// Whether requests were here after `moment`, or are here now.
    func wasUsed(after moment: MonotonicTime) -> Bool {
        count != 0 || changedAt.load(ordering: .relaxed) > moment.microseconds
    }
}
