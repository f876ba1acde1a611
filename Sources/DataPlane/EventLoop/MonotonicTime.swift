import CEpoll

/// The time of day.
enum WallClock {
    /// Microseconds since 1970.
    static var microseconds: Int64 { CEpollWallClock() }
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
