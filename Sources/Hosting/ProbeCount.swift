/// What the probes of one kind have shown of a replica so far, and when the next is due.
struct ProbeCount: Sendable {
    var dueAt: Duration
    /// Failures before count for nothing.
    var countsFrom: Duration
    /// In a row.
    var successes = 0
    var failures = 0
    var isUnderWay = false

    /// Probes of replicas that are ready come together in moments that far apart, so that a timer serves many.
    private static let grain = Duration.milliseconds(200)

    init(dueAt: Duration) {
        (self.dueAt, countsFrom) = (dueAt, dueAt)
    }

    /// The moment of a probe that follows after a period.
    static func due(after periodMs: Int, _ now: Duration) -> Duration {
        grain * Int(((now + .milliseconds(periodMs)) / grain).rounded(.up))
    }
}
