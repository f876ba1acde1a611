import Foundation
import Logging
import NIOHTTP1
import Routing
import Synchronization

/// Asks the coordinators for the slots of this host, and gives back what it does not need.
///
/// One router of a host is its agent; when it ends, another one goes on within a moment, with the slots as they are.
final class LeaseAgent: Sendable {
    private static let idleInterval = Duration.milliseconds(50)
    /// While requests wait, or slots are to be given back.
    private static let busyInterval = Duration.milliseconds(10)

    private let hostID: String
    private let number: UInt64
    private let token: String
    private let shared: LoopShared
    private let tables: TableKeeper
    private let coordinator: LeaseCoordinator
    private let logger: Logger
    private let progress = Mutex(Progress())

    init(
        hostID: String, number: UInt64, token: String, shared: LoopShared, tables: TableKeeper,
        coordinator: LeaseCoordinator,
        logger: Logger
    ) {
        (self.hostID, self.number, self.token, self.shared) = (hostID, number, token, shared)
        (self.tables, self.coordinator, self.logger) = (tables, coordinator, logger)
    }

    private struct Progress {
        /// The hosts that the last reports were made for.
        var hosts: [RouterHost] = []
        var sequence: UInt64 = 0
        /// Coordinators that have yet to respond.
        var underway: Set<String> = []
        /// Those that had to do with waiting requests, or did not answer.
        var busy: Set<String> = []
        var silent: Set<String> = []
    }

    /// Reports until it is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            // Names are hashes, so they are made once per table and not with every report.
            var served = CompiledTable.empty
            var parts: [(RouterHost, [Leased])] = []
            while !Task.isCancelled {
                let table = await tables.present
                if table !== served {
                    served = table
                    parts = Self.byCoordinator(table)
                }
                for (host, replicas) in parts {
                    guard let report = nextReport(replicas, to: host, table) else { continue }
                    group.addTask { await self.exchange(report.report, report.sentAtMs, replicas, host, table) }
                }
                let isBusy = progress.withLock { !$0.busy.isEmpty }
                // Ends early only when cancelled, which the loop looks at.
                try? await Task.sleep(for: isBusy ? Self.busyInterval : Self.idleInterval)
            }
        }
        // Not cut short by the cancellation.
        await Task { await leave() }.value
    }

    /// Gives everything back if no router of this host is left.
    private func leave() async {
        guard shared.slots.isAlone else { return }
        let table = await tables.present
        for (host, replicas) in Self.byCoordinator(table) where host.id != hostID {
            for replica in replicas { shared.slots.table.recall(replica.entry) }
            // What is still in use is told as it is; then the others wait for the table's word.
            guard var report = nextReport(replicas, to: host, table)?.report else { continue }
            report.isLeaving = report.replicas.allSatisfy { $0.held.isEmpty }
            // Who does not hear it waits for the table's word.
            _ = try? await send(report, to: host, table.routerHosts)
        }
    }

    /// A report, unless the last one is on its way.
    private func nextReport(
        _ replicas: [Leased], to host: RouterHost, _ table: CompiledTable
    ) -> (report: LeaseReport, sentAtMs: Int64)? {
        progress.withLock { progress in
            // From here on no response counts that another host may have given for the same replicas.
            progress.hosts = table.routerHosts
            guard progress.underway.insert(host.id).inserted else { return nil }
            progress.sequence += 1
            let nowMs = MonotonicTime.now.milliseconds
            return (report(replicas, table, progress.sequence, nowMs: nowMs), nowMs)
        }
    }

    private func exchange(
        _ report: LeaseReport, _ sentAtMs: Int64, _ replicas: [Leased], _ host: RouterHost, _ table: CompiledTable
    ) async {
        let result: Result<LeaseReply, any Error>
        do {
            result = .success(try await send(report, to: host, table.routerHosts))
        } catch {
            result = .failure(error)
        }
        progress.withLock { progress in
            progress.underway.remove(host.id)
            var isBusy = true
            switch result {
            case .success(let reply):
                let hasRecalls =
                    progress.hosts == table.routerHosts && apply(reply, replicas, sentAtMs: sentAtMs)
                isBusy = hasRecalls || report.replicas.contains { $0.waiting > 0 }
                if progress.silent.remove(host.id) != nil {
                    logger.info("coordinator answers", metadata: ["host": "\(host.id)"])
                }
            case .failure(let error):
                // The leases go on for a while; the next report may find another coordinator.
                if !Task.isCancelled, progress.silent.insert(host.id).inserted {
                    logger.warning(
                        "coordinator does not answer", metadata: ["host": "\(host.id)", "error": "\(error)"])
                }
            }
            if isBusy { progress.busy.insert(host.id) } else { progress.busy.remove(host.id) }
        }
    }

    /// A replica with what a report says of it beside its slots.
    private struct Leased {
        var name: String
        var entry: Int
        var limit: Int
        var timeoutMs: Int
        var deployment: Int
    }

    private static func byCoordinator(_ table: CompiledTable) -> [(RouterHost, [Leased])] {
        guard table.routerHosts.count > 1 else { return [] }
        var parts: [String: (RouterHost, [Leased])] = [:]
        for route in table.routes {
            guard let host = Coordinators.host(of: route.endpointID, among: table.routerHosts) else { continue }
            for deployment in route.deployments {
                for replica in deployment.replicas {
                    let leased = Leased(
                        name: SlotName(replica.id, replica.addressText).hexadecimal, entry: replica.slots.entry,
                        limit: deployment.slotsPerReplica, timeoutMs: deployment.requestTimeoutMs,
                        deployment: deployment.state.slots.entry)
                    parts[host.id, default: (host, [])].1.append(leased)
                }
            }
        }
        return parts.values.sorted { $0.0.id < $1.0.id }
    }

    private func report(_ replicas: [Leased], _ table: CompiledTable, _ sequence: UInt64, nowMs: Int64) -> LeaseReport {
        let slots = shared.slots.table
        return LeaseReport(
            host: hostID, agent: number, sequence: sequence, generation: table.generation,
            replicas: replicas.map { replica in
                // Of what an ended lease held, the slots in use are this host's until they are given back: others may
                // have been granted them.
                if slots.leaseEndMs(replica.entry) <= nowMs { slots.recall(replica.entry) }
                // A smaller limit than before.
                slots.markLost(replica.entry, from: replica.limit)
                let holding = slots.holding(replica.entry)
                return LeaseReport.Replica(
                    name: replica.name, limit: replica.limit, timeoutMs: replica.timeoutMs, held: holding.slots,
                    idle: holding.idle, passing: holding.passing, waiting: slots.queued(replica.deployment))
            })
    }

    private func send(
        _ report: LeaseReport, to host: RouterHost, _ hosts: [RouterHost]
    ) async throws -> LeaseReply {
        let reply: LeaseReply?
        if host.id == hostID {
            reply = await coordinator.answer(report, hosts: hosts)
        } else {
            guard case .internet(let name, let port, _) = SocketAddress(host.address) else {
                throw LeaseRefusal(description: "the coordinator's address is none")
            }
            let answer = try await LeaseLink.post(
                try JSONEncoder().encode(report), toHost: name, port: port, token: token)
            reply = try JSONDecoder().decode(LeaseReply.self, from: answer)
        }
        guard let reply, reply.sequence == report.sequence else {
            throw LeaseRefusal(description: "the coordinator knows a later report")
        }
        return reply
    }

    /// Does what a coordinator has answered; returns whether it asked for slots.
    private func apply(_ reply: LeaseReply, _ replicas: [Leased], sentAtMs: Int64) -> Bool {
        let slots = shared.slots.table
        let entries = Dictionary(replicas.map { ($0.name, $0.entry) }, uniquingKeysWith: { first, _ in first })
        var hasGrants = false
        var hasRecalls = false
        for answer in reply.replicas {
            guard let entry = entries[answer.name] else { continue }
            slots.extendLease(entry, untilMs: sentAtMs + Int64(reply.ttlMs))
            slots.accept(entry, answer.granted)
            if answer.recalled > 0 { slots.recall(entry, answer.recalled) }
            hasGrants = hasGrants || !answer.granted.isEmpty
            hasRecalls = hasRecalls || answer.recalled > 0
        }
        if hasGrants { shared.slots.slotsCame { shared.mailboxes[$0].slotIsFree() } }
        return hasRecalls
    }
}
