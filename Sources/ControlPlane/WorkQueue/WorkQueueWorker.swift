import Foundation
package import Logging
package import Postgres
import Resources
import ServiceLifecycle
import Store
import Synchronization

/// Settings of the work queue.
package struct WorkQueueSettings: Sendable {
    /// Operations that one process carries out at once.
    package var concurrency: Int
    /// How long a claim holds without being extended; work of a dead process is taken over after it.
    package var lease: Duration
    /// How often leases are extended.
    package var heartbeat: Duration
    /// How often the queue is looked at without a signal.
    package var pollInterval: Duration
    /// How long an operation waits in a worker's place before it waits as a row.
    package var waitInPlace: Duration

    package init(
        concurrency: Int = 256, lease: Duration = .seconds(6), heartbeat: Duration = .milliseconds(1_500),
        pollInterval: Duration = .seconds(1), waitInPlace: Duration = .milliseconds(250)
    ) {
        (self.concurrency, self.lease, self.heartbeat) = (concurrency, lease, heartbeat)
        (self.pollInterval, self.waitInPlace) = (pollInterval, waitInPlace)
    }
}

/// Claims work items and runs their operations, many at once; frees what dead workers held.
///
/// ```swift
/// ServiceGroup(services: [worker], …)   // run() until graceful shutdown, then gives back what it holds
/// ```
package final class WorkQueueWorker: Service {
    /// Claims, heartbeats and rescues have connections of their own: behind busy callers they would come too late, and what
    /// runs here would be taken for abandoned.
    private let database: Database
    private let runner: OperationRunner
    private let hub: SignalHub
    private let settings: WorkQueueSettings
    private let logger: Logger
    private let owner = UUID()
    private let running = Mutex<[WorkClaim: Task<Void, Never>]>([:])

    /// First pause after a failed try; doubled each time, with jitter.
    private static let firstBackoff = Duration.milliseconds(200)
    private static let longestBackoff = Duration.seconds(30)

    package init(
        database: Database, runner: OperationRunner, hub: SignalHub, settings: WorkQueueSettings = WorkQueueSettings(),
        logger: Logger
    ) {
        self.database = database.beside(poolSize: 2)
        (self.runner, self.hub, self.settings, self.logger) = (runner, hub, settings, logger)
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.claimLoop() }
                group.addTask { await self.heartbeatLoop() }
                group.addTask { await self.rescueLoop() }
                group.addTask { await self.cancellationLoop() }
            }
        }
    }

    private func claimLoop() async {
        await withDiscardingTaskGroup { group in
            var mayHoldUnknown = false
            while !Task.isCancelled {
                let seen = hub.count(of: .work)
                let free = settings.concurrency - running.withLock { $0.count }
                let claimed = free > 0 ? await claim(limit: min(free, 64), &mayHoldUnknown) : []
                for work in claimed { start(work, in: &group) }
                if claimed.isEmpty || free <= claimed.count {
                    _ = await hub.wait(for: .work, after: seen, upTo: await pause())
                }
            }
            group.cancelAll()
        }
    }

    /// Until the next item is due, at most the polling interval.
    private func pause() async -> Duration {
        // A failed look-up costs one polling interval.
        guard let next = try? await WorkItemStore(database).millisecondsUntilNext() else {
            return settings.pollInterval
        }
        return min(settings.pollInterval, .milliseconds(max(1, next)))
    }

    /// - Parameter mayHoldUnknown: whether the last claim failed. The database may have carried it out all the same, and
    ///   nobody else takes what is held before its lease has run out.
    private func claim(limit: Int, _ mayHoldUnknown: inout Bool) async -> [ClaimedWork] {
        do {
            if mayHoldUnknown {
                let known = running.withLock { Array($0.keys) }
                try await WorkItemStore(database).freeUnknown(of: owner, except: known)
                mayHoldUnknown = false
            }
            return try await WorkItemStore(database).claim(
                owner: owner, limit: min(limit, max(1, settings.concurrency / 4)), lease: settings.lease)
        } catch {
            mayHoldUnknown = true
            if !Task.isCancelled { logger.warning("claiming work failed", metadata: ["error": "\(error)"]) }
            return []
        }
    }

    private func start(_ work: ClaimedWork, in group: inout DiscardingTaskGroup) {
        // The handle lets the heartbeat cancel an item that was taken away; the group's child awaits its end.
        let task = Task { await self.carryOut(work) }
        running.withLock { $0[work.claim] = task }
        group.addTask {
            await withTaskCancellationHandler {
                await task.value
            } onCancel: {
                task.cancel()
            }
            self.running.withLock { _ = $0.removeValue(forKey: work.claim) }
            self.hub.raiseHere([.work])
        }
    }

    private func carryOut(_ work: ClaimedWork) async {
        do {
            try await runner.run(work)
        } catch {
            let wasTaken = Task.isCancelled
            let delay = wasTaken ? Duration.zero : Self.backoff(failures: work.failures + 1)
            if !wasTaken {
                var metadata = OperationRunner.metadata(work.operation)
                metadata["error"] = "\(error)"
                logger.warning("operation interrupted, it will be tried again", metadata: metadata)
            }
            await giveBack(work, after: delay, error: wasTaken ? nil : "\(error)")
        }
    }

    /// Returns the claim; without a database the lease runs out instead.
    private func giveBack(_ work: ClaimedWork, after delay: Duration, error: String?) async {
        let database = database
        let logger = logger
        // A cancelled task cancels its statements, so the claim is returned by one that is not.
        await Task {
            do {
                try await WorkItemStore(database).release(work.claim, after: delay, error: error)
            } catch {
                logger.debug("a claim was left to its lease", metadata: ["error": "\(error)"])
            }
        }.value
    }

    private static func backoff(failures: Int) -> Duration {
        let doubled = firstBackoff * (1 << min(failures, 10))
        return min(doubled, longestBackoff) * Double.random(in: 0.5...1)
    }

    private func heartbeatLoop() async {
        while !Task.isCancelled {
            await leaveWhatIsLost { try await $0.extendLeases($1, lease: self.settings.lease) }
            try? await Task.sleep(for: settings.heartbeat)  // only cancellation throws, and the loop sees it
        }
    }

    private func cancellationLoop() async {
        var seen = hub.count(of: .cancellations)
        while !Task.isCancelled {
            let next = await hub.wait(for: .cancellations, after: seen, upTo: .seconds(10))
            guard next > seen else { continue }
            seen = next
            await leaveWhatIsLost { try await $0.held($1) }
            try? await Task.sleep(for: .milliseconds(50))  // many signals make one round; cancellation ends the loop
        }
    }

    /// Cancels the tasks of claims that hold no more.
    private func leaveWhatIsLost(
        _ look: @Sendable (WorkItemStore, [WorkClaim]) async throws -> Set<WorkClaim>
    ) async {
        let mine = running.withLock { Array($0.keys) }
        guard !mine.isEmpty else { return }
        do {
            let held = try await look(WorkItemStore(database), mine)
            let lost = running.withLock { running in mine.filter { !held.contains($0) }.compactMap { running[$0] } }
            for task in lost { task.cancel() }
        } catch {
            if !Task.isCancelled { logger.warning("looking after claims failed", metadata: ["error": "\(error)"]) }
        }
    }

    private func rescueLoop() async {
        while !Task.isCancelled {
            do {
                let mine = running.withLock { Array($0.keys) }
                let rescued = try await WorkItemStore(database).rescueAbandoned(except: mine)
                if rescued > 0 {
                    logger.info("work of a dead worker was freed", metadata: ["work.count": "\(rescued)"])
                    hub.raise(.work)
                }
            } catch {
                if !Task.isCancelled {
                    logger.debug("looking for abandoned work failed", metadata: ["error": "\(error)"])
                }
            }
            try? await Task.sleep(for: settings.heartbeat)  // only cancellation throws, and the loop sees it
        }
    }
}
