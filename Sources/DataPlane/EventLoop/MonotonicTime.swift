import CEpoll
import Glibc

/// The time of day.
enum WallClock {
    /// Microseconds since 1970.
    static var microseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }
}

/// A moment on the machine's monotonic clock, in microseconds.
struct MonotonicTime: Comparable, Sendable {
    var microseconds: Int64

    static let never = MonotonicTime(microseconds: .max)

    static var now: MonotonicTime { MonotonicTime(microseconds: CEpollNow()) }

    var milliseconds: Int64 { microseconds / 1_000 }

    func after(milliseconds: Int) -> MonotonicTime {
        let (sum, overflow) = microseconds.addingReportingOverflow(Int64(clamping: milliseconds) &* 1_000)
        return overflow || sum < 0 ? .never : MonotonicTime(microseconds: sum)
    }

    static func < (left: MonotonicTime, right: MonotonicTime) -> Bool { left.microseconds < right.microseconds }
}
