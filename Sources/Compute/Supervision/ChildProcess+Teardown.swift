import Glibc

/// One step of ending a process tree: a signal, and how long its members get to obey.
package struct TeardownStep: Sendable, Equatable {
    package var signal: Int32
    package var wait: Duration

    package init(_ signal: Int32, wait: Duration) {
        (self.signal, self.wait) = (signal, wait)
    }
}

extension ChildProcess {
    /// How long a killed tree may take to be gone; only a process stuck in the kernel takes longer.
    private static let killWait = Duration.seconds(10)

    /// Ends a process with everything in its session, its group and under it: each step in turn, then SIGKILL.
    ///
    /// Returns when nothing of it runs, with the leader's exit status if it was our child. Runs to its end even when
    /// the calling task is cancelled: a half-stopped replica helps nobody.
    @discardableResult
    package static func terminate(_ leader: ProcessIdentity, steps: [TeardownStep]) async -> Int32? {
        var known: Set<ProcessIdentity> = []
        var status: Int32?
        for step in steps {
            if await attempt(step, on: leader, &known, &status) { return status }
        }
        _ = await attempt(TeardownStep(SIGKILL, wait: killWait), on: leader, &known, &status)
        return status
    }

    /// Signals once (a kill again and again, for members born meanwhile) and waits; true when nothing lives any more.
    private static func attempt(
        _ step: TeardownStep, on leader: ProcessIdentity, _ known: inout Set<ProcessIdentity>, _ status: inout Int32?
    ) async -> Bool {
        let deadline = ContinuousClock.now + step.wait
        var isSignalled = false
        var interval = Duration.milliseconds(1)
        while true {
            let living = ProcessTree.members(of: leader, known: known)
            for dead in known.subtracting(living).union([leader]) where status == nil || dead != leader {
                let code = reap(dead)
                if dead == leader, let code { status = code }
            }
            if living.isEmpty { return true }
            known.formUnion(living)
            if !isSignalled || step.signal == SIGKILL {
                for process in living { process.signal(step.signal) }
                isSignalled = true
            }
            if ContinuousClock.now >= deadline { return false }
            await sleepUncancelled(min(interval, max(.zero, deadline - ContinuousClock.now)))
            interval = min(interval * 2, .milliseconds(25))
        }
    }

    /// Sleeps also in a cancelled task, where `Task.sleep` would return at once and turn the wait into a busy loop.
    private static func sleepUncancelled(_ duration: Duration) async {
        // An unstructured task does not inherit cancellation; it is awaited here, so it does not outlive the call.
        await Task { try? await Task.sleep(for: duration) }.value
    }
}
