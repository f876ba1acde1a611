import Routing
import Synchronization

/// Times by powers of two, counted by one loop and read by others.
struct LatencyHistogram: ~Copyable, Sendable {
    private let counts: InlineArray<24, Atomic<Int64>>

    init() {
        counts = InlineArray { _ in Atomic(0) }
    }

    /// There is one writer, so a load and a store are enough.
    func count(microseconds: Int64) {
        let bucket = LatencyBuckets.index(microseconds: microseconds)
        counts[bucket].store(counts[bucket].load(ordering: .relaxed) &+ 1, ordering: .relaxed)
    }

    /// Adds the counts to `sums`, which has as many elements as there are buckets.
    func add(to sums: inout [Int64]) {
        for bucket in 0..<LatencyBuckets.count { sums[bucket] += counts[bucket].load(ordering: .relaxed) }
    }
}
