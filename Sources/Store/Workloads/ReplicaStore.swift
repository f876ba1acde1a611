package import Foundation
package import Postgres
package import Resources

/// One replica as it is stored.
package struct ReplicaRow: Sendable, Equatable {
    package var id: ReplicaID
    package var workloadID: UUID
    package var generation: Int64
    package var state: ReplicaState
    package var handle: ReplicaHandle?
    /// Failed starts in a row.
    package var failures: Int
    /// When a failed replica is tried again.
    package var retryAt: Date?
    package var error: ARMError?
    /// Grows with every write: a write on the ground of an older revision is refused.
    package var revision: Int64

    package init(
        id: ReplicaID, workloadID: UUID, generation: Int64, state: ReplicaState, handle: ReplicaHandle? = nil,
        failures: Int = 0, retryAt: Date? = nil, error: ARMError? = nil, revision: Int64 = 1
    ) {
        (self.id, self.workloadID, self.generation) = (id, workloadID, generation)
        (self.state, self.handle, self.failures, self.retryAt) = (state, handle, failures, retryAt)
        (self.error, self.revision) = (error, revision)
    }
}

/// What the replicas of a workload should be, beside what they are.
package struct WorkloadReplicas: Sendable, Equatable {
    package var workloadID: UUID
    package var target: WorkloadTarget
    package var replicas: [ReplicaRow]

    package init(workloadID: UUID, wanted: Int, generation: Int64, replicas: [ReplicaRow]) {
        target = WorkloadTarget(wanted: wanted, generation: generation)
        (self.workloadID, self.replicas) = (workloadID, replicas)
    }
}

/// Rows of `replicas`.
package typealias ReplicaStore = RowStore<ReplicaRow>

extension RowStore<ReplicaRow> {
    private static var columns: String {
        "r.id, r.workload_id, r.generation, r.state, r.handle, r.failures, r.retry_at, r.error, r.revision"
    }

    package func find(_ id: ReplicaID) async throws -> ReplicaRow? {
        try await runner.query("SELECT \(raw: Self.columns) FROM replicas r WHERE r.id = \(id.value)").first
            .map(ReplicaRow.init)
    }

    package func list(workloadID: UUID) async throws -> [ReplicaRow] {
        try await runner.query(
            "SELECT \(raw: Self.columns) FROM replicas r WHERE r.workload_id = \(workloadID) ORDER BY r.created_at, r.id"
        ).rows.map(ReplicaRow.init)
    }

    package func listAll() async throws -> [ReplicaRow] {
        try await runner.query("SELECT \(raw: Self.columns) FROM replicas r").rows.map(ReplicaRow.init)
    }

    /// What these workloads want of their replicas, beside what they have; all workloads for nil. Those that are gone are
    /// left out.
    package func listDesired(_ workloadIDs: Set<UUID>? = nil) async throws -> [WorkloadReplicas] {
        let ids = workloadIDs.map { PostgresArray(Array($0)) }
        let rows = try await runner.query(
            """
            SELECT w.id AS wanting_id, CASE WHEN w.target_generation = 0 THEN 0 ELSE w.wanted END AS wanted,
                w.target_generation, \(raw: Self.columns)
            FROM workloads w LEFT JOIN replicas r ON r.workload_id = w.id
            WHERE \(ids == nil)::boolean OR w.id = ANY(\(ids)::uuid[])
            ORDER BY w.id, r.created_at, r.id
            """
        ).rows
        return try Self.group(rows)
    }

    /// Those of `ids` that no replica has, nor a workload's last failure: what is left of them belongs to nobody.
    package func unknown(among ids: Set<ReplicaID>) async throws -> Set<ReplicaID> {
        guard !ids.isEmpty else { return [] }
        let list = PostgresArray(ids.map(\.value))
        let known = try await runner.query(
            """
            SELECT id FROM replicas WHERE id = ANY(\(list)::uuid[])
            UNION ALL SELECT last_failed_replica FROM workloads WHERE last_failed_replica = ANY(\(list)::uuid[])
            """
        ).rows.map { ReplicaID(try $0.decode(UUID.self)) }
        return ids.subtracting(known)
    }

    private static func group(_ rows: [Row]) throws -> [WorkloadReplicas] {
        var groups: [WorkloadReplicas] = []
        for row in rows {
            let workload: UUID = try row("wanting_id")
            if groups.last?.workloadID != workload {
                groups.append(
                    WorkloadReplicas(
                        workloadID: workload, wanted: try row("wanted"), generation: try row("target_generation"),
                        replicas: []))
            }
            if try row("id", as: UUID?.self) != nil { groups[groups.count - 1].replicas.append(try ReplicaRow(row)) }
        }
        return groups
    }

    /// Adds a pending replica, unless its generation is no longer wanted.
    package func insert(_ id: ReplicaID, workloadID: UUID, generation: Int64) async throws -> Bool {
        try await runner.query(
            """
            INSERT INTO replicas (id, workload_id, generation, state)
            SELECT \(id.value), w.id, \(generation), 'pending' FROM workloads w
            WHERE w.id = \(workloadID) AND w.target_generation = \(generation) AND w.wanted > 0
            """
        ).affectedRows == 1
    }

    /// Writes a replica's new state if nobody has written it since `replica` was read; returns the new revision, nil when
    /// somebody has.
    package func move(_ replica: ReplicaRow) async throws -> Int64? {
        try await runner.query(
            """
            UPDATE replicas SET state = \(replica.state.rawValue), handle = \(replica.handle.map { JSONColumn($0) }),
                failures = \(replica.failures), retry_at = \(replica.retryAt),
                error = \(replica.error.map { JSONColumn($0) }), changed_at = now()
            WHERE id = \(replica.id.value) AND revision = \(replica.revision) RETURNING revision
            """
        ).first?.decode(Int64.self)
    }

    /// Takes a replica out of use, whatever its state; returns its new revision, nil when it was out of use already.
    @discardableResult
    package func markDraining(_ id: ReplicaID) async throws -> Int64? {
        try await runner.query(
            """
            UPDATE replicas SET state = 'draining', retry_at = NULL, changed_at = now()
            WHERE id = \(id.value) AND state <> 'draining' RETURNING revision
            """
        ).first?.decode(Int64.self)
    }

    /// All processes were stopped on purpose: replicas that stay begin anew, those that were leaving are gone.
    package func resetAll() async throws {
        try await runner.query("DELETE FROM replicas WHERE state = 'draining'")
        try await runner.query(
            """
            UPDATE replicas SET state = 'pending', handle = NULL, retry_at = NULL, error = NULL, changed_at = now()
            """)
    }

    package func delete(_ id: ReplicaID) async throws {
        try await runner.query("DELETE FROM replicas WHERE id = \(id.value)")
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

    /// Makes failed replicas of a workload due now.
    package func retryNow(workloadID: UUID) async throws {
        try await runner.query(
            "UPDATE replicas SET retry_at = now() WHERE workload_id = \(workloadID) AND state = 'failed'")
    }
}

extension ReplicaRow: RowDecodable {
    package init(_ row: Row) throws {
        self.init(
            id: ReplicaID(try row("id")), workloadID: try row("workload_id"), generation: try row("generation"),
            state: try row("state"), handle: try row.jsonIfPresent("handle"), failures: try row("failures"),
            retryAt: try row("retry_at"), error: try row.jsonIfPresent("error"), revision: try row("revision"))
    }
}
