package import Foundation
package import Postgres
package import Resources

/// One replica as it is stored.
package struct ReplicaRow: Sendable, Equatable {
    package var id: ReplicaID
    package var deploymentID: UUID
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
        id: ReplicaID, deploymentID: UUID, generation: Int64, state: ReplicaState, handle: ReplicaHandle? = nil,
        failures: Int = 0, retryAt: Date? = nil, error: ARMError? = nil, revision: Int64 = 1
    ) {
        (self.id, self.deploymentID, self.generation) = (id, deploymentID, generation)
        (self.state, self.handle, self.failures, self.retryAt) = (state, handle, failures, retryAt)
        (self.error, self.revision) = (error, revision)
    }
}

/// What a deployment's replicas should be, beside what they are.
package struct DeploymentReplicas: Sendable, Equatable {
    package var deploymentID: UUID
    /// How many replicas are wanted; 0 for a deployment that goes away.
    package var wanted: Int
    /// Generation that they should run; 0 for none.
    package var generation: Int64
    package var replicas: [ReplicaRow]

    package init(deploymentID: UUID, wanted: Int, generation: Int64, replicas: [ReplicaRow]) {
        (self.deploymentID, self.wanted) = (deploymentID, wanted)
        (self.generation, self.replicas) = (generation, replicas)
    }
}

/// Rows of `replicas`.
package typealias ReplicaStore = RowStore<ReplicaRow>

extension RowStore<ReplicaRow> {
    private static var columns: String {
        "r.id, r.deployment_id, r.generation, r.state, r.handle, r.failures, r.retry_at, r.error, r.revision"
    }

    package func find(_ id: ReplicaID) async throws -> ReplicaRow? {
        try await runner.query("SELECT \(raw: Self.columns) FROM replicas r WHERE r.id = \(id.value)").first
            .map(ReplicaRow.init)
    }

    package func list(deploymentID: UUID) async throws -> [ReplicaRow] {
        try await runner.query(
            "SELECT \(raw: Self.columns) FROM replicas r WHERE r.deployment_id = \(deploymentID) ORDER BY r.created_at, r.id"
        ).rows.map(ReplicaRow.init)
    }

    package func listAll() async throws -> [ReplicaRow] {
        try await runner.query("SELECT \(raw: Self.columns) FROM replicas r").rows.map(ReplicaRow.init)
    }

    /// What these deployments want of their replicas, beside what they have; all deployments for nil. Those that are gone
    /// are left out.
    package func listDesired(_ deploymentIDs: Set<UUID>? = nil) async throws -> [DeploymentReplicas] {
        let ids = deploymentIDs.map { PostgresArray(Array($0)) }
        let rows = try await runner.query(
            """
            SELECT d.id AS wanting_id, CASE WHEN d.provisioning_state = 'Deleting' OR d.replica_generation = 0 THEN 0
                    ELSE coalesce(d.scaled_count, d.instance_count) END AS wanted,
                d.replica_generation, \(raw: Self.columns)
            FROM online_deployments d LEFT JOIN replicas r ON r.deployment_id = d.id
            WHERE \(ids == nil)::boolean OR d.id = ANY(\(ids)::uuid[])
            ORDER BY d.id, r.created_at, r.id
            """
        ).rows
        return try Self.group(rows)
    }

    /// Those of `ids` that no replica has, nor a deployment's last failure: what is left of them belongs to nobody.
    package func unknown(among ids: Set<ReplicaID>) async throws -> Set<ReplicaID> {
        guard !ids.isEmpty else { return [] }
        let list = PostgresArray(ids.map(\.value))
        let known = try await runner.query(
            """
            SELECT id FROM replicas WHERE id = ANY(\(list)::uuid[])
            UNION ALL SELECT last_failed_replica FROM online_deployments WHERE last_failed_replica = ANY(\(list)::uuid[])
            """
        ).rows.map { ReplicaID(try $0.decode(UUID.self)) }
        return ids.subtracting(known)
    }

    private static func group(_ rows: [Row]) throws -> [DeploymentReplicas] {
        var groups: [DeploymentReplicas] = []
        for row in rows {
            let deployment: UUID = try row("wanting_id")
            if groups.last?.deploymentID != deployment {
                groups.append(
                    DeploymentReplicas(
                        deploymentID: deployment, wanted: try row("wanted"), generation: try row("replica_generation"),
                        replicas: []))
            }
            if try row("id", as: UUID?.self) != nil { groups[groups.count - 1].replicas.append(try ReplicaRow(row)) }
        }
        return groups
    }

    /// The specification that a replica runs, nil when its deployment is gone.
    package func findSpecification(deploymentID: UUID, generation: Int64) async throws -> ReplicaSpecification? {
        try await runner.query(
            """
            SELECT specification FROM replica_specifications
            WHERE deployment_id = \(deploymentID) AND generation = \(generation)
            """
        ).first?.decode(JSONColumn<ReplicaSpecification>.self).value
    }

    /// Adds a pending replica, unless its generation is no longer wanted.
    package func insert(_ id: ReplicaID, deploymentID: UUID, generation: Int64) async throws -> Bool {
        try await runner.query(
            """
            INSERT INTO replicas (id, deployment_id, generation, state)
            SELECT \(id.value), d.id, \(generation), 'pending' FROM online_deployments d
            WHERE d.id = \(deploymentID) AND d.replica_generation = \(generation) AND d.provisioning_state <> 'Deleting'
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

    /// Makes failed replicas of a deployment due now.
    package func retryNow(deploymentID: UUID) async throws {
        try await runner.query(
            "UPDATE replicas SET retry_at = now() WHERE deployment_id = \(deploymentID) AND state = 'failed'")
    }
}

extension ReplicaRow: RowDecodable {
    package init(_ row: Row) throws {
        self.init(
            id: ReplicaID(try row("id")), deploymentID: try row("deployment_id"), generation: try row("generation"),
            state: try row("state"), handle: try row.jsonIfPresent("handle"), failures: try row("failures"),
            retryAt: try row("retry_at"), error: try row.jsonIfPresent("error"), revision: try row("revision"))
    }
}
