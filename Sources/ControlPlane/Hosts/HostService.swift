package import Foundation
package import Postgres
package import Resources
import Store

/// What hosts may ask, and what follows from what they report.
///
/// Every call names the epoch that the host registered in; one of an earlier epoch is refused.
package struct HostService: Sendable {
    let database: Database
    let hub: SignalHub

    /// How often a host that waits for placements looks without a signal.
    private static let lookInterval = Duration.seconds(1)

    package init(database: Database, hub: SignalHub) {
        (self.database, self.hub) = (database, hub)
    }

    /// Begins an epoch of the host inside a control plane, which is that of a data directory.
    package func registerLocal(directoryID: UUID, _ facts: HostFacts) async throws -> HostSession {
        try await register(facts) { try await $0.lockLocal(directoryID: directoryID) }
    }

    /// Begins an epoch of a host on another machine.
    package func registerRemote(_ id: HostID, name: String, _ facts: HostFacts) async throws -> HostSession {
        try await register(facts) { store in
            try await store.lockRemote(id, name: name)
            return id
        }
    }

    private func register(
        _ facts: HostFacts, lock: @Sendable (HostStore) async throws -> HostID
    ) async throws -> HostSession {
        let (session, wasLost) = try await database.transaction { transaction in
            let store = HostStore(transaction)
            let id = try await lock(store)
            let (epoch, wasLost) = try await store.beginEpoch(id, facts)
            guard let placements = try await store.placements(id, epoch: epoch, after: -1) else {
                throw HostRefusal.outdatedEpoch
            }
            return (HostSession(host: id, epoch: epoch, placements: placements), wasLost)
        }
        // What could not be placed may be now. Workloads are locked before hosts, so this is a transaction of its own; where it
        // fails, the host registers once more.
        let workloads = WorkloadStore(database)
        try await workloads.raiseShort()
        if wasLost { try await workloads.raiseRevision(placedOn: session.host) }
        hub.raise(.replicas)
        return session
    }

    /// Whether nobody was heard as the host of a directory for that time.
    package func isUnresponsive(directoryID: UUID, for time: Duration) async throws -> Bool {
        try await HostStore(database).isUnresponsive(directoryID: directoryID, for: time)
    }

    package func placements(
        _ session: HostSession, after revision: Int64, upTo limit: Duration
    ) async throws -> PlacementChanges {
        let end = ContinuousClock.now + limit
        while true {
            let seen = hub.count(of: .placements)
            let changes = try await HostStore(database).placements(
                session.host, epoch: session.epoch, after: revision)
            guard let changes else { throw HostRefusal.outdatedEpoch }
            let rest = ContinuousClock.now.duration(to: end)
            guard changes.placements.isEmpty, rest > .zero else { return changes }
            _ = await hub.wait(for: .placements, after: seen, upTo: min(rest, Self.lookInterval))
            try Task.checkCancellation()
        }
    }

    package func specifications(
        _ session: HostSession, of keys: Set<SpecificationKey>
    ) async throws -> [SpecificationKey: ReplicaSpecification] {
        try await ReportStore(database).specifications(of: keys, on: session.host)
    }

    /// Writes what a host reports, and what follows from it.
    package func report(_ session: HostSession, _ report: HostReport) async throws {
        guard !report.replicas.isEmpty else {
            return try await touch(session, report, HostStore(database))
        }
        let transitions = try await database.transaction { transaction in
            let store = ReportStore(transaction)
            try await store.lockWorkloads(of: session.host, report.replicas)
            try await touch(session, report, HostStore(transaction))
            let transitions = try await store.record(report.replicas, of: session.host)
            try await store.remember(failures: transitions.filter(\.isFailure))
            try await UsageStore(transaction).record(transitions)
            let planned = Set(transitions.filter { $0.changesReadiness || $0.isGone }.map(\.workloadID))
            if !planned.isEmpty { try await WorkloadStore(transaction).raiseRevision(ids: Array(planned)) }
            return transitions
        }
        // Room that has become free: where this fails, the next end of a replica or the next leader raises them.
        if transitions.contains(where: \.isGone) { try? await WorkloadStore(database).raiseShort() }
        guard !transitions.isEmpty else { return }
        hub.raise(.replicas)
        if transitions.contains(where: \.changesReadiness) { hub.raise(.routing) }
    }

    /// Writes that the host was heard; throws `HostRefusal.outdatedEpoch` when its epoch is over or the report is late.
    private func touch(_ session: HostSession, _ report: HostReport, _ hosts: HostStore) async throws {
        guard try await hosts.touch(session.host, epoch: report.epoch, sequence: report.sequence) else {
            throw HostRefusal.outdatedEpoch
        }
    }

    package func unplaced(
        _ session: HostSession, among ids: Set<ReplicaID>
    ) async throws -> Set<ReplicaID> {
        guard try await HostStore(database).isPresent(session.host, epoch: session.epoch) else {
            throw HostRefusal.outdatedEpoch
        }
        return try await ReportStore(database).unplaced(on: session.host, among: ids)
    }
}

/// The way of a host in the control plane's own process to it: a call.
package struct LocalHostConnection: HostConnection {
    /// Who registers.
    package enum Identity: Sendable {
        /// The host of a data directory.
        case directory(UUID)
        case remote(HostID, name: String)
    }

    private let service: HostService
    private let identity: Identity

    package init(_ service: HostService, _ identity: Identity) {
        (self.service, self.identity) = (service, identity)
    }

    package init(_ service: HostService, directoryID: UUID) {
        self.init(service, .directory(directoryID))
    }

    package func register(_ facts: HostFacts) async throws -> HostSession {
        switch identity {
        case .directory(let id): try await service.registerLocal(directoryID: id, facts)
        case .remote(let id, let name): try await service.registerRemote(id, name: name, facts)
        }
    }

    package func placements(
        _ session: HostSession, after revision: Int64, upTo limit: Duration
    ) async throws -> PlacementChanges {
        try await service.placements(session, after: revision, upTo: limit)
    }

    package func specifications(
        _ session: HostSession, of keys: Set<SpecificationKey>
    ) async throws -> [SpecificationKey: ReplicaSpecification] {
        try await service.specifications(session, of: keys)
    }

    package func report(_ session: HostSession, _ report: HostReport) async throws {
        try await service.report(session, report)
    }

    package func unplaced(_ session: HostSession, among ids: Set<ReplicaID>) async throws -> Set<ReplicaID> {
        try await service.unplaced(session, among: ids)
    }
}
