package import Foundation
import Postgres
package import Resources

/// A deployment that the utilization scaler looks after.
package struct ScaledDeployment: Sendable, Equatable {
    package var id: UUID
    package var endpoint: String
    package var name: String
    package var settings: ScaleSettings
    /// Requests that a replica takes at once.
    package var concurrency: Int
    /// Replicas that are ordered, and those of them that can serve.
    package var current: Int
    package var ready: Int
}

/// The scaling ledger (`scaling_decisions`) and the numbers that it is about.
package typealias ScalingStore = RowStore<ScaledDeployment>

extension RowStore<ScaledDeployment> {
    /// What `online_deployments_scaled` finds.
    private static var isScaled: String {
        "d.properties -> 'scaleSettings' ->> 'scaleType' = 'TargetUtilization' AND d.provisioning_state <> 'Deleting'"
    }

    /// Entries that a deployment keeps.
    package static var ledgerLength: Int { 1_000 }

    /// The deployments that scale by utilization and have once been ready.
    package func listScaled() async throws -> [ScaledDeployment] {
        try await runner.query(
            """
            SELECT d.id, e.name AS endpoint_name, d.name, d.properties -> 'scaleSettings' AS settings,
                (d.properties -> 'requestSettings' ->> 'maxConcurrentRequestsPerInstance')::integer AS concurrency,
                w.wanted, (SELECT count(*) FROM replicas r WHERE r.workload_id = w.id AND r.phase = 'ready' AND r.desired = 'run') AS ready
            FROM online_deployments d JOIN online_endpoints e ON e.id = d.endpoint_id JOIN workloads w ON w.id = d.id
            WHERE \(raw: Self.isScaled) AND w.proven_generation > 0
            """
        ).rows.map { row in
            ScaledDeployment(
                id: try row("id"), endpoint: try row("endpoint_name"), name: try row("name"),
                settings: try row.json("settings"), concurrency: try row("concurrency"),
                current: try row("wanted"), ready: try row("ready"))
        }
    }

    /// Orders another number of replicas, if it is still `decision.from` and the deployment still scales by utilization,
    /// and writes it down; false when somebody else was faster.
    package func apply(_ decision: ScalingDecision, deploymentID: UUID) async throws -> Bool {
        try await runner.query(
            """
            WITH changed AS (
                UPDATE workloads w SET wanted = \(decision.to), revision = w.revision + 1
                FROM (SELECT d.id FROM online_deployments d WHERE d.id = \(deploymentID) AND \(raw: Self.isScaled)
                    FOR UPDATE) scaled
                WHERE w.id = scaled.id AND w.wanted = \(decision.from) RETURNING w.id
            )
            INSERT INTO scaling_decisions (id, deployment_id, from_count, to_count, reason, decided_by, inputs)
            SELECT \(UUID()), id, \(decision.from), \(decision.to), \(decision.reason.rawValue),
                \(ScalingRecord.utilizationScaler), \(JSONColumn(decision.inputs)) FROM changed
            """
        ).affectedRows == 1
    }

    /// Writes down a change that was made elsewhere.
    package func append(_ decision: ScalingDecision, deploymentID: UUID, by decider: String) async throws {
        try await runner.query(
            """
            INSERT INTO scaling_decisions (id, deployment_id, from_count, to_count, reason, decided_by, inputs)
            VALUES (\(UUID()), \(deploymentID), \(decision.from), \(decision.to), \(decision.reason.rawValue), \(decider),
                \(JSONColumn(decision.inputs)))
            """)
    }

    /// The ledger of a deployment.
    package func list(deploymentID: UUID, page: PageRequest) async throws -> Page<ScalingRecord> {
        let rows = try await runner.query(
            """
            SELECT s.id, s.created_at, s.from_count, s.to_count, s.reason, s.decided_by, s.inputs
            FROM scaling_decisions s WHERE s.deployment_id = \(deploymentID)
            \(page: page, of: "s")
            """
        ).rows.map { row in
            ScalingRecord(
                id: try row("id"), decidedAt: try row("created_at"),
                decision: ScalingDecision(
                    from: try row("from_count"), to: try row("to_count"), reason: try row("reason"),
                    inputs: try row.json("inputs")),
                decidedBy: try row("decided_by"))
        }
        return Page(rows, page, time: \.decidedAt, id: \.id)
    }

    /// Forgets what is beyond the length of each ledger.
    package func trim() async throws {
        try await runner.query(
            """
            DELETE FROM scaling_decisions s USING (
                SELECT id, row_number() OVER (PARTITION BY deployment_id ORDER BY created_at DESC, id DESC) AS place
                FROM scaling_decisions
            ) ranked
            WHERE ranked.id = s.id AND ranked.place > \(Self.ledgerLength)
            """)
    }
}
