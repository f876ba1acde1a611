import Glibc

extension ChildProcess {
    /// The program did not end in time and was killed.
    package struct TimedOut: Error, Sendable {}

    private static let checkPace = Duration.milliseconds(500)

    /// Runs a program to its end and gives its exit status. Kills its whole tree on cancellation and at the deadline.
    ///
    /// Throws `SpawnError`, `CancellationError` or `TimedOut`, and what `check` throws, which is asked twice a second.
    package static func run(
        _ launch: ChildLaunch, until deadline: ContinuousClock.Instant,
        checking check: ((ProcessIdentity) async throws -> Void)? = nil
    ) async throws -> Int32? {
        let identity = try spawn(launch)
        var pause = Pause()
        var nextCheck = ContinuousClock.now + checkPace
        do {
            while identity.isAlive {
                if ContinuousClock.now >= deadline { throw TimedOut() }
                if let check, ContinuousClock.now >= nextCheck {
                    try await check(identity)
                    nextCheck = ContinuousClock.now + checkPace
                }
                try await pause.next()
            }
        } catch {
            await terminate(identity, steps: [TeardownStep(SIGTERM, wait: .seconds(2))])
            throw error
        }
        return reap(identity)
    }
}
