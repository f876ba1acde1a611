/// Times that a host keeps to.
package struct HostSettings: Sendable {
    /// How often a starting replica is probed until it is ready, whatever its probe's period.
    package var startProbeInterval: Duration
    /// How long a stopped replica gets between the stop signal and the kill.
    package var stopGrace: Duration
    /// First pause before a broken replica is started again; doubled each time.
    package var firstBackoff: Duration
    package var longestBackoff: Duration
    /// Longest time that what is left of a failed life is kept for requests inside, where nobody says that there are none.
    package var longestRemains: Duration
    /// How long something that nobody owns is left alone before it is ended.
    package var sweepPause: Duration
    /// Pause after the control plane was not reachable.
    package var retryPause: Duration
    /// At least so often the host reports that it is there.
    package var reportInterval: Duration

    package init(
        startProbeInterval: Duration = .milliseconds(50), stopGrace: Duration = .seconds(10),
        firstBackoff: Duration = .seconds(1), longestBackoff: Duration = .seconds(60),
        longestRemains: Duration = .seconds(60), sweepPause: Duration = .seconds(3),
        retryPause: Duration = .milliseconds(500),
        reportInterval: Duration = .seconds(1)
    ) {
        (self.startProbeInterval, self.stopGrace) = (startProbeInterval, stopGrace)
        (self.firstBackoff, self.longestBackoff) = (firstBackoff, longestBackoff)
        (self.longestRemains, self.sweepPause, self.retryPause) = (longestRemains, sweepPause, retryPause)
        self.reportInterval = reportInterval
    }

    /// Pause before the life after so many failures in a row.
    func backoff(failures: Int) -> Duration {
        let doubled = firstBackoff * (1 << min(max(0, failures - 1), 16))
        return min(doubled, longestBackoff)
    }
}
