import Routing
import Synchronization

/// How the responses of a mirror compare with those of the deployment whose requests it gets; loops add to it at once.
final class MirrorComparison: Sendable {
    private let same = Atomic<Int64>(0)
    private let different = Atomic<Int64>(0)
    private let liveDuration = Atomic<Int64>(0)
    private let mirrorDuration = Atomic<Int64>(0)

    /// What came of one request at one of the two.
    struct Answer {
        var status: Int
        var microseconds: Int64
    }

    func count(live: Answer, mirror: Answer) {
        if live.status == mirror.status {
            same.wrappingAdd(1, ordering: .relaxed)
        } else {
            different.wrappingAdd(1, ordering: .relaxed)
        }
        liveDuration.wrappingAdd(live.microseconds, ordering: .relaxed)
        mirrorDuration.wrappingAdd(mirror.microseconds, ordering: .relaxed)
    }

    func report(live: String) -> MirrorReport {
        MirrorReport(
            live: live, sameStatus: same.load(ordering: .relaxed), differentStatus: different.load(ordering: .relaxed),
            liveMicroseconds: liveDuration.load(ordering: .relaxed),
            mirrorMicroseconds: mirrorDuration.load(ordering: .relaxed))
    }
}
