/// How routers sort the times of requests: bucket n holds what took at most `0.25 ms × 2ⁿ`, the last one the rest too.
package enum LatencyBuckets {
    /// From 0.25 ms to 35 minutes.
    package static let count = 24
    private static let smallest: Int64 = 250

    /// Longest time of a bucket, in microseconds; of the last one too, though it also holds what took longer.
    package static func limit(_ bucket: Int) -> Int64 { smallest << Int64(bucket) }

    package static func index(microseconds: Int64) -> Int {
        guard microseconds > smallest else { return 0 }
        // The number of doublings that reach the time.
        let ratio = (microseconds - 1) / smallest
        return min(count - 1, Int64.bitWidth - ratio.leadingZeroBitCount)
    }
}
