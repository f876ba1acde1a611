package import Compute
import Foundation
package import Logging
package import Postgres
import Resources
import Store

/// Makes the replicas what the deployments want: adds, drains, and watches over each one.
///
/// A pass looks at the deployments that changed since the last one, at all of them when this process begins to lead. For
/// each it makes the set of supervisors equal to the set of rows, plans, and writes; a supervisor per replica carries it
/// through its life. What a pass wrote shows in the next one, so a response that was lost loses nothing. One process at a
/// time runs it (``Leadership``).
package actor ReplicaReconciler {
    private let database: Database
    private let parts: ReplicaSupervisor.Parts
    private let hub: SignalHub
    private let logger: Logger
    private var supervised: [ReplicaID: Supervised] = [:]
    private var position: FeedPosition?
    /// Deployments to look at in the next pass: those that changed, and those where the last pass did not succeed.
    private var due: Set<UUID> = []

    private struct Supervised {
        var supervisor: ReplicaSupervisor
        var deploymentID: UUID
    }

    /// How often to look without a signal.
    private static let lookInterval = Duration.seconds(1)
    /// Signals within this time make one pass.
    private static let gathering = Duration.milliseconds(5)
    /// How often to look for what is left on the host of replicas that are gone.
    private static let sweepInterval = Duration.seconds(60)

    package init(
        database: Database, backend: any ComputeBackend, settings: ReplicaSettings, hub: SignalHub,
        time: TimeSource = .system, drain: any ReplicaDrain, logger: Logger
    ) {
        (self.database, self.hub, self.logger) = (database, hub, logger)
        parts = ReplicaSupervisor.Parts(
            database: database, backend: backend, probes: ReadyProbes(backend: backend, time: time), settings: settings,
            hub: hub, time: time, drain: drain, logger: logger)
    }

    /// Reconciles until the task is cancelled; replicas live on.
    package func run() async {
        (supervised, position, due) = ([:], nil, [])
        await withDiscardingTaskGroup { group in
            group.addTask { await self.sweepLoop() }
            group.addTask { await self.parts.probes.run() }
            while !Task.isCancelled {
                let seen = hub.count(of: .replicas)
                do {
                    try await pass(in: &group)
                } catch {
                    guard !Task.isCancelled else { break }
                    logger.warning("reconciling replicas failed, trying again", metadata: ["error": "\(error)"])
                }
                _ = await hub.wait(for: .replicas, after: seen, upTo: Self.lookInterval)
                try? await Task.sleep(for: Self.gathering)  // only cancellation throws, and the loop sees it
            }
            group.cancelAll()
        }
    }

    private func pass(in group: inout DiscardingTaskGroup) async throws {
        let (next, changes) = try await ChangeFeedStore(database).changes(since: position)
        guard let changes else {
            // A new beginning counts once everything was read from there.
            position = nil
            let all = try await ReplicaStore(database).listDesired()
            position = next
            return await settle(all, among: nil, in: &group)
        }
        position = next
        due.formUnion(changes.compactMap(\.deploymentID))
        guard !due.isEmpty else { return }
        let looked = due
        await settle(try await ReplicaStore(database).listDesired(looked), among: looked, in: &group)
    }

    /// `looked` names the deployments that were asked for, nil for all.
    private func settle(
        _ deployments: [WorkloadReplicas], among looked: Set<UUID>?, in group: inout DiscardingTaskGroup
    ) async {
        match(deployments, among: looked, in: &group)
        due.subtract(looked ?? due)
        for deployment in deployments {
            guard !Task.isCancelled else { return }
            await settle(deployment, in: &group)
        }
    }

    /// Makes the set of supervisors equal to the set of rows, and shows each one how its row stands.
    private func match(
        _ deployments: [WorkloadReplicas], among looked: Set<UUID>?, in group: inout DiscardingTaskGroup
    ) {
        var present: Set<ReplicaID> = []
        for replica in deployments.lazy.flatMap(\.replicas) {
            present.insert(replica.id)
            supervise(replica.id, of: replica.workloadID, in: &group)
            supervised[replica.id]?.supervisor.notice(revision: replica.revision)
        }
        for (id, entry) in supervised where !present.contains(id) && looked?.contains(entry.deploymentID) != false {
            entry.supervisor.notice(revision: .max)
        }
    }

    /// One deployment that fails does not hold up the others.
    private func settle(_ deployment: WorkloadReplicas, in group: inout DiscardingTaskGroup) async {
        let store = ReplicaStore(database)
        do {
            for action in ReplicaPlan.actions(deployment) {
                switch action {
                case .create(let generation):
                    let id = ReplicaID()
                    if try await store.insert(id, workloadID: deployment.workloadID, generation: generation) {
                        supervise(id, of: deployment.workloadID, in: &group)
                    }
                case .drain(let id):
                    guard let revision = try await store.markDraining(id) else { continue }
                    hub.raise(.routing)
                    supervised[id]?.supervisor.notice(revision: revision)
                }
            }
        } catch {
            due.insert(deployment.workloadID)
            guard !Task.isCancelled else { return }
            logger.warning(
                "reconciling a deployment failed",
                metadata: ["deployment.id": "\(deployment.workloadID)", "error": "\(error)"])
        }
    }

    private func supervise(_ id: ReplicaID, of deploymentID: UUID, in group: inout DiscardingTaskGroup) {
        guard supervised[id] == nil else { return }
        let supervisor = ReplicaSupervisor(id: id, parts: parts)
        supervised[id] = Supervised(supervisor: supervisor, deploymentID: deploymentID)
        group.addTask {
            await supervisor.run()
            await self.forget(id)
        }
    }

    private func forget(_ id: ReplicaID) {
        supervised[id] = nil
    }

    // MARK: What nobody has a row of

    /// Beside the passes, which must not wait for processes that take their time to end.
    private nonisolated func sweepLoop() async {
        while !Task.isCancelled {
            var pause = Self.sweepInterval
            do {
                try await sweep()
            } catch {
                if !Task.isCancelled {
                    logger.warning("looking for orphaned replicas failed", metadata: ["error": "\(error)"])
                }
                pause = Self.lookInterval
            }
            try? await Task.sleep(for: pause)  // only cancellation throws, and the loop sees it
        }
    }

    /// Ends and removes what the host has of replicas without a row. Rows are looked at after the host: a replica's row is
    /// there before anything else of it.
    private nonisolated func sweep() async throws {
        let found = await parts.backend.list()
        for id in try await ReplicaStore(database).unknown(among: found) {
            logger.warning("what is left of a replica is removed", metadata: ["replica.id": "\(id)"])
            // Routers may still send it requests, where the database is older than they are.
            await parts.drain.drain(id, deadline: parts.settings.drainDeadline)
            try Task.checkCancellation()
            await parts.backend.stop(id, grace: parts.settings.stopGrace)
            await parts.backend.discard(id)
        }
        try await ChangeFeedStore(database).trim()
    }
}
