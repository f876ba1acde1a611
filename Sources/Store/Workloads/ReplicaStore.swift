package import Foundation
import Postgres
package import Resources

/// A replica that is about to be added.
package struct NewReplica: Sendable, Equatable, Codable {
    package var id: ReplicaID
    package var workloadID: UUID
    package var generation: Int64
    package var host: HostID
    package var backend: String
    package var resources: ResourceLimits

    package init(
        id: ReplicaID = ReplicaID(), workloadID: UUID, generation: Int64, host: HostID, backend: String,
        resources: ResourceLimits
    ) {
        (self.id, self.workloadID, self.generation, self.host) = (id, workloadID, generation, host)
        (self.backend, self.resources) = (backend, resources)
    }
}

/// Rows of `replicas`: what everybody may ask, and what the leader writes.
package typealias ReplicaStore = RowStore<ReplicaRow>

extension RowStore<ReplicaRow> {
    package func find(_ id: ReplicaID) async throws -> ReplicaRow? {
        try await runner.query("SELECT \(raw: ReplicaRow.columns) FROM replicas r WHERE r.id = \(id.value)").first
            .map(ReplicaRow.init)
    }

    package func list(workloadID: UUID) async throws -> [ReplicaRow] {
        try await list(workloadIDs: [workloadID])
    }

    /// Those of these workloads, the oldest first.
    package func list(workloadIDs: [UUID]) async throws -> [ReplicaRow] {
        try await runner.query(
            """
            SELECT \(raw: ReplicaRow.columns) FROM replicas r
            WHERE r.workload_id = ANY(\(PostgresArray(workloadIDs))::uuid[]) ORDER BY r.created_at, r.id
            """
        ).rows.map(ReplicaRow.init)
    }

    package func listAll() async throws -> [ReplicaRow] {
        try await runner.query("SELECT \(raw: ReplicaRow.columns) FROM replicas r").rows.map(ReplicaRow.init)
    }

    /// Replicas of all deployments of an endpoint.
    package func count(endpointID: UUID) async throws -> Int {
        try await runner.query(
            """
            SELECT count(*) FROM replicas r JOIN workloads w ON w.id = r.workload_id
            JOIN online_deployments d ON d.id = w.owner_id WHERE d.endpoint_id = \(endpointID)
            """
        ).first?.decode(Int.self) ?? 0
    }

    /// Lets failed replicas of a workload be tried again now.
    package func retryNow(workloadID: UUID) async throws {
        let asked = try await runner.query(
            "UPDATE replicas SET retry_life = life WHERE workload_id = \(workloadID) AND phase = 'failed'"
        ).affectedRows
        if asked > 0 { try await WorkloadStore(runner).raiseRevision(ids: [workloadID]) }
    }

    // MARK: What the leader writes

    /// Adds replicas, placed on their hosts.
    package func insert(_ replicas: [NewReplica]) async throws {
        guard !replicas.isEmpty else { return }
        try await runner.query(
            """
            \(Self.placing(on: Set(replicas.map(\.host))))
            INSERT INTO replicas (id, workload_id, generation, host_id, backend, cpu_millicores, memory_bytes,
                placed_revision, phase)
            SELECT x.id, x."workloadID", x.generation, x.host, x.backend, (x.resources ->> 'cpuMillicores')::integer,
                (x.resources ->> 'memoryBytes')::bigint, placed.placed_revision, 'pending'
            FROM jsonb_to_recordset(\(JSONColumn(replicas))) AS x (id uuid, "workloadID" uuid, generation bigint,
                host uuid, backend text, resources jsonb)
            JOIN placed ON placed.id = x.host
            """)
    }

    /// Takes replicas out of use: out of routing first.
    package func drain(_ replicas: [ReplicaRow]) async throws {
        try await place(replicas, "desired = 'drain'", where: "r.desired = 'run'")
    }

    /// Ends those that nothing is inside of any more.
    package func stop(_ replicas: [ReplicaRow]) async throws {
        try await place(replicas, "desired = 'stop'", where: "r.desired <> 'stop'")
    }

    /// No router sends requests to the lives that these rows tell of, and none is inside.
    package func markUnrouted(_ replicas: [ReplicaRow]) async throws {
        let lives = Dictionary(uniqueKeysWithValues: replicas.map { ($0.id.value.uuidString, $0.reported.life) })
        try await place(
            replicas, "unrouted_life = (\(JSONColumn(lives))::jsonb ->> upper(r.id::text))::integer",
            where: "r.unrouted_life < (\(JSONColumn(lives))::jsonb ->> upper(r.id::text))::integer")
    }

    /// Tells hosts that failed replicas are to be tried again.
    package func place(retries replicas: [ReplicaRow]) async throws {
        try await place(replicas, "desired = r.desired", where: "r.retry_life >= r.life")
    }

    private func place(_ replicas: [ReplicaRow], _ change: SQL, where condition: SQL) async throws {
        guard !replicas.isEmpty else { return }
        try await runner.query(
            """
            \(Self.placing(on: Set(replicas.map(\.host))))
            UPDATE replicas r SET placed_revision = placed.placed_revision, \(change) FROM placed
            WHERE r.id = ANY(\(PostgresArray(replicas.map(\.id.value)))::uuid[]) AND r.host_id = placed.id
                AND \(condition)
            """)
    }

    /// Removes replicas of hosts that are lost; a host that has come back keeps them. What may still run of them ends when
    /// their host asks whose it is.
    package func forget(_ replicas: [ReplicaRow]) async throws {
        guard !replicas.isEmpty else { return }
        let ids = PostgresArray(replicas.map(\.id.value))
        try await runner.query(
            """
            WITH lost AS (
                SELECT id FROM hosts WHERE id = ANY(\(PostgresArray(Array(Set(replicas.map(\.host.value)))))::uuid[])
                    AND lost_epoch >= epoch ORDER BY id FOR NO KEY UPDATE
            ), gone AS (
                DELETE FROM replicas r USING lost WHERE r.host_id = lost.id AND r.id = ANY(\(ids)::uuid[]) RETURNING r.id
            )
            UPDATE usage_spans u SET ended_at = now() FROM gone WHERE u.replica_id = gone.id AND u.ended_at IS NULL
            """)
    }

    /// Raises the revision of hosts, which is locked until the transaction ends: so a host that asks for what comes after a
    /// revision misses nothing.
    private static func placing(on hosts: Set<HostID>) -> SQL {
        """
        WITH locked AS (
            SELECT id FROM hosts WHERE id = ANY(\(PostgresArray(hosts.map(\.value)))::uuid[]) ORDER BY id FOR NO KEY UPDATE
        ), placed AS (
            UPDATE hosts h SET placed_revision = h.placed_revision + 1 FROM locked WHERE h.id = locked.id
            RETURNING h.id, h.placed_revision
        )
        """
    }

    /// Replicas that the leader waits for: those that drain, and failed ones that may still be in a table.
    package func listLeaving() async throws -> [ReplicaRow] {
        try await runner.query(
            """
            SELECT \(raw: ReplicaRow.columns) FROM replicas r
            WHERE r.desired = 'drain' OR (r.desired = 'run' AND r.phase = 'failed' AND r.unrouted_life < r.life)
            """
        ).rows.map(ReplicaRow.init)
    }
}
