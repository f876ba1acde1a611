import Foundation
import Postgres
package import Resources

/// One life of a replica on its host: what is paid for.
package struct UsageSpan: Sendable, Equatable {
    package var key: ReplicaKey
}

/// Rows of `usage_spans`: history, which outlives what it tells of.
package typealias UsageStore = RowStore<UsageSpan>

extension RowStore<UsageSpan> {
    /// Writes down what transitions mean: a life takes room from the start of its process until it has ended.
    package func record(_ transitions: [ReplicaTransition]) async throws {
        let ended = transitions.filter { $0.before.phase.mayRun && (!$0.after.phase.mayRun || $0.hasNewLife) }
        let begun = transitions.filter { $0.after.phase.mayRun && (!$0.before.phase.mayRun || $0.hasNewLife) }
        try await close(ended.map(\.before.key))
        try await open(begun.map(\.after.key))
    }

    private func open(_ keys: [ReplicaKey]) async throws {
        guard !keys.isEmpty else { return }
        try await runner.query(
            """
            INSERT INTO usage_spans (replica_id, life, owner_kind, owner_id, names, instance_type, region, tags, started_at)
            SELECT r.id, k.life, w.owner_kind, w.owner_id,
                jsonb_strip_nulls(jsonb_build_object('subscription', g.subscription_id, 'resourceGroup', g.name,
                    'workspace', s.name, 'endpoint', e.name, 'deployment', d.name)),
                coalesce(p.body ->> 'instanceType', ''), coalesce(e.envelope ->> 'location', ''),
                coalesce(d.envelope -> 'tags', '{}'), now()
            FROM unnest(\(PostgresArray(keys.map(\.id.value)))::uuid[], \(PostgresArray(keys.map(\.life)))::integer[])
                AS k (id, life)
            JOIN replicas r ON r.id = k.id JOIN workloads w ON w.id = r.workload_id
            JOIN specifications p ON p.workload_id = r.workload_id AND p.generation = r.generation
            JOIN workspaces s ON s.id = w.workspace_id JOIN resource_groups g ON g.id = s.resource_group_id
            LEFT JOIN online_deployments d ON d.id = w.owner_id
            LEFT JOIN online_endpoints e ON e.id = d.endpoint_id
            ON CONFLICT (replica_id, life) DO NOTHING
            """)
    }

    private func close(_ keys: [ReplicaKey]) async throws {
        guard !keys.isEmpty else { return }
        try await runner.query(
            """
            UPDATE usage_spans SET ended_at = now()
            WHERE ended_at IS NULL AND replica_id = ANY(\(PostgresArray(keys.map(\.id.value)))::uuid[])
            """)
    }

    /// All replicas of a host were ended.
    func closeAll(of host: UUID) async throws {
        try await runner.query(
            """
            UPDATE usage_spans SET ended_at = now()
            WHERE ended_at IS NULL AND replica_id IN (SELECT id FROM replicas WHERE host_id = \(host))
            """)
    }
}

extension ReplicaTransition {
    fileprivate var hasNewLife: Bool { before.life != after.life }
}
