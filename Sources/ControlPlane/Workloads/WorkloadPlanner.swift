package import Foundation
package import Logging
package import Postgres
import Resources
import Store

/// Makes the replicas what workloads want: adds them on hosts, and takes them out of use.
///
/// A workload whose revision is not the one that was planned is looked at; whoever changes what a plan follows from raises the
/// revision in the same transaction. So nothing is lost with a response, and an idle look is one read of an index. One process
/// plans at a time (``Leadership``); its term fences what an earlier one may still be about to write.
package struct WorkloadPlanner: Sendable {
    private let database: Database
    /// Of this control plane: its routers reach the replicas of its own host, and of those of other machines that joined.
    private let directoryID: UUID?
    private let hub: SignalHub
    private let logger: Logger

    /// Workloads that one transaction plans.
    private static let batch = 64
    private static let lookInterval = Duration.seconds(1)
    /// Signals within this time make one pass.
    private static let gathering = Duration.milliseconds(2)

    package init(database: Database, directoryID: UUID?, hub: SignalHub, logger: Logger) {
        (self.database, self.directoryID, self.hub, self.logger) = (database, directoryID, hub, logger)
    }

    /// Plans until the task is cancelled.
    package func run(term: Int64) async {
        var failed: Set<UUID> = []
        var looksForShort = true
        while !Task.isCancelled {
            let seen = hub.count(of: .replicas)
            do {
                // An earlier leader may have ended before it saw what came meanwhile.
                if looksForShort { try await WorkloadStore(database).raiseShort() }
                looksForShort = false
                while try await plan(term: term, limit: Self.batch, except: failed) == Self.batch {}
                // Those that failed are tried again in the next pass.
                failed = []
            } catch let error as PostgresError where !error.isWorthRetrying {
                // One workload that can't be planned does not hold up the others.
                failed.formUnion(await planOneByOne(term: term, except: failed))
            } catch {
                guard !Task.isCancelled else { return }
                logger.warning("planning replicas failed, trying again", metadata: ["error": "\(error)"])
            }
            _ = await hub.wait(for: .replicas, after: seen, upTo: Self.lookInterval)
            try? await Task.sleep(for: Self.gathering)  // only cancellation throws, and the loop sees it
        }
    }

    /// Returns those that could not be planned.
    private func planOneByOne(term: Int64, except failed: Set<UUID>) async -> Set<UUID> {
        var failed = failed
        while !Task.isCancelled {
            do {
                guard try await plan(term: term, limit: 1, except: failed) == 1 else { return failed }
            } catch let refusal as Unplannable {
                logger.error(
                    "a workload can't be planned",
                    metadata: ["workload.id": "\(refusal.workload)", "error": "\(refusal.cause)"])
                failed.insert(refusal.workload)
            } catch {
                return failed
            }
        }
        return failed
    }

    private struct Unplannable: Error {
        var workload: UUID
        var cause: any Error
    }

    /// Plans workloads that changed; returns how many.
    private func plan(term: Int64, limit: Int, except failed: Set<UUID>) async throws -> Int {
        let (count, plan) = try await database.transaction { transaction in
            guard try await LeaderTermStore(transaction).hold(term) else { return (0, Plan(hosts: [])) }
            let workloads = WorkloadStore(transaction)
            let due = try await workloads.lockUnplanned(limit: limit, except: failed)
            guard !due.isEmpty else { return (0, Plan(hosts: [])) }
            do {
                return (due.count, try await self.plan(due, in: transaction))
            } catch  where limit == 1 {
                throw Unplannable(workload: due[0].id, cause: error)
            }
        }
        if plan.isWritten { hub.raise(.placements, .routing) }
        // A host that came meanwhile has looked for shortfalls before they were there to be seen.
        if !plan.shortfalls.isEmpty, try await HostStore(database).list() != plan.hosts {
            try await WorkloadStore(database).raiseRevision(ids: Array(plan.shortfalls.keys))
        }
        return count
    }

    /// Writes what the plans of locked workloads come to.
    private func plan(_ due: [WorkloadRow], in transaction: Transaction) async throws -> Plan {
        let store = ReplicaStore(transaction)
        let rows = try await store.list(workloadIDs: due.map(\.id))
        let hosts = try await HostStore(transaction).list()
        let lost = Set(hosts.filter(\.isLost).map(\.id))
        let others = Set(hosts.filter { $0.directoryID != nil && $0.directoryID != directoryID }.map(\.id))
        let replicas = Dictionary(grouping: rows, by: \.workloadID)
        let wanted = due.map { ($0, ReplicaPlan.actions($0.target, replicas[$0.id] ?? [], lost: lost, left: others)) }
        var placement = try await placement(
            on: hosts.filter { !others.contains($0.id) }, of: rows, for: wanted.flatMap(\.1), in: transaction)
        var plan = Plan(hosts: hosts)
        for (workload, actions) in wanted {
            plan.add(actions, of: workload, replicas[workload.id] ?? [], lost: lost, &placement)
        }
        plan.retried = rows.filter {
            $0.desired == .run && $0.phase == .failed && $0.retryLife >= $0.reported.life
        }
        try await store.insert(plan.added)
        try await store.drain(plan.drained)
        try await store.place(retries: plan.retried)
        try await store.forget(plan.forgotten)
        try await WorkloadStore(transaction).markPlanned(ids: due.map(\.id), shortfalls: plan.shortfalls)
        return plan
    }

    private func placement(
        on hosts: [HostRow], of rows: [ReplicaRow], for actions: [ReplicaAction], in transaction: Transaction
    ) async throws -> PlacementPlan {
        var hosts = hosts
        let adds = actions.contains { if case .create = $0 { true } else { false } }
        if adds, PlacementPlan.needsUse(hosts) {
            let use = try await HostStore(transaction).listUse()
            for index in hosts.indices { hosts[index].used = use[hosts[index].id] ?? HostUse() }
        }
        return PlacementPlan(hosts, present: rows)
    }

    /// What the plans of some workloads come to.
    private struct Plan {
        /// As they were.
        let hosts: [HostRow]
        var added: [NewReplica] = []
        var drained: [ReplicaRow] = []
        var retried: [ReplicaRow] = []
        var forgotten: [ReplicaRow] = []
        var shortfalls: [UUID: Shortfall] = [:]

        /// Whether a host, or the routers, have something to do.
        var isWritten: Bool { !(added.isEmpty && drained.isEmpty && retried.isEmpty && forgotten.isEmpty) }

        init(hosts: [HostRow]) {
            self.hosts = hosts
        }

        mutating func add(
            _ actions: [ReplicaAction], of workload: WorkloadRow, _ present: [ReplicaRow], lost: Set<HostID>,
            _ placement: inout PlacementPlan
        ) {
            var placed = 0
            for action in actions {
                switch action {
                case .drain(let id): drained += present.filter { $0.id == id }
                case .create(let generation):
                    do throws(PlacementPlan.NoHost) {
                        let host = try placement.place(workload)
                        placed += 1
                        added.append(
                            NewReplica(
                                workloadID: workload.id, generation: generation, host: host.id,
                                backend: host.backends[0], resources: workload.resources))
                    } catch {
                        shortfalls[workload.id, default: Shortfall(missing: 0, reason: error.reason)].missing += 1
                    }
                }
            }
            forgotten += ReplicaPlan.forgotten(workload.target, present, lost: lost, placed: placed)
        }
    }
}
