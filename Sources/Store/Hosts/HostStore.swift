package import Foundation
import Postgres
package import Resources

/// A host, for whoever places replicas.
package struct HostRow: Sendable, Equatable {
    package var id: HostID
    package var name: String
    /// Of a host inside a control plane; nil for others.
    package var directoryID: UUID?
    package var backends: [String]
    package var epoch: Int64
    /// It did not report for too long, and has not registered since.
    package var isLost: Bool
    /// An operator lets nothing new be placed here.
    package var isCordoned: Bool
    package var cpuMillicores: Int?
    package var memoryBytes: Int64?
    /// What replicas that are placed here may use together.
    package var used = HostUse()

    package init(
        id: HostID, name: String = "local", directoryID: UUID? = nil, backends: [String] = ["local"], epoch: Int64 = 1,
        isLost: Bool = false,
        isCordoned: Bool = false, cpuMillicores: Int? = nil, memoryBytes: Int64? = nil
    ) {
        (self.id, self.name, self.directoryID, self.backends, self.epoch) = (id, name, directoryID, backends, epoch)
        (self.isLost, self.isCordoned) = (isLost, isCordoned)
        (self.cpuMillicores, self.memoryBytes) = (cpuMillicores, memoryBytes)
    }

    /// Whether new replicas may be placed here.
    package var isOpen: Bool { !isLost && !isCordoned && !backends.isEmpty }
}

/// What replicas take of a host together.
package struct HostUse: Sendable, Equatable {
    package var millicores = 0
    package var bytes: Int64 = 0
    package var replicas = 0

    package init() {}
}

/// Rows of `hosts`.
package typealias HostStore = RowStore<HostRow>

extension RowStore<HostRow> {
    /// The host of a data directory, locked; made, or taken from an installation of before there were hosts, at the first call.
    package func lockLocal(directoryID: UUID) async throws -> HostID {
        if let id = try await runner.query(
            "SELECT id FROM hosts WHERE directory_id = \(directoryID) FOR UPDATE"
        ).first?.decode(UUID.self) {
            return HostID(id)
        }
        let taken = try await runner.query(
            """
            UPDATE hosts SET directory_id = \(directoryID)
            WHERE id = (SELECT id FROM hosts WHERE kind = 'local' AND directory_id IS NULL LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING id
            """
        ).first?.decode(UUID.self)
        if let taken { return HostID(taken) }
        let id = HostID()
        try await runner.query(
            """
            INSERT INTO hosts (id, name, kind, directory_id)
            VALUES (\(id.value), \("local-\(directoryID.uuidString.prefix(8).lowercased())"), 'local', \(directoryID))
            """)
        return id
    }

    /// A host on another machine, locked; made at its first call.
    package func lockRemote(_ id: HostID, name: String) async throws {
        try await runner.query(
            "INSERT INTO hosts (id, name, kind) VALUES (\(id.value), \(name), 'remote') ON CONFLICT (id) DO NOTHING")
        try await runner.query("SELECT 1 FROM hosts WHERE id = \(id.value) FOR UPDATE")
    }

    /// Whether nobody was heard as the host of a directory for that time.
    package func isUnresponsive(directoryID: UUID, for time: Duration) async throws -> Bool {
        try await runner.query(
            """
            SELECT 1 FROM hosts WHERE directory_id = \(directoryID)
                AND seen_at > now() - \(time.milliseconds)::bigint * interval '1 millisecond'
            """
        ).first == nil
    }

    /// Begins an epoch of a locked host; `wasLost` says that it had been lost.
    package func beginEpoch(_ id: HostID, _ facts: HostFacts) async throws -> (epoch: Int64, wasLost: Bool) {
        let row = try await runner.query(
            """
            UPDATE hosts SET epoch = epoch + 1, reported = 0, seen_at = now(),
                backends = \(PostgresArray(facts.backends))::text[], architecture = \(facts.architecture),
                cpu_millicores = \(facts.cpuMillicores), memory_bytes = \(facts.memoryBytes)
            WHERE id = \(id.value) RETURNING epoch, epoch > 1 AND lost_epoch = epoch - 1
            """
        ).first
        guard let row else { throw PostgresError(.decoding, "the host has no row") }
        let (epoch, wasLost) = try row.decode(Int64.self, Bool.self)
        return (epoch, wasLost)
    }

    /// Notes that a host was heard in an epoch; false when the epoch is over, or the report came late. The epoch goes on
    /// until the transaction ends.
    package func touch(_ id: HostID, epoch: Int64, sequence: Int64) async throws -> Bool {
        try await runner.query(
            """
            UPDATE hosts SET seen_at = now(), reported = \(sequence)
            WHERE id = \(id.value) AND epoch = \(epoch) AND lost_epoch < epoch AND reported <= \(sequence)
            """
        ).affectedRows == 1
    }

    /// Whether an epoch of a host goes on.
    package func isPresent(_ id: HostID, epoch: Int64) async throws -> Bool {
        try await runner.query(
            "SELECT 1 FROM hosts WHERE id = \(id.value) AND epoch = \(epoch) AND lost_epoch < epoch"
        ).first != nil
    }

    /// What was placed on a host after a revision, with the revision now; nil when the epoch is over.
    package func placements(
        _ id: HostID, epoch: Int64, after revision: Int64
    ) async throws -> PlacementChanges? {
        let rows = try await runner.query(
            """
            SELECT h.placed_revision, r.id IS NOT NULL AS is_there, \(raw: ReplicaRow.columns)
            FROM hosts h LEFT JOIN replicas r ON r.host_id = h.id AND r.placed_revision > \(revision)
            WHERE h.id = \(id.value) AND h.epoch = \(epoch) AND h.lost_epoch < h.epoch
            """
        ).rows
        guard let first = rows.first else { return nil }
        var changes = PlacementChanges(revision: try first("placed_revision"), placements: [])
        for row in rows where try row("is_there") { changes.placements.append(try ReplicaRow(row).placement) }
        return changes
    }

    /// All processes of a data directory were ended on purpose: replicas of its host that stay begin anew, those that were
    /// leaving are gone.
    package func resetReplicas(directoryID: UUID) async throws {
        let host = try await runner.query(
            "SELECT id FROM hosts WHERE directory_id = \(directoryID) FOR UPDATE"
        ).first?.decode(UUID.self)
        guard let host else { return }
        try await UsageStore(runner).closeAll(of: host)
        try await runner.query("DELETE FROM replicas WHERE host_id = \(host) AND desired <> 'run'")
        try await runner.query(
            """
            UPDATE replicas SET phase = 'pending', address = NULL, retry_at = NULL, error = NULL, changed_at = now()
            WHERE host_id = \(host)
            """)
        try await runner.query("UPDATE workloads SET revision = revision + 1")
    }

    /// All hosts that have ever registered.
    package func list() async throws -> [HostRow] {
        try await runner.query(
            """
            SELECT id, name, CASE WHEN kind = 'local' THEN directory_id END AS directory_id, to_jsonb(backends) AS backends, epoch, lost_epoch >= epoch AS is_lost, is_cordoned,
                cpu_millicores, memory_bytes
            FROM hosts WHERE epoch > 0 ORDER BY name
            """
        ).rows.map { row in
            HostRow(
                id: HostID(try row("id")), name: try row("name"), directoryID: try row("directory_id"),
                backends: try row.json("backends"),
                epoch: try row("epoch"), isLost: try row("is_lost"), isCordoned: try row("is_cordoned"),
                cpuMillicores: try row("cpu_millicores"), memoryBytes: try row("memory_bytes"))
        }
    }

    /// What replicas take of each host that has some.
    package func listUse() async throws -> [HostID: HostUse] {
        let rows = try await runner.query(
            """
            SELECT host_id, sum(cpu_millicores)::bigint AS cpu, sum(memory_bytes)::bigint AS memory, count(*) AS replicas
            FROM replicas WHERE desired <> 'stop' GROUP BY host_id
            """
        ).rows
        return try Dictionary(
            uniqueKeysWithValues: rows.map { row in
                var use = HostUse()
                (use.millicores, use.bytes, use.replicas) = (
                    try row("cpu"), try row("memory"), try row("replicas")
                )
                return (HostID(try row("host_id")), use)
            })
    }

    /// Hosts whose present epoch goes on, and that were not heard for that time.
    package func listUnresponsive(for time: Duration) async throws -> [HostRow] {
        let unresponsive = try await runner.query(
            """
            SELECT id FROM hosts WHERE epoch > lost_epoch AND kind IN ('local', 'remote')
                AND seen_at < now() - \(time.milliseconds)::bigint * interval '1 millisecond'
            """
        ).rows.map { HostID(try $0.decode(UUID.self)) }
        return unresponsive.isEmpty ? [] : try await list().filter { unresponsive.contains($0.id) }
    }

    /// Ends the epoch of a host that was not heard for that time; false when it was.
    package func markLost(_ host: HostRow, unresponsiveFor time: Duration) async throws -> Bool {
        try await runner.query(
            """
            UPDATE hosts SET lost_epoch = epoch
            WHERE id = \(host.id.value) AND epoch = \(host.epoch) AND lost_epoch < epoch
                AND seen_at < now() - \(time.milliseconds)::bigint * interval '1 millisecond'
            """
        ).affectedRows == 1
    }
}
