/// How routers sort the times of requests: bucket n holds what took at most `0.25 ms × 2ⁿ`, the last one the rest too.
package enum LatencyBuckets {
    /// From 0.25 ms to 35 minutes.
    package static let count = 24
    private static let smallest: Int64 = 250

    /// Longest time of a bucket, in microseconds; of the last one too, though it also holds what took longer.
    package static func limit(_ bucket: Int) -> Int64 { smallest << Int64(bucket) }

    /// The time that `share` of the responses stayed below, in microseconds: within its bucket evenly spread. Nil for none.
    package static func quantile(_ share: Double, of counts: [Int64]) -> Double? {
        let wanted = Double(counts.reduce(0, +)) * share
        guard wanted > 0 else { return nil }
        var below = 0.0
        for (bucket, count) in counts.enumerated() where count > 0 {
            if below + Double(count) >= wanted {
                let lower = bucket == 0 ? 0 : Double(limit(bucket - 1))
                return lower + (Double(limit(bucket)) - lower) * (wanted - below) / Double(count)
            }
            below += Double(count)
        }
        return nil
    }

    package static func index(microseconds: Int64) -> Int {
        guard microseconds > smallest else { return 0 }
        // The number of doublings that reach the time.
        let ratio = (microseconds - 1) / smallest
        return min(count - 1, Int64.bitWidth - ratio.leadingZeroBitCount)
    }
}
