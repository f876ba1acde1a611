import Foundation
import Postgres
package import Resources

/// Writes what hosts report.
package typealias ReportStore = RowStore<ReplicaTransition>

extension RowStore<ReplicaTransition> {
    private static func told(_ reports: [ReplicaReport]) -> SQL {
        """
        jsonb_to_recordset(\(JSONColumn(reports))::jsonb) AS x (id uuid, life integer, phase text, address jsonb,
            failures integer, "retryAt" timestamptz, error jsonb)
        """
    }

    /// Locks the workloads whose plan or last failure will follow from reports of a host.
    package func lockWorkloads(of host: HostID, _ reports: [ReplicaReport]) async throws {
        try await runner.query(
            """
            SELECT w.id FROM workloads w
            WHERE w.id IN (SELECT r.workload_id FROM \(Self.told(reports)) JOIN replicas r ON r.id = x.id
                WHERE r.host_id = \(host.value) AND ((r.phase = 'ready') <> (x.phase = 'ready')
                    OR x.failures > r.failures OR x.phase = 'gone'))
            ORDER BY w.id FOR NO KEY UPDATE
            """)
    }

    /// Writes how replicas of a host are doing, and removes those that were to end and are gone; returns what has changed.
    package func record(_ reports: [ReplicaReport], of host: HostID) async throws -> [ReplicaTransition] {
        let rows = try await runner.query(
            """
            WITH told AS (SELECT * FROM \(Self.told(reports))), before AS (
                SELECT r.id, r.workload_id, r.life, r.phase, r.failures FROM replicas r JOIN told USING (id)
                WHERE r.host_id = \(host.value) AND r.life <= told.life ORDER BY r.id FOR NO KEY UPDATE OF r
            ), gone AS (
                DELETE FROM replicas r USING told WHERE r.id = told.id AND r.host_id = \(host.value)
                    AND told.phase = 'gone' AND r.desired = 'stop' RETURNING r.id
            ), changed AS (
                UPDATE replicas r SET life = told.life, phase = told.phase, address = told.address,
                    failures = told.failures, retry_at = told."retryAt", error = told.error, changed_at = now()
                FROM told JOIN before USING (id) WHERE r.id = told.id AND told.phase <> 'gone'
                RETURNING r.id
            )
            SELECT id, workload_id, life, phase, failures FROM before
            WHERE id IN (SELECT id FROM changed UNION ALL SELECT id FROM gone)
            """
        ).rows
        let after = Dictionary(uniqueKeysWithValues: reports.map { ($0.id, $0) })
        return try rows.compactMap { row in
            let id = ReplicaID(try row("id", as: UUID.self))
            guard let told = after[id] else { return nil }
            return ReplicaTransition(
                workloadID: try row("workload_id"),
                before: ReplicaReport(
                    id: id, life: try row("life"), phase: try row("phase"), failures: try row("failures")),
                after: told)
        }
    }

    /// Remembers replicas whose logs show why starts failed, one for each workload.
    package func remember(failures: [ReplicaTransition]) async throws {
        guard !failures.isEmpty else { return }
        let last = Dictionary(failures.map { ($0.workloadID, $0.after.id.value) }) { _, newer in newer }
        let entries = Array(last)
        try await runner.query(
            """
            UPDATE workloads w SET last_failed_replica = f.replica
            FROM unnest(\(PostgresArray(entries.map(\.key)))::uuid[], \(PostgresArray(entries.map(\.value)))::uuid[])
                AS f (id, replica)
            WHERE w.id = f.id
            """)
    }

    /// Those of `ids` that are not placed on a host, nor any workload's last failure: what is left of them is nobody's.
    package func unplaced(on host: HostID, among ids: Set<ReplicaID>) async throws -> Set<ReplicaID> {
        guard !ids.isEmpty else { return [] }
        let list = PostgresArray(ids.map(\.value))
        let known = try await runner.query(
            """
            SELECT id FROM replicas WHERE id = ANY(\(list)::uuid[]) AND host_id = \(host.value)
            UNION ALL SELECT last_failed_replica FROM workloads WHERE last_failed_replica = ANY(\(list)::uuid[])
            """
        ).rows.map { ReplicaID(try $0.decode(UUID.self)) }
        return ids.subtracting(known)
    }

    /// What replicas that are placed on a host run.
    package func specifications(
        of keys: Set<SpecificationKey>, on host: HostID
    ) async throws -> [SpecificationKey: ReplicaSpecification] {
        let keys = Array(keys)
        let rows = try await runner.query(
            """
            SELECT s.workload_id, s.generation, s.body FROM specifications s
            JOIN unnest(\(PostgresArray(keys.map(\.workloadID)))::uuid[],
                \(PostgresArray(keys.map(\.generation)))::bigint[]) AS k (workload_id, generation)
                USING (workload_id, generation)
            WHERE EXISTS (SELECT 1 FROM replicas r WHERE r.workload_id = s.workload_id
                AND r.generation = s.generation AND r.host_id = \(host.value))
            """
        ).rows
        return try Dictionary(
            uniqueKeysWithValues: rows.map { row in
                (
                    SpecificationKey(workloadID: try row("workload_id"), generation: try row("generation")),
                    try row.json("body")
                )
            })
    }
}
