import Foundation

/// How much work something is, whatever else the machine does meanwhile.
enum ThreadTime {
    /// Seconds that this thread ran.
    static func measure(_ work: () -> Void) -> Double {
        let start = now
        work()
        return now - start
    }

    private static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
