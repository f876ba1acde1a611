package import Resources

/// Times that the supervision of replicas keeps to.
package struct ReplicaSettings: Sendable {
    /// How often a starting replica is probed until it is ready, whatever its probe's period.
    package var startProbeInterval: Duration
    /// Longest time that requests inside a draining replica may take to end.
    package var drainDeadline: Duration
    /// How long a stopped replica gets between the stop signal and the kill.
    package var stopGrace: Duration
    /// First pause before a broken replica is started again; doubled each time.
    package var firstBackoff: Duration
    package var longestBackoff: Duration
    /// Pause after the database was not reachable.
    package var databaseRetry: Duration

    package init(
        startProbeInterval: Duration = .milliseconds(50), drainDeadline: Duration = .seconds(30),
        stopGrace: Duration = .seconds(10), firstBackoff: Duration = .seconds(1),
        longestBackoff: Duration = .seconds(60), databaseRetry: Duration = .milliseconds(500)
    ) {
        (self.startProbeInterval, self.drainDeadline) = (startProbeInterval, drainDeadline)
        (self.stopGrace, self.firstBackoff) = (stopGrace, firstBackoff)
        (self.longestBackoff, self.databaseRetry) = (longestBackoff, databaseRetry)
    }

    /// Pause before the start after so many failures in a row.
    func backoff(failures: Int) -> Duration {
        let doubled = firstBackoff * (1 << min(max(0, failures - 1), 16))
        return min(doubled, longestBackoff)
    }
}

/// How a replica gets out of use: no router sends it requests any more, and those inside have ended.
package protocol ReplicaDrain: Sendable {
    /// Returns when that is so, or `deadline` has passed.
    func drain(_ replica: ReplicaID, deadline: Duration) async
}
