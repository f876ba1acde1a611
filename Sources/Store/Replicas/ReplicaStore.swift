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

    package init(
        id: ReplicaID, deploymentID: UUID, generation: Int64, state: ReplicaState, handle: ReplicaHandle? = nil,
        failures: Int = 0, retryAt: Date? = nil, error: ARMError? = nil
    ) {
        self.id = id
        self.deploymentID = deploymentID
        self.generation = generation
        self.state = state
        self.handle = handle
        self.failures = failures
        self.retryAt = retryAt
        self.error = error
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
        self.deploymentID = deploymentID
        self.wanted = wanted
        self.generation = generation
        self.replicas = replicas
    }
}

/// Rows of `replicas`.
package struct ReplicaStore: Sendable {
    private let runner: any StatementRunner

    package init(_ runner: any StatementRunner) {
        self.runner = runner
    }

    private static let columns =
        "r.id, r.deployment_id, r.generation, r.state, r.handle, r.failures, r.retry_at, r.error"

    package func find(_ id: ReplicaID) async throws -> ReplicaRow? {
        try await runner.query("SELECT \(raw: Self.columns) FROM replicas r WHERE r.id = \(id.value)").first
            .map(Self.decode)
    }

    package func list(deploymentID: UUID) async throws -> [ReplicaRow] {
        try await runner.query(
            "SELECT \(raw: Self.columns) FROM replicas r WHERE r.deployment_id = \(deploymentID) ORDER BY r.created_at, r.id"
        ).rows.map(Self.decode)
    }

    package func listAll() async throws -> [ReplicaRow] {
        try await runner.query("SELECT \(raw: Self.columns) FROM replicas r").rows.map(Self.decode)
    }

    /// Deployments whose replicas are not what they should be: too few, too many, or of an old generation.
    package func listUnsettled() async throws -> [DeploymentReplicas] {
        let rows = try await runner.query(
            """
            WITH counted AS (
                SELECT d.id, CASE WHEN d.provisioning_state = 'Deleting' OR d.replica_generation = 0 THEN 0
                        ELSE coalesce(d.scaled_count, d.instance_count) END AS wanted,
                    d.replica_generation,
                    count(r.id) FILTER (WHERE r.generation = d.replica_generation AND r.state <> 'draining') AS current,
                    count(r.id) FILTER (WHERE r.generation <> d.replica_generation AND r.state <> 'draining') AS old
                FROM online_deployments d LEFT JOIN replicas r ON r.deployment_id = d.id
                GROUP BY d.id
            )
            SELECT c.id, c.wanted, c.replica_generation, \(raw: Self.columns)
            FROM counted c LEFT JOIN replicas r ON r.deployment_id = c.id
            WHERE c.current <> c.wanted OR c.old > 0
            ORDER BY c.id, r.created_at, r.id
            """
        ).rows
        return try Self.group(rows)
    }

    private static func group(_ rows: [Row]) throws -> [DeploymentReplicas] {
        var groups: [DeploymentReplicas] = []
        for row in rows {
            let (deployment, wanted, target, id, _, generation, state, handle, failures, retryAt, error) =
                try row.decode(
                    UUID.self, Int.self, Int64.self, UUID?.self, UUID?.self, Int64?.self, ReplicaState?.self,
                    JSONColumn<ReplicaHandle>?.self, Int?.self, Date?.self, JSONColumn<ARMError>?.self)
            if groups.last?.deploymentID != deployment {
                groups.append(
                    DeploymentReplicas(deploymentID: deployment, wanted: wanted, generation: target, replicas: []))
            }
            guard let id, let generation, let state else { continue }
            groups[groups.count - 1].replicas.append(
                ReplicaRow(
                    id: ReplicaID(id), deploymentID: deployment, generation: generation, state: state,
                    handle: handle?.value, failures: failures ?? 0, retryAt: retryAt, error: error?.value))
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

    /// Writes a replica's new state if it still has the old one; false when somebody else moved it.
    package func move(_ replica: ReplicaRow, from old: ReplicaState) async throws -> Bool {
        try await runner.query(
            """
            UPDATE replicas SET state = \(replica.state.rawValue), handle = \(replica.handle.map { JSONColumn($0) }),
                failures = \(replica.failures), retry_at = \(replica.retryAt),
                error = \(replica.error.map { JSONColumn($0) }), changed_at = now()
            WHERE id = \(replica.id.value) AND state = \(old.rawValue)
            """
        ).affectedRows == 1
    }

    /// Takes a replica out of use, whatever its state.
    package func markDraining(_ id: ReplicaID) async throws {
        try await runner.query(
            """
            UPDATE replicas SET state = 'draining', retry_at = NULL, changed_at = now()
            WHERE id = \(id.value) AND state <> 'draining'
            """)
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

    private static func decode(_ row: Row) throws -> ReplicaRow {
        let (id, deploymentID, generation, state, handle, failures, retryAt, error) = try row.decode(
            UUID.self, UUID.self, Int64.self, ReplicaState.self, JSONColumn<ReplicaHandle>?.self, Int.self, Date?.self,
            JSONColumn<ARMError>?.self)
        return ReplicaRow(
            id: ReplicaID(id), deploymentID: deploymentID, generation: generation, state: state, handle: handle?.value,
            failures: failures, retryAt: retryAt, error: error?.value)
    }
}
