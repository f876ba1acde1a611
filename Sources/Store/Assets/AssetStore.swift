package import Foundation
package import Postgres
package import Resources

/// Rows of `asset_containers` and `asset_versions`.
package struct AssetStore: Sendable {
    private let runner: any StatementRunner

    package init(_ runner: any StatementRunner) {
        self.runner = runner
    }

    // MARK: Containers

    private static let containerColumns = """
        c.id, c.name, c.properties, c.is_archived, c.revision, c.created_by, c.created_at, c.modified_by, c.modified_at,
        (SELECT v.version FROM asset_versions v WHERE v.container_id = c.id AND NOT v.is_archived ORDER BY v.created_at DESC, v.id DESC LIMIT 1),
        (SELECT coalesce(max(v.version::bigint), 0) + 1 FROM asset_versions v
            WHERE v.container_id = c.id AND v.version ~ '^[0-9]{1,15}$')
        """

    package func findContainer(
        workspace: Workspace, kind: AssetKind, name: String
    ) async throws -> AssetContainer? {
        try await runner.query(
            """
            SELECT \(raw: Self.containerColumns) FROM asset_containers c
            WHERE c.workspace_id = \(workspace.id) AND c.kind = \(kind.rawValue) AND lower(c.name) = lower(\(name))
            """
        ).first.map { try Self.decodeContainer($0, workspace: workspace, kind: kind) }
    }

    package func listContainers(
        workspace: Workspace, kind: AssetKind, view: ListView, page: PageRequest
    ) async throws -> Page<AssetContainer> {
        let rows = try await runner.query(
            """
            SELECT \(raw: Self.containerColumns) FROM asset_containers c
            WHERE c.workspace_id = \(workspace.id) AND c.kind = \(kind.rawValue)
            AND (\(view.isArchived)::boolean IS NULL OR c.is_archived = \(view.isArchived))
            \(page: page, of: "c")
            """
        ).rows.map { try Self.decodeContainer($0, workspace: workspace, kind: kind) }
        return Page(rows, page) { ($0.audit, $0.id) }
    }

    /// Makes or updates a container; answers its id and whether it was made.
    package func saveContainer(
        workspaceID: UUID, kind: AssetKind, name: String, properties: AssetBaseProperties, by caller: String
    ) async throws -> (id: UUID, wasMade: Bool) {
        let row = try await runner.query(
            """
            INSERT INTO asset_containers (id, workspace_id, kind, name, properties, is_archived, created_by, modified_by)
            VALUES (\(UUID()), \(workspaceID), \(kind.rawValue), \(name), \(JSONColumn(properties)), \(properties.isArchived),
                \(caller), \(caller))
            ON CONFLICT (workspace_id, kind, lower(name)) DO UPDATE
            SET properties = EXCLUDED.properties, is_archived = EXCLUDED.is_archived,
                revision = asset_containers.revision + 1, modified_at = now(), modified_by = EXCLUDED.modified_by
            RETURNING id, xmax = 0
            """
        ).first
        guard let row else { throw PostgresError(.decoding, "the insert returned no row") }
        let (id, wasMade) = try row.decode(UUID.self, Bool.self)
        return (id, wasMade)
    }

    /// The container for a new version: made with `dataType` if it is new, else left as it is. Answers its type too.
    package func ensureContainer(
        workspaceID: UUID, kind: AssetKind, name: String, dataType: DataContent.Kind? = nil, by caller: String
    ) async throws -> (id: UUID, dataType: DataContent.Kind?) {
        let empty = AssetBaseProperties(dataType: dataType)
        try await runner.query(
            """
            INSERT INTO asset_containers (id, workspace_id, kind, name, properties, created_by, modified_by)
            VALUES (\(UUID()), \(workspaceID), \(kind.rawValue), \(name), \(JSONColumn(empty)), \(caller), \(caller))
            ON CONFLICT (workspace_id, kind, lower(name)) DO NOTHING
            """)
        let row = try await runner.query(
            """
            SELECT id, properties FROM asset_containers
            WHERE workspace_id = \(workspaceID) AND kind = \(kind.rawValue) AND lower(name) = lower(\(name)) FOR UPDATE
            """
        ).first
        guard let row else { throw PostgresError(.decoding, "the container is gone") }
        let (id, properties) = try row.decode(UUID.self, JSONColumn<AssetBaseProperties>.self)
        return (id, properties.value.dataType)
    }

    package func deleteContainer(id: UUID) async throws {
        try await runner.query("DELETE FROM asset_containers WHERE id = \(id)")
    }

    // MARK: Versions

    private static let versionColumns = """
        v.id, c.name, v.version, v.properties, v.content, v.revision, v.created_by, v.created_at, v.modified_by, v.modified_at
        """

    package func findVersion(
        workspace: Workspace, kind: AssetKind, name: String, version: String
    ) async throws -> AssetVersion? {
        try await runner.query(
            """
            SELECT \(raw: Self.versionColumns) FROM asset_versions v JOIN asset_containers c ON c.id = v.container_id
            WHERE c.workspace_id = \(workspace.id) AND c.kind = \(kind.rawValue) AND lower(c.name) = lower(\(name))
            AND lower(v.version) = lower(\(version))
            """
        ).first.map { try Self.decodeVersion($0, workspace: workspace, kind: kind) }
    }

    /// The newest version that is not archived: what the label `latest` names.
    package func findLatest(workspace: Workspace, kind: AssetKind, name: String) async throws -> AssetVersion? {
        try await runner.query(
            """
            SELECT \(raw: Self.versionColumns) FROM asset_versions v JOIN asset_containers c ON c.id = v.container_id
            WHERE c.workspace_id = \(workspace.id) AND c.kind = \(kind.rawValue) AND lower(c.name) = lower(\(name))
            AND NOT v.is_archived ORDER BY v.created_at DESC, v.id DESC LIMIT 1
            """
        ).first.map { try Self.decodeVersion($0, workspace: workspace, kind: kind) }
    }

    /// Versions of one asset; with a hash in the filter, versions of any asset of the kind that have this content.
    package func listVersions(
        workspace: Workspace, kind: AssetKind, name: String, _ filter: AssetVersionFilter, page: PageRequest
    ) async throws -> Page<AssetVersion> {
        let rows = try await runner.query(
            """
            SELECT \(raw: Self.versionColumns) FROM asset_versions v JOIN asset_containers c ON c.id = v.container_id
            WHERE c.workspace_id = \(workspace.id) AND c.kind = \(kind.rawValue)
            AND (\(filter.hash)::text IS NOT NULL OR lower(c.name) = lower(\(name)))
            AND (\(filter.hash)::text IS NULL OR v.content_hash = \(filter.hash))
            AND (\(filter.view.isArchived)::boolean IS NULL OR v.is_archived = \(filter.view.isArchived))
            AND (\(filter.version)::text IS NULL OR lower(v.version) = lower(\(filter.version)))
            AND (\(filter.description)::text IS NULL OR v.properties->>'description' = \(filter.description))
            AND (\(filter.stage)::text IS NULL OR lower(v.properties->>'stage') = lower(\(filter.stage)))
            \(filter.tags, in: "v.properties->'tags'") \(filter.properties, in: "v.properties->'properties'")
            \(page: page, of: "v")
            """
        ).rows.map { try Self.decodeVersion($0, workspace: workspace, kind: kind) }
        return Page(rows, page) { ($0.audit, $0.id) }
    }

    /// Whether a workspace holds so many versions of a kind. They are counted only where PostgreSQL estimates that the whole
    /// table has as many: counting millions of rows for each new one would take seconds.
    package func holdsVersions(atLeast limit: Int, workspaceID: UUID, kind: AssetKind) async throws -> Bool {
        let row = try await runner.query(
            """
            SELECT CASE WHEN t.reltuples < \(limit) THEN 0 ELSE (
                SELECT count(*) FROM asset_versions v JOIN asset_containers c ON c.id = v.container_id
                WHERE c.workspace_id = \(workspaceID) AND c.kind = \(kind.rawValue)) END
            FROM pg_class t WHERE t.oid = 'asset_versions'::regclass
            """
        ).first
        return try (row?.decode(Int.self) ?? 0) >= limit
    }

    /// `artifactContainer` is the one that the content's address names, if it names one.
    package func insertVersion(
        containerID: UUID, version: String, request: AssetVersionRequest, hash: String?,
        artifactContainer: String? = nil,
        by caller: String
    ) async throws {
        try await runner.query(
            """
            INSERT INTO asset_versions (id, container_id, version, properties, content, content_hash, artifact_container,
                is_archived, created_by, modified_by)
            VALUES (\(UUID()), \(containerID), \(version), \(JSONColumn(request.properties)), \(JSONColumn(request.content)),
                \(hash), \(artifactContainer), \(request.properties.isArchived), \(caller), \(caller))
            """)
    }

    /// Changes what the caller has found may change.
    package func updateVersion(
        id: UUID, properties: AssetBaseProperties, content: AssetContent, by caller: String
    ) async throws {
        try await runner.query(
            """
            UPDATE asset_versions SET properties = \(JSONColumn(properties)), content = \(JSONColumn(content)), is_archived = \(properties.isArchived),
                revision = revision + 1, modified_at = now(), modified_by = \(caller)
            WHERE id = \(id)
            """)
    }

    package func deleteVersion(id: UUID) async throws {
        try await runner.query("DELETE FROM asset_versions WHERE id = \(id)")
    }

    // MARK: Decoding

    private static func decodeContainer(_ row: Row, workspace: Workspace, kind: AssetKind) throws -> AssetContainer {
        let (id, name, properties, isArchived, revision, by, at, lastBy, lastAt, latest, next) = try row.decode(
            UUID.self, String.self, JSONColumn<AssetBaseProperties>.self, Bool.self, Int64.self, String.self, Date.self,
            String.self, Date.self, String?.self, Int64.self)
        var base = properties.value
        base.isArchived = isArchived
        return AssetContainer(
            id: id, workspace: workspace.resourceID, kind: kind, name: name, properties: base, latestVersion: latest,
            nextVersion: String(next), version: RowVersion(revision: revision, generation: revision),
            audit: AuditTrail(createdBy: by, createdAt: at, lastModifiedBy: lastBy, lastModifiedAt: lastAt))
    }

    private static func decodeVersion(_ row: Row, workspace: Workspace, kind: AssetKind) throws -> AssetVersion {
        let (id, name, version, properties, content, revision, by, at, lastBy, lastAt) = try row.decode(
            UUID.self, String.self, String.self, JSONColumn<AssetBaseProperties>.self, JSONColumn<AssetContent>.self,
            Int64.self, String.self, Date.self, String.self, Date.self)
        return AssetVersion(
            id: id, workspace: workspace.resourceID, kind: kind, name: name, versionName: version,
            properties: properties.value, content: content.value,
            version: RowVersion(revision: revision, generation: revision),
            audit: AuditTrail(createdBy: by, createdAt: at, lastModifiedBy: lastBy, lastModifiedAt: lastAt))
    }
}
