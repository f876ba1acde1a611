package import Foundation
package import Postgres
package import Resources

/// Rows of `online_endpoints`.
package typealias EndpointStore = RowStore<OnlineEndpoint>

extension RowStore<OnlineEndpoint> {
    private static func named(_ name: String, in workspaceID: UUID) -> SQL {
        "e.workspace_id = \(workspaceID) AND lower(e.name) = lower(\(name))"
    }

    package func find(workspaceID: UUID, name: String) async throws -> OnlineEndpoint? {
        try await OnlineEndpoint.table.first(runner, where: Self.named(name, in: workspaceID))
    }

    /// The same, keeping others from changing the row until the transaction ends.
    package func findForUpdate(workspaceID: UUID, name: String) async throws -> OnlineEndpoint? {
        try await OnlineEndpoint.table.first(runner, where: Self.named(name, in: workspaceID), lock: .update)
    }

    /// The same, keeping callers from changing the row until the transaction ends, but not one another, nor operations from
    /// moving its state.
    package func findForShare(workspaceID: UUID, name: String) async throws -> OnlineEndpoint? {
        try await OnlineEndpoint.table.first(runner, where: Self.named(name, in: workspaceID), lock: .keyShare)
    }

    package func list(
        workspaceID: UUID, _ filter: OnlineEndpointFilter, page: PageRequest
    ) async throws -> Page<OnlineEndpoint> {
        try await OnlineEndpoint.table.page(
            runner,
            where: """
                e.workspace_id = \(workspaceID)
                AND (\(filter.name)::text IS NULL OR lower(e.name) = lower(\(filter.name)))
                AND (\(filter.onCompute)::boolean IS NULL OR (e.properties->>'compute' IS NOT NULL) = \(filter.onCompute))
                \(filter.tags, in: "e.envelope->'tags'") \(filter.properties, in: "e.properties->'properties'")
                """, page)
    }

    /// Endpoints of all workspaces of a group.
    package func list(
        subscription: String, resourceGroup: String, page: PageRequest
    ) async throws -> Page<OnlineEndpoint> {
        try await OnlineEndpoint.table.page(
            runner, where: Parents.condition(subscription: subscription, resourceGroup: resourceGroup), page)
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
        try await OnlineEndpoint.table.setState(runner, id: id, from: from, to: state, observed: observed)
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

}

extension OnlineEndpoint: TableRow {
    package static let table = TrackedTable<OnlineEndpoint>(
        name: "online_endpoints", alias: "e",
        columns: """
            \(Parents.workspaceColumns), e.workspace_id, e.name, e.envelope, e.properties, e.provisioning_state, e.generation,
            e.last_operation_id
            """, joins: Parents.workspace(of: "e"))

    package init(_ row: Row) throws {
        self.init(
            id: try row("id"), workspace: try row.workspaceID(), workspaceID: try row("workspace_id"),
            name: try row("name"), envelope: try row.json("envelope"), properties: try row.json("properties"),
            provisioningState: try row("provisioning_state"), version: try row.version(), audit: try row.audit(),
            lastOperation: try row.operationID("last_operation_id"))
    }
}
