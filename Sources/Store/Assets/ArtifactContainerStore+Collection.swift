package import Foundation
import Postgres

/// Containers that nothing names any more: looked for, marked, and removed a day later.
///
/// Whoever is about to name a container holds its row (`hold`, or `claim`) until that is committed. The collector locks
/// the row first and looks in a statement of its own afterwards, which sees everything that was committed before it got
/// the lock. So either it sees the name, or the other one finds the row gone.
extension ArtifactContainerStore {
    /// What names a container: a version, a datastore, or the specification of a workload that runs or may be gone
    /// back to. What outputs and logs are kept for is none of these; they are not collected.
    private static let isNamed = """
        (EXISTS (SELECT 1 FROM asset_versions v WHERE v.artifact_container = a.name)
            OR EXISTS (SELECT 1 FROM datastores s WHERE s.properties ->> 'containerName' = a.name)
            OR EXISTS (
                SELECT 1 FROM specifications r JOIN workloads w ON w.id = r.workload_id
                WHERE (r.generation IN (w.target_generation, w.proven_generation)
                    OR EXISTS (SELECT 1 FROM replicas x
                        WHERE x.workload_id = r.workload_id AND x.generation = r.generation))
                AND jsonb_path_exists(r.body, '$.**.container ? (@ == $name)',
                    jsonb_build_object('name', a.name))))
        """

    /// Owner of a container whose row stays as it is until the transaction ends; nil for nobody's.
    package func hold(_ name: String) async throws -> UUID? {
        let row = try await runner.query(
            "SELECT workspace_id FROM artifact_containers WHERE name = \(name) FOR KEY SHARE"
        ).first
        return try row?.decode(UUID?.self) ?? nil
    }

    /// Names of containers that seem to be named by nothing, in order: to be locked and looked at again.
    ///
    /// - Parameter grace: how long what was signed when a container was claimed is valid.
    package func listUnnamed(after name: String, grace: Duration, limit: Int) async throws -> [String] {
        try await runner.query(
            """
            SELECT a.name FROM artifact_containers a
            WHERE a.name > \(name) AND a.state = 'active' AND a.purpose IN ('version', 'datastore', 'upload')
                AND a.claimed_at <= now() - \(grace.milliseconds) * interval '1 millisecond'
                AND NOT \(raw: Self.isNamed)
            ORDER BY a.name LIMIT \(limit)
            """
        ).rows.map { try $0.decode(String.self) }
    }

    /// Names of containers that were marked so long ago, the oldest first.
    package func listMarked(grace: Duration, limit: Int) async throws -> [String] {
        try await runner.query(
            """
            SELECT name FROM artifact_containers
            WHERE state = 'marked' AND unused_since <= now() - \(grace.milliseconds) * interval '1 millisecond'
            ORDER BY unused_since, name LIMIT \(limit)
            """
        ).rows.map { try $0.decode(String.self) }
    }

    /// Locks those of the containers that nobody holds; returns them.
    package func lock(_ names: [String]) async throws -> [String] {
        try await runner.query(
            """
            SELECT name FROM artifact_containers
            WHERE name = ANY (ARRAY(SELECT jsonb_array_elements_text(\(JSONColumn(names)))))
            ORDER BY name FOR UPDATE SKIP LOCKED
            """
        ).rows.map { try $0.decode(String.self) }
    }

    /// Marks those of the locked containers that nothing names, and that nobody was given meanwhile; returns how many.
    package func mark(_ names: [String], grace: Duration) async throws -> Int {
        try await runner.query(
            """
            UPDATE artifact_containers a SET state = 'marked', unused_since = now()
            WHERE a.name = ANY (ARRAY(SELECT jsonb_array_elements_text(\(JSONColumn(names))))) AND a.state = 'active'
                AND a.claimed_at <= now() - \(grace.milliseconds) * interval '1 millisecond'
                AND NOT \(raw: Self.isNamed)
            """
        ).affectedRows
    }

    /// Takes the mark from a locked container that is named again; true when nothing names it and it may be removed.
    package func isRemovable(_ name: String) async throws -> Bool {
        try await runner.query(
            """
            UPDATE artifact_containers a SET state = 'active', unused_since = NULL
            WHERE a.name = \(name) AND a.state = 'marked' AND \(raw: Self.isNamed)
            """)
        let row = try await runner.query(
            "SELECT 1 FROM artifact_containers WHERE name = \(name) AND state = 'marked'"
        ).first
        return row != nil
    }

    package func delete(_ name: String) async throws {
        try await runner.query("DELETE FROM artifact_containers WHERE name = \(name)")
    }
}
