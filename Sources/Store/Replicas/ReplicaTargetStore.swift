package import Foundation
package import Postgres

/// What deployments want of their replicas.
package struct ReplicaTargetStore: Sendable {
    private let runner: any StatementRunner

    package init(_ runner: any StatementRunner) {
        self.runner = runner
    }

    /// Number and generation of the replicas that a deployment wants; nil when it is gone.
    package func find(deploymentID: UUID) async throws -> (wanted: Int, generation: Int64)? {
        let result = try await runner.query(
            """
            SELECT CASE WHEN provisioning_state = 'Deleting' OR replica_generation = 0 THEN 0
                    ELSE coalesce(scaled_count, instance_count) END, replica_generation
            FROM online_deployments WHERE id = \(deploymentID)
            """)
        guard let row = result.first else { return nil }
        let (wanted, generation) = try row.decode(Int.self, Int64.self)
        return (wanted, generation)
    }

    /// Replicas of all deployments of an endpoint.
    package func countReplicas(endpointID: UUID) async throws -> Int {
        try await runner.query(
            """
            SELECT count(*) FROM replicas r JOIN online_deployments d ON d.id = r.deployment_id
            WHERE d.endpoint_id = \(endpointID)
            """
        ).first?.decode(Int.self) ?? 0
    }

    /// Remembers the replica whose log shows why a deployment failed; returns the one remembered before.
    package func rememberFailure(deploymentID: UUID, replica: UUID) async throws -> UUID? {
        let result = try await runner.query(
            """
            UPDATE online_deployments d SET last_failed_replica = \(replica)
            FROM (SELECT id, last_failed_replica FROM online_deployments WHERE id = \(deploymentID) FOR UPDATE) old
            WHERE d.id = old.id RETURNING old.last_failed_replica
            """)
        guard let row = result.first else { return nil }
        return try row.decode(UUID?.self)
    }

    package func findLastFailure(deploymentID: UUID) async throws -> UUID? {
        let result = try await runner.query(
            "SELECT last_failed_replica FROM online_deployments WHERE id = \(deploymentID)")
        guard let row = result.first else { return nil }
        return try row.decode(UUID?.self)
    }
}
