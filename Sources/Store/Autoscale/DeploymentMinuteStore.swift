package import Foundation
import Postgres
package import Resources

/// A deployment with replicas that are ready, for whoever measures it.
package struct MeasuredDeployment: Sendable, Equatable {
    package var id: UUID
    package var endpoint: String
    package var name: String
    package var concurrency: Int
    package var limits: ResourceLimits
    package var replicas: [ReplicaID]
}

/// Rows of `deployment_minutes`.
package typealias DeploymentMinuteStore = RowStore<DeploymentMinute>

extension RowStore<DeploymentMinute> {
    /// Those of these deployments that serve; all that do for nil.
    package func listMeasured(_ deploymentIDs: Set<UUID>? = nil) async throws -> [MeasuredDeployment] {
        let ids = deploymentIDs.map { PostgresArray(Array($0)) }
        return try await runner.query(
            """
            SELECT d.id, e.name AS endpoint_name, d.name,
                (d.properties -> 'requestSettings' ->> 'maxConcurrentRequestsPerInstance')::integer AS concurrency,
                s.body -> 'resources' AS limits,
                coalesce((SELECT jsonb_agg(r.id) FROM replicas r
                    WHERE r.workload_id = w.id AND r.phase = 'ready' AND r.desired = 'run'), '[]') AS replicas
            FROM online_deployments d JOIN online_endpoints e ON e.id = d.endpoint_id JOIN workloads w ON w.id = d.id
            JOIN specifications s ON s.workload_id = w.id AND s.generation = w.proven_generation
            WHERE d.provisioning_state <> 'Deleting' AND (\(ids == nil)::boolean OR d.id = ANY(\(ids)::uuid[]))
            """
        ).rows.map { row in
            MeasuredDeployment(
                id: try row("id"), endpoint: try row("endpoint_name"), name: try row("name"),
                concurrency: try row("concurrency"), limits: try row.json("limits"),
                replicas: try row.json("replicas"))
        }
    }

    /// Writes minutes of deployments that are still there; one that was written already stays as it is.
    package func insert(_ minutes: [DeploymentMinute]) async throws {
        guard !minutes.isEmpty else { return }
        try await runner.query(
            """
            INSERT INTO deployment_minutes (deployment_id, minute, arrivals, answers, latencies, duration_sum_us, busy_us,
                queued_us, utilization_peak, utilization_mean, ready_replicas, cpu_mean, cpu_peak, memory_mean, memory_peak)
            SELECT m.deployment_id, m.minute, m.arrivals, m.answers, m.latencies, m.duration_sum_us, m.busy_us, m.queued_us,
                m.utilization_peak, m.utilization_mean, m.ready_replicas, m.cpu_mean, m.cpu_peak, m.memory_mean,
                m.memory_peak
            FROM jsonb_to_recordset(\(JSONColumn(minutes))) AS m (deployment_id uuid, minute timestamptz, arrivals integer[],
                answers bigint[], latencies bigint[], duration_sum_us bigint, busy_us bigint, queued_us bigint,
                utilization_peak real, utilization_mean real, ready_replicas real, cpu_mean real, cpu_peak real,
                memory_mean real, memory_peak real)
            JOIN online_deployments d ON d.id = m.deployment_id
            ON CONFLICT DO NOTHING
            """)
    }

    /// Writes a minute in which these deployments had replicas, and nothing else is known of them.
    package func insertIdle(_ minute: Date, _ replicas: [(deploymentID: UUID, count: Int)]) async throws {
        guard !replicas.isEmpty else { return }
        try await runner.query(
            """
            INSERT INTO deployment_minutes (deployment_id, minute, arrivals, answers, latencies, duration_sum_us, busy_us,
                queued_us, utilization_peak, utilization_mean, ready_replicas)
            SELECT d.id, \(minute), '{}', '{}', '{}', 0, 0, 0, 0, 0, m.count
            FROM unnest(\(PostgresArray(replicas.map(\.deploymentID)))::uuid[],
                \(PostgresArray(replicas.map(\.count)))::bigint[]) m (id, count)
            JOIN online_deployments d ON d.id = m.id
            ON CONFLICT DO NOTHING
            """)
    }

    /// The minutes of deployments from `start` on, in order.
    package func list(
        deploymentIDs: [UUID], from start: Date, to end: Date
    ) async throws -> [DeploymentMinute] {
        try await runner.query(
            """
            SELECT to_jsonb(m) FROM deployment_minutes m
            WHERE m.deployment_id = ANY(\(PostgresArray(deploymentIDs))::uuid[]) AND m.minute >= \(start)
                AND m.minute < \(end)
            ORDER BY m.deployment_id, m.minute
            """
        ).rows.map { try $0.decode(JSONColumn<DeploymentMinute>.self).value }
    }

    /// Forgets minutes from before `date`, at most `limit` of them; returns how many.
    package func purge(before date: Date, limit: Int) async throws -> Int {
        try await runner.query(
            """
            DELETE FROM deployment_minutes WHERE ctid = ANY(ARRAY(
                SELECT ctid FROM deployment_minutes WHERE minute < \(date) LIMIT \(limit)))
            """
        ).affectedRows
    }
}
