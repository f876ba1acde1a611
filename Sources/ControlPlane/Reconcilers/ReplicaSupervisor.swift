import Compute
import Foundation
import Logging
import Postgres
import Resources
import Store
import Synchronization

/// Carries one replica through its life: prepare, start, probe, watch, start again, drain, stop.
///
/// The row is the truth: each turn reads it, does what its state asks for, and writes the next state on the condition
/// that nobody wrote the row meanwhile. A supervisor in a new process goes on from the row; two that run at once, as for a
/// moment after a change of leaders, do each step once, for only one of them writes it.
final class ReplicaSupervisor: Sendable {
    struct Parts: Sendable {
        let database: Database
        let backend: any ComputeBackend
        let probes: ReadyProbes
        let settings: ReplicaSettings
        let hub: SignalHub
        let time: TimeSource
        let drain: any ReplicaDrain
        let logger: Logger
    }

    private struct Turns {
        var present: Task<Void, any Error>?
        /// Newest revision of the row that this supervisor has read or written.
        var known: Int64 = 0
        /// Newest revision that it was shown.
        var shown: Int64 = 0
        /// What its probes have come to while the row stood at a revision.
        var verdict: (ReadyProbes.Verdict, revision: Int64)?
    }

    let id: ReplicaID
    let parts: Parts
    private let turns = Mutex(Turns())
    /// Whether the process that runs has been ready: then silence ends it as late as its liveness probe allows.
    let hasBeenReady = Atomic<Bool>(false)

    init(id: ReplicaID, parts: Parts) {
        (self.id, self.parts) = (id, parts)
    }

    /// The row stands at this revision, `.max` for one that is gone. What is being done on the ground of an older one is
    /// left, to look again.
    func notice(revision: Int64) {
        turns.withLock { turns in
            turns.shown = max(turns.shown, revision)
            if turns.shown > turns.known { turns.present?.cancel() }
        }
    }

    /// Ends the turn that watches over the replica at this revision, so that the next one acts on the verdict.
    func receive(_ verdict: ReadyProbes.Verdict, on revision: Int64) {
        turns.withLock { turns in
            guard turns.known == revision else { return }
            turns.verdict = (verdict, revision)
            turns.present?.cancel()
        }
    }

    func takeVerdict(on revision: Int64) -> ReadyProbes.Verdict? {
        turns.withLock { turns in
            defer { turns.verdict = nil }
            return turns.verdict.flatMap { $0.revision == revision ? $0.0 : nil }
        }
    }

    /// Returns when the replica is gone, or the task is cancelled; then the replica lives on.
    func run() async {
        while !Task.isCancelled {
            do {
                guard let replica = try await ReplicaStore(parts.database).find(id) else {
                    // Whoever removed the row may have looked before our own start had made a process.
                    return await parts.backend.stop(id, grace: .zero)
                }
                try await take(replica)
            } catch is CancellationError {
                continue
            } catch let error as PostgresError where error.code == .cancelled {
                continue
            } catch {
                guard !Task.isCancelled else { return }
                parts.logger.warning(
                    "supervising a replica was interrupted", metadata: ["replica.id": "\(id)", "error": "\(error)"])
                // Only cancellation throws, and the loop sees it.
                try? await parts.time.sleep(parts.settings.databaseRetry)
            }
        }
    }

    /// One turn in a task of its own, so that `notice` can end the turn and not the supervisor.
    private func take(_ replica: ReplicaRow) async throws {
        let task = Task { try await self.act(on: replica) }
        turns.withLock { turns in
            turns.known = replica.revision
            turns.present = task
            if turns.shown > turns.known { task.cancel() }
        }
        try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    private func act(on replica: ReplicaRow) async throws {
        guard replica.state != .draining else { return try await remove(replica) }
        guard let specification = try await specification(of: replica) else {
            // Its deployment is gone, which only happens after its replicas: nothing can run it.
            return try await remove(replica)
        }
        switch replica.state {
        case .pending, .environment, .artifacts, .starting: try await bringUp(replica, specification)
        case .probing: try await proveReady(replica, specification)
        case .ready: try await watch(replica, specification)
        case .failed: try await retry(replica)
        case .draining: break
        }
    }

    func specification(of replica: ReplicaRow) async throws -> ReplicaSpecification? {
        try await WorkloadStore(parts.database).findSpecification(
            id: replica.workloadID, generation: replica.generation)
    }

    // MARK: Moving

    /// Writes the state after an event; throws `CancellationError` when somebody else moved the row, so that the
    /// next turn reads it again.
    @discardableResult
    func move(
        _ replica: ReplicaRow, on event: ReplicaState.Event, change: (inout ReplicaRow) -> Void = { _ in }
    ) async throws -> ReplicaRow {
        let moved = try Self.next(replica, on: event, change: change)
        guard let revision = try await ReplicaStore(parts.database).move(moved) else { throw CancellationError() }
        return announce(moved, revision, from: replica.state)
    }

    private static func next(
        _ replica: ReplicaRow, on event: ReplicaState.Event, change: (inout ReplicaRow) -> Void
    ) throws -> ReplicaRow {
        guard let next = replica.state.next(on: event) else { throw CancellationError() }
        var moved = replica
        moved.state = next
        change(&moved)
        return moved
    }

    /// Tells of a move that was written.
    private func announce(_ moved: ReplicaRow, _ revision: Int64, from state: ReplicaState) -> ReplicaRow {
        var moved = moved
        moved.revision = revision
        turns.withLock { $0.known = max($0.known, revision) }
        parts.logger.debug(
            "replica moved",
            metadata: ["replica.id": "\(id)", "replica.from": "\(state)", "replica.to": "\(moved.state)"])
        parts.hub.raise(.replicas)
        if (state == .ready) != (moved.state == .ready) { parts.hub.raise(.routing) }
        return moved
    }

    /// Records why the replica broke and when it is tried again. In the same transaction its deployment remembers it, for
    /// its log: the operation that sees the failure may end at once, and the replica be removed.
    func recordFailure(_ replica: ReplicaRow, _ error: ARMError) async throws {
        hasBeenReady.store(false, ordering: .relaxed)
        let failures = replica.failures + 1
        let pause = parts.settings.backoff(failures: failures)
        let retryAt = parts.time.now().addingTimeInterval(pause.seconds)
        let broken = try Self.next(replica, on: .broke) { row in
            row.failures = failures
            row.retryAt = retryAt
            row.error = error
            row.handle = nil
        }
        let (revision, before) = try await parts.database.transaction { transaction in
            // The deployment first, as callers lock them.
            let before = try await WorkloadStore(transaction).rememberFailure(
                id: replica.workloadID, replica: id)
            guard let revision = try await ReplicaStore(transaction).move(broken) else { throw CancellationError() }
            return (revision, before)
        }
        _ = announce(broken, revision, from: replica.state)
        parts.logger.info(
            "replica broke", metadata: ["replica.id": "\(id)", "error.code": "\(error.code.rawValue)"])
        if let before, before != id, try await ReplicaStore(parts.database).find(before) == nil {
            await parts.backend.discard(before)
        }
    }

    private func retry(_ replica: ReplicaRow) async throws {
        let wait = (replica.retryAt ?? parts.time.now()).timeIntervalSince(parts.time.now())
        if wait > 0 {
            // Ends early when the row is made due.
            return try await parts.time.sleep(.milliseconds(Int(wait * 1_000) + 1))
        }
        // What an interrupted end left running would be taken for the new start, and may have requests inside.
        await parts.drain.drain(id, deadline: parts.settings.drainDeadline)
        try Task.checkCancellation()
        await parts.backend.stop(id, grace: parts.settings.stopGrace)
        try await move(replica, on: .retryDue) { row in
            row.retryAt = nil
            row.error = nil
        }
    }

    /// Out of routing, requests inside end, then stop; always in this order.
    private func remove(_ replica: ReplicaRow) async throws {
        if let handle = replica.handle, await parts.backend.observe(handle) == .running {
            await parts.drain.drain(id, deadline: parts.settings.drainDeadline)
            // A drain that was broken off has proven nothing.
            try Task.checkCancellation()
        }
        await parts.backend.stop(id, grace: parts.settings.stopGrace)
        let keepsLog = try await WorkloadStore(parts.database).findLastFailure(id: replica.workloadID) == id
        try await ReplicaStore(parts.database).delete(id)
        if !keepsLog { await parts.backend.discard(id) }
        parts.hub.raise(.replicas)
    }
}

extension Duration {
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
