import Routing
import Testing

@Suite struct LatencyBucketsTests {
    @Test(
        arguments: [
            (-5, 0), (0, 0), (250, 0), (251, 1), (500, 1), (501, 2), (1_000, 2), (1_001, 3), (2_000_000, 13),
            (.max, 23),
        ] as [(Int64, Int)])
    func `a time is in the first bucket that holds it`(microseconds: Int64, bucket: Int) {
        #expect(LatencyBuckets.index(microseconds: microseconds) == bucket)
    }

    @Test func `limits double, and belong to their bucket`() {
        for bucket in 0..<LatencyBuckets.count - 1 {
            let limit = LatencyBuckets.limit(bucket)
            #expect(LatencyBuckets.index(microseconds: limit) == bucket)
            #expect(LatencyBuckets.index(microseconds: limit + 1) == bucket + 1)
            #expect(LatencyBuckets.limit(bucket + 1) == 2 * limit)
        }
    }
}
