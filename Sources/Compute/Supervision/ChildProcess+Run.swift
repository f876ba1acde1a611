import Glibc

extension ChildProcess {
    /// The program did not end in time and was killed.
    package struct TimedOut: Error, Sendable {}

    /// Runs a program to its end and gives its exit status. Kills its whole tree on cancellation and at the deadline.
    ///
    /// Throws `SpawnError`, `CancellationError` or `TimedOut`.
    package static func run(_ launch: ChildLaunch, until deadline: ContinuousClock.Instant) async throws -> Int32? {
        let identity = try spawn(launch)
        var pause = Pause()
        do {
            while identity.isAlive {
                if ContinuousClock.now >= deadline { throw TimedOut() }
                try await pause.next()
            }
        } catch {
            await terminate(identity, steps: [TeardownStep(SIGTERM, wait: .seconds(2))])
            throw error
        }
        return reap(identity)
    }
}
