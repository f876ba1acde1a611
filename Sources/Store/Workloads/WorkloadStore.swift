package import Foundation
import Postgres
package import Resources

/// A workload that the planner looks at, with its revision then.
package struct WorkloadRow: Sendable, Equatable {
    package var id: UUID
    package var target: WorkloadTarget
    /// What the replicas of the target need of a host.
    package var resources: ResourceLimits

    package init(id: UUID, target: WorkloadTarget, resources: ResourceLimits) {
        (self.id, self.target, self.resources) = (id, target, resources)
    }
}

/// What a workload wants of its replicas.
package struct WorkloadTarget: Sendable, Equatable {
    /// How many replicas there should be; 0 as long as there is no specification.
    package var wanted: Int
    /// Generation that they should run; 0 for none.
    package var generation: Int64

    package init(wanted: Int, generation: Int64) {
        (self.wanted, self.generation) = (wanted, generation)
    }
}

/// Rows of `workloads` and `specifications`.
///
/// An online deployment has one workload, with the deployment's id.
package typealias WorkloadStore = RowStore<WorkloadTarget>

extension RowStore<WorkloadTarget> {
    /// Adds the workload of an online deployment; it has no specification yet.
    package func insert(deploymentID: UUID, endpointID: UUID, wanted: Int) async throws {
        try await runner.query(
            """
            INSERT INTO workloads (id, kind, owner_kind, owner_id, workspace_id, wanted)
            SELECT \(deploymentID), 'serving', 'online_deployment', \(deploymentID), e.workspace_id, \(wanted)
            FROM online_endpoints e WHERE e.id = \(endpointID)
            """)
    }

    /// Wants so many replicas from now on.
    package func want(_ count: Int, id: UUID) async throws {
        try await runner.query(
            "UPDATE workloads SET wanted = \(count), revision = revision + 1 WHERE id = \(id) AND wanted <> \(count)")
    }

    /// Wants no replicas of any deployment of an endpoint.
    package func wantNone(endpointID: UUID) async throws {
        try await runner.query(
            """
            UPDATE workloads w SET wanted = 0, revision = w.revision + 1
            FROM (SELECT k.id FROM workloads k JOIN online_deployments d ON d.id = k.owner_id
                WHERE d.endpoint_id = \(endpointID) AND k.owner_kind = 'online_deployment' ORDER BY k.id FOR UPDATE OF k) own
            WHERE w.id = own.id AND w.wanted <> 0
            """)
    }

    /// Something that the plan follows from has changed.
    package func raiseRevision(ids: [UUID]) async throws {
        try await runner.query(
            """
            UPDATE workloads w SET revision = w.revision + 1
            FROM (SELECT id FROM workloads WHERE id = ANY(\(PostgresArray(ids))::uuid[]) ORDER BY id FOR NO KEY UPDATE) own
            WHERE w.id = own.id
            """)
    }

    /// A host was lost or has come back: what is placed on it is planned anew.
    package func raiseRevision(placedOn host: HostID) async throws {
        try await runner.query(
            """
            UPDATE workloads w SET revision = w.revision + 1
            FROM (SELECT id FROM workloads WHERE id IN (SELECT workload_id FROM replicas WHERE host_id = \(host.value))
                ORDER BY id FOR NO KEY UPDATE) own
            WHERE w.id = own.id
            """)
    }

    /// A host has come, or has room again: what could not be placed may be.
    package func raiseShort() async throws {
        try await runner.query(
            """
            UPDATE workloads w SET revision = w.revision + 1
            FROM (SELECT id FROM workloads WHERE shortfall IS NOT NULL ORDER BY id FOR NO KEY UPDATE) short
            WHERE w.id = short.id
            """)
    }

    // MARK: Planning

    /// Locks workloads that changed since they were planned, at most `limit`, but for those that somebody else holds.
    package func lockUnplanned(limit: Int, except failed: Set<UUID>) async throws -> [WorkloadRow] {
        try await runner.query(
            """
            SELECT w.id, CASE WHEN w.target_generation = 0 THEN 0 ELSE w.wanted END AS wanted, w.target_generation,
                coalesce(s.body -> 'resources', '{"cpuMillicores": 0, "memoryBytes": 0}') AS resources
            FROM workloads w LEFT JOIN specifications s ON s.workload_id = w.id AND s.generation = w.target_generation
            WHERE w.planned_revision < w.revision AND w.id <> ALL(\(PostgresArray(Array(failed)))::uuid[])
            ORDER BY w.id LIMIT \(limit) FOR NO KEY UPDATE OF w SKIP LOCKED
            """
        ).rows.map { row in
            WorkloadRow(
                id: try row("id"),
                target: WorkloadTarget(wanted: try row("wanted"), generation: try row("target_generation")),
                resources: try row.json("resources"))
        }
    }

    /// The locked workloads are planned as they are.
    package func markPlanned(ids: [UUID], shortfalls: [UUID: Shortfall]) async throws {
        let texts = Dictionary(uniqueKeysWithValues: shortfalls.map { ($0.key.uuidString, $0.value) })
        try await runner.query(
            """
            UPDATE workloads SET planned_revision = revision,
                shortfall = \(JSONColumn(texts))::jsonb -> upper(id::text)
            WHERE id = ANY(\(PostgresArray(ids))::uuid[])
            """)
    }

    /// What is wanted now; nil when the workload is gone.
    package func find(id: UUID) async throws -> WorkloadTarget? {
        try await runner.query(
            """
            SELECT CASE WHEN target_generation = 0 THEN 0 ELSE wanted END AS wanted, target_generation
            FROM workloads WHERE id = \(id)
            """
        ).first.map { WorkloadTarget(wanted: try $0("wanted"), generation: try $0("target_generation")) }
    }

    package func delete(id: UUID) async throws {
        try await runner.query("DELETE FROM workloads WHERE id = \(id)")
    }

    // MARK: Specifications

    /// The specification that replicas should run now; nil before the first.
    package func findTarget(id: UUID) async throws -> ReplicaSpecification? {
        try await specification(
            """
            SELECT s.body FROM workloads w
            JOIN specifications s ON s.workload_id = w.id AND s.generation = w.target_generation WHERE w.id = \(id)
            """)
    }

    /// The one of a generation; nil when its workload is gone.
    package func findSpecification(id: UUID, generation: Int64) async throws -> ReplicaSpecification? {
        try await specification(
            "SELECT body FROM specifications WHERE workload_id = \(id) AND generation = \(generation)")
    }

    private func specification(_ query: SQL) async throws -> ReplicaSpecification? {
        try await runner.query(query).first?.decode(JSONColumn<ReplicaSpecification>.self).value
    }

    /// Makes `specification` the one that replicas should run.
    package func setTarget(id: UUID, _ specification: ReplicaSpecification) async throws {
        try await runner.query(
            """
            INSERT INTO specifications (workload_id, generation, body)
            VALUES (\(id), \(specification.generation), \(JSONColumn(specification)))
            ON CONFLICT (workload_id, generation) DO NOTHING
            """)
        try await runner.query(
            """
            UPDATE workloads SET target_generation = \(specification.generation), revision = revision + 1 WHERE id = \(id)
            """)
    }

    /// The specification that runs has proved ready: a later failure returns to it.
    package func markProven(id: UUID) async throws {
        try await runner.query("UPDATE workloads SET proven_generation = target_generation WHERE id = \(id)")
    }

    /// Gives up the specification that did not become ready; replicas run the last good one, if any.
    package func returnToProven(id: UUID) async throws {
        try await runner.query(
            """
            UPDATE workloads SET target_generation = proven_generation, revision = revision + 1
            WHERE id = \(id) AND target_generation <> proven_generation
            """)
    }

    // MARK: Failures

    /// Remembers the replica whose log shows why a start failed; returns the one remembered before.
    package func rememberFailure(id: UUID, replica: ReplicaID) async throws -> ReplicaID? {
        let result = try await runner.query(
            """
            UPDATE workloads w SET last_failed_replica = \(replica.value)
            FROM (SELECT id, last_failed_replica FROM workloads WHERE id = \(id) FOR UPDATE) old
            WHERE w.id = old.id RETURNING old.last_failed_replica
            """)
        return try result.first?.decode(UUID?.self).map { ReplicaID($0) }
    }

    package func findLastFailure(id: UUID) async throws -> ReplicaID? {
        let result = try await runner.query("SELECT last_failed_replica FROM workloads WHERE id = \(id)")
        return try result.first?.decode(UUID?.self).map { ReplicaID($0) }
    }
}
