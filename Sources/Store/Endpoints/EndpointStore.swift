package import Foundation
package import Postgres
package import Resources

/// Rows of `online_endpoints`.
package struct EndpointStore: Sendable {
    private let runner: any StatementRunner

    package init(_ runner: any StatementRunner) {
        self.runner = runner
    }

    private static let columns = """
        e.id, e.workspace_id, g.subscription_id, g.name, w.name, e.name, e.envelope, e.properties, e.provisioning_state,
        e.revision, e.generation, e.created_by, e.created_at, e.modified_by, e.modified_at, e.last_operation_id
        """
    private static let tables = """
        online_endpoints e JOIN workspaces w ON w.id = e.workspace_id JOIN resource_groups g ON g.id = w.resource_group_id
        """

    package func find(workspaceID: UUID, name: String) async throws -> OnlineEndpoint? {
        try await runner.query(
            """
            SELECT \(raw: Self.columns) FROM \(raw: Self.tables)
            WHERE e.workspace_id = \(workspaceID) AND lower(e.name) = lower(\(name))
            """
        ).first.map(Self.decode)
    }

    /// The same, keeping others from changing the row until the transaction ends.
    package func findForUpdate(workspaceID: UUID, name: String) async throws -> OnlineEndpoint? {
        try await runner.query(
            """
            SELECT \(raw: Self.columns) FROM \(raw: Self.tables)
            WHERE e.workspace_id = \(workspaceID) AND lower(e.name) = lower(\(name)) FOR UPDATE OF e
            """
        ).first.map(Self.decode)
    }

    /// The same, keeping callers from changing the row until the transaction ends, but not one another, nor operations from
    /// moving its state.
    package func findForShare(workspaceID: UUID, name: String) async throws -> OnlineEndpoint? {
        try await runner.query(
            """
            SELECT \(raw: Self.columns) FROM \(raw: Self.tables)
            WHERE e.workspace_id = \(workspaceID) AND lower(e.name) = lower(\(name)) FOR KEY SHARE OF e
            """
        ).first.map(Self.decode)
    }

    package func find(id: UUID) async throws -> OnlineEndpoint? {
        try await runner.query("SELECT \(raw: Self.columns) FROM \(raw: Self.tables) WHERE e.id = \(id)").first
            .map(Self.decode)
    }

    package func list(
        workspaceID: UUID, _ filter: OnlineEndpointFilter, page: PageRequest
    ) async throws -> Page<OnlineEndpoint> {
        let rows = try await runner.query(
            """
            SELECT \(raw: Self.columns) FROM \(raw: Self.tables)
            WHERE e.workspace_id = \(workspaceID)
            AND (\(filter.name)::text IS NULL OR lower(e.name) = lower(\(filter.name)))
            AND (\(filter.onCompute)::boolean IS NULL OR (e.properties->>'compute' IS NOT NULL) = \(filter.onCompute))
            \(filter.tags, in: "e.envelope->'tags'") \(filter.properties, in: "e.properties->'properties'")
            \(page: page, of: "e")
            """
        ).rows.map(Self.decode)
        return Page(rows, page) { ($0.audit, $0.id) }
    }

    /// Endpoints of all workspaces of a group.
    package func list(
        subscription: String, resourceGroup: String, page: PageRequest
    ) async throws -> Page<OnlineEndpoint> {
        let rows = try await runner.query(
            """
            SELECT \(raw: Self.columns) FROM \(raw: Self.tables)
            WHERE g.subscription_id = \(subscription.lowercased()) AND lower(g.name) = lower(\(resourceGroup))
            \(page: page, of: "e")
            """
        ).rows.map(Self.decode)
        return Page(rows, page) { ($0.audit, $0.id) }
    }

    /// Fails with a unique violation of `online_endpoints_name` when the name is taken anywhere.
    package func insert(
        id: UUID, workspaceID: UUID, name: String, request: OnlineEndpointRequest, by caller: String,
        operation: OperationID
    ) async throws {
        try await runner.query(
            """
            INSERT INTO online_endpoints
                (id, workspace_id, name, envelope, properties, provisioning_state, created_by, modified_by, last_operation_id)
            VALUES (\(id), \(workspaceID), \(name), \(JSONColumn(request.envelope)), \(JSONColumn(request.properties)),
                \(ProvisioningState.creating.rawValue), \(caller), \(caller), \(operation.value))
            """)
    }

    /// Writes what the caller asks for. With an operation, which has to bring it about, the generation grows.
    package func update(
        _ endpoint: OnlineEndpoint, envelope: ResourceEnvelope, properties: OnlineEndpointProperties,
        state: ProvisioningState, by caller: String, operation: OperationID?
    ) async throws -> Bool {
        try await runner.query(
            """
            UPDATE online_endpoints SET envelope = \(JSONColumn(envelope)), properties = \(JSONColumn(properties)),
                provisioning_state = \(state.rawValue), revision = revision + 1, generation = generation + (\(operation != nil)::boolean)::int,
                modified_at = now(), modified_by = \(caller),
                last_operation_id = coalesce(\(operation?.value), last_operation_id)
            WHERE id = \(endpoint.id) AND revision = \(endpoint.version.revision)
            """
        ).affectedRows == 1
    }

    /// Moves the state, if it is still one of `from`; with `observed`, the generation has been brought about.
    package func setState(
        id: UUID, from: [ProvisioningState], to state: ProvisioningState, observed: Bool
    ) async throws -> Bool {
        try await runner.query(
            """
            UPDATE online_endpoints SET provisioning_state = \(state.rawValue), revision = revision + 1,
                observed_generation = CASE WHEN \(observed)::boolean THEN generation ELSE observed_generation END
            WHERE id = \(id) AND provisioning_state = ANY(\(PostgresArray(from.map(\.rawValue)))::text[])
            """
        ).affectedRows == 1
    }

    /// A deployment is gone: its shares, which are 0 or mirrored, go with it.
    package func removeShares(endpointID: UUID, deployment: String) async throws {
        try await runner.query(
            """
            UPDATE online_endpoints SET revision = revision + 1, properties = properties
                #- ARRAY['traffic', \(deployment)::text] #- ARRAY['mirrorTraffic', \(deployment)::text]
            WHERE id = \(endpointID)
            """)
    }

    package func delete(id: UUID) async throws {
        try await runner.query("DELETE FROM online_endpoints WHERE id = \(id)")
    }

    static func decode(_ row: Row) throws -> OnlineEndpoint {
        let (
            id, workspaceID, subscription, group, workspace, name, envelope, properties, state, revision, generation,
            by,
            at, lastBy, lastAt, operation
        ) = try row.decode(
            UUID.self, UUID.self, String.self, String.self, String.self, String.self, JSONColumn<ResourceEnvelope>.self,
            JSONColumn<OnlineEndpointProperties>.self, ProvisioningState.self, Int64.self, Int64.self, String.self,
            Date.self, String.self, Date.self, UUID?.self)
        return OnlineEndpoint(
            id: id, workspace: .workspace(subscription: subscription, resourceGroup: group, name: workspace),
            workspaceID: workspaceID, name: name, envelope: envelope.value, properties: properties.value,
            provisioningState: state, version: RowVersion(revision: revision, generation: generation),
            audit: AuditTrail(createdBy: by, createdAt: at, lastModifiedBy: lastBy, lastModifiedAt: lastAt),
            lastOperation: operation.map { OperationID($0) })
    }
}
