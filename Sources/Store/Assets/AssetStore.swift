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

    private static let containers = TrackedTable<AssetContainer>(
        name: "asset_containers", alias: "c",
        columns: """
            \(Parents.workspaceColumns), c.kind, c.name, c.properties, c.is_archived,
            (SELECT v.version FROM asset_versions v WHERE v.container_id = c.id AND NOT v.is_archived
                ORDER BY v.created_at DESC, v.id DESC LIMIT 1) AS latest_version,
            (SELECT coalesce(max(v.version::bigint), 0) + 1 FROM asset_versions v
                WHERE v.container_id = c.id AND v.version ~ '^[0-9]{1,15}$') AS next_version
            """, joins: Parents.workspace(of: "c"))

    private static func all(_ kind: AssetKind, in workspaceID: UUID) -> SQL {
        "c.workspace_id = \(workspaceID) AND c.kind = \(kind.rawValue)"
    }

    private static func named(_ name: String, _ kind: AssetKind, in workspaceID: UUID) -> SQL {
        "\(all(kind, in: workspaceID)) AND lower(c.name) = lower(\(name))"
    }

    package func findContainer(workspaceID: UUID, kind: AssetKind, name: String) async throws -> AssetContainer? {
        try await Self.containers.first(runner, where: Self.named(name, kind, in: workspaceID))
    }

    package func listContainers(
        workspaceID: UUID, kind: AssetKind, view: ListView, page: PageRequest
    ) async throws -> Page<AssetContainer> {
        try await Self.containers.page(
            runner,
            where: """
                \(Self.all(kind, in: workspaceID))
                AND (\(view.isArchived)::boolean IS NULL OR c.is_archived = \(view.isArchived))
                """, page)
    }

    /// Makes or updates a container; returns its id and whether it was made.
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

    /// The container for a new version: made with `dataType` if it is new, else left as it is. Returns its type too.
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
        try await Self.containers.delete(runner, id: id)
    }

    // MARK: Versions

    private static let versions = TrackedTable<AssetVersion>(
        name: "asset_versions", alias: "v",
        columns: "\(Parents.workspaceColumns), c.kind, c.name, v.version, v.properties, v.content",
        joins: "JOIN asset_containers c ON c.id = v.container_id \(Parents.workspace(of: "c"))")

    package func findVersion(
        workspaceID: UUID, kind: AssetKind, name: String, version: String
    ) async throws -> AssetVersion? {
        try await Self.versions.first(
            runner,
            where: "\(Self.named(name, kind, in: workspaceID)) AND lower(v.version) = lower(\(version))")
    }

    /// The newest version that is not archived: what the label `latest` names.
    package func findLatest(workspaceID: UUID, kind: AssetKind, name: String) async throws -> AssetVersion? {
        try await Self.versions.first(
            runner,
            where: """
                \(Self.named(name, kind, in: workspaceID))
                AND NOT v.is_archived ORDER BY v.created_at DESC, v.id DESC LIMIT 1
                """)
    }

    /// Versions of one asset; with a hash in the filter, versions of any asset of the kind that have this content.
    package func listVersions(
        workspaceID: UUID, kind: AssetKind, name: String, _ filter: AssetVersionFilter, page: PageRequest
    ) async throws -> Page<AssetVersion> {
        try await Self.versions.page(
            runner,
            where: """
                \(Self.all(kind, in: workspaceID))
                AND (\(filter.hash)::text IS NOT NULL OR lower(c.name) = lower(\(name)))
                AND (\(filter.hash)::text IS NULL OR v.content_hash = \(filter.hash))
                AND (\(filter.view.isArchived)::boolean IS NULL OR v.is_archived = \(filter.view.isArchived))
                AND (\(filter.version)::text IS NULL OR lower(v.version) = lower(\(filter.version)))
                AND (\(filter.description)::text IS NULL OR v.properties->>'description' = \(filter.description))
                AND (\(filter.stage)::text IS NULL OR lower(v.properties->>'stage') = lower(\(filter.stage)))
                \(filter.tags, in: "v.properties->'tags'") \(filter.properties, in: "v.properties->'properties'")
                """, page)
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
        try await Self.versions.delete(runner, id: id)
    }
}

extension AssetContainer: RowDecodable {
    package init(_ row: Row) throws {
        var properties: AssetBaseProperties = try row.json("properties")
        properties.isArchived = try row("is_archived")
        self.init(
            id: try row("id"), workspace: try row.workspaceID(), kind: try row("kind"), name: try row("name"),
            properties: properties, latestVersion: try row("latest_version"),
            nextVersion: String(try row("next_version", as: Int64.self)), version: try row.revision(),
            audit: try row.audit())
    }
}

extension AssetVersion: RowDecodable {
    package init(_ row: Row) throws {
        self.init(
            id: try row("id"), workspace: try row.workspaceID(), kind: try row("kind"), name: try row("name"),
            versionName: try row("version"), properties: try row.json("properties"), content: try row.json("content"),
            version: try row.revision(), audit: try row.audit())
    }
}
