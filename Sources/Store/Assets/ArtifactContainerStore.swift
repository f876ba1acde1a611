package import Foundation
package import Postgres

/// What a container of the artifact store is for.
package enum ContainerPurpose: String, Sendable {
    case version
    case datastore
    case upload
    case output
    case log
}

/// Rows of `artifact_containers`: which workspace a container belongs to.
package struct ArtifactContainerStore: Sendable {
    let runner: any StatementRunner

    package init(_ runner: any StatementRunner) {
        self.runner = runner
    }

    /// Gives a container without an entry to a workspace; true when the container is the workspace's then. It is used
    /// from now on, though nothing may name it yet.
    package func claim(_ name: String, workspaceID: UUID, purpose: ContainerPurpose) async throws -> Bool {
        try await runner.query(
            """
            INSERT INTO artifact_containers (name, workspace_id, purpose)
            VALUES (\(name), \(workspaceID), \(purpose.rawValue))
            ON CONFLICT (name) DO UPDATE SET claimed_at = now(), state = 'active', unused_since = NULL
            WHERE artifact_containers.workspace_id = EXCLUDED.workspace_id
            """)
        return try await belongs(name, to: workspaceID)
    }

    package func belongs(_ name: String, to workspaceID: UUID) async throws -> Bool {
        let row = try await runner.query(
            "SELECT 1 FROM artifact_containers WHERE name = \(name) AND workspace_id = \(workspaceID)"
        ).first
        return row != nil
    }

    /// Id of the workspace that a container belongs to; nil for nobody's.
    package func owner(of name: String) async throws -> UUID? {
        let row = try await runner.query("SELECT workspace_id FROM artifact_containers WHERE name = \(name)").first
        return try row?.decode(UUID?.self) ?? nil
    }
}
