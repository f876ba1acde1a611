package import Compute
import Foundation
package import Logging
package import Postgres
import Resources
import Store

/// Makes the replicas what the deployments want: adds, drains, and watches over each one.
///
/// It is told only that something changed. One pass loads what is unsettled, plans, and writes; a supervisor per
/// replica carries it through its life. One process at a time runs it (``Leadership``).
package actor ReplicaReconciler {
    private let database: Database
    private let parts: ReplicaSupervisor.Parts
    private let hub: SignalHub
    private let logger: Logger
    private var supervised: [ReplicaID: ReplicaSupervisor] = [:]

    /// How often to look without a signal.
    private static let lookInterval = Duration.seconds(1)
    /// Signals within this time make one pass.
    private static let gathering = Duration.milliseconds(5)

    package init(
        database: Database, backend: any ComputeBackend, settings: ReplicaSettings, hub: SignalHub,
        time: TimeSource = .system, drain: any ReplicaDrain, logger: Logger
    ) {
        self.database = database
        self.hub = hub
        self.logger = logger
        parts = ReplicaSupervisor.Parts(
            database: database, backend: backend, settings: settings, hub: hub, time: time, drain: drain, logger: logger
        )
    }

    /// Reconciles until the task is cancelled; replicas live on.
    package func run() async {
        supervised = [:]
        await withDiscardingTaskGroup { group in
            await adoptAll(in: &group)
            while !Task.isCancelled {
                let seen = hub.count(of: .replicas)
                await pass(in: &group)
                _ = await hub.wait(for: .replicas, after: seen, upTo: Self.lookInterval)
                try? await Task.sleep(for: Self.gathering)  // only cancellation throws, and the loop sees it
            }
            group.cancelAll()
        }
    }

    /// Takes over every replica that an earlier process left.
    private func adoptAll(in group: inout DiscardingTaskGroup) async {
        while !Task.isCancelled {
            do {
                for replica in try await ReplicaStore(database).listAll() { supervise(replica.id, in: &group) }
                return
            } catch {
                logger.warning("reading the replicas failed, trying again", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: Self.lookInterval)  // only cancellation throws, and the loop sees it
            }
        }
    }

    private func pass(in group: inout DiscardingTaskGroup) async {
        do {
            for deployment in try await ReplicaStore(database).listUnsettled() {
                await settle(deployment, in: &group)
            }
        } catch {
            if !Task.isCancelled { logger.warning("reconciling replicas failed", metadata: ["error": "\(error)"]) }
        }
    }

    /// One deployment that fails does not hold up the others.
    private func settle(_ deployment: DeploymentReplicas, in group: inout DiscardingTaskGroup) async {
        do {
            for action in ReplicaPlan.actions(deployment) {
                switch action {
                case .create(let generation):
                    let id = ReplicaID()
                    let store = ReplicaStore(database)
                    if try await store.insert(id, deploymentID: deployment.deploymentID, generation: generation) {
                        supervise(id, in: &group)
                    }
                case .drain(let id):
                    try await ReplicaStore(database).markDraining(id)
                    hub.raise(.routing)
                    supervise(id, in: &group)
                    supervised[id]?.nudge()
                }
            }
        } catch {
            logger.warning(
                "reconciling a deployment failed",
                metadata: ["deployment.id": "\(deployment.deploymentID)", "error": "\(error)"])
        }
    }

    private func supervise(_ id: ReplicaID, in group: inout DiscardingTaskGroup) {
        guard supervised[id] == nil else { return }
        let supervisor = ReplicaSupervisor(id: id, parts: parts)
        supervised[id] = supervisor
        group.addTask {
            await supervisor.run()
            await self.forget(id)
        }
    }

    private func forget(_ id: ReplicaID) {
        supervised[id] = nil
    }
}
