package import Foundation
package import Postgres
package import Resources

/// Rows of `online_deployments`, each with its workload.
package typealias DeploymentStore = RowStore<OnlineDeployment>

extension RowStore<OnlineDeployment> {
    private static func named(_ name: String, below endpointID: UUID) -> SQL {
        "d.endpoint_id = \(endpointID) AND lower(d.name) = lower(\(name))"
    }

    package func find(endpointID: UUID, name: String) async throws -> OnlineDeployment? {
        try await OnlineDeployment.table.first(runner, where: Self.named(name, below: endpointID))
    }

    /// The same, keeping others from changing the row until the transaction ends.
    package func findForUpdate(endpointID: UUID, name: String) async throws -> OnlineDeployment? {
        try await OnlineDeployment.table.first(runner, where: Self.named(name, below: endpointID), lock: .update)
    }

    package func list(
        endpointID: UUID, page: PageRequest
    ) async throws -> Page<OnlineDeployment> {
        try await OnlineDeployment.table.page(runner, where: "d.endpoint_id = \(endpointID)", page)
    }

    /// Deployments of all workspaces of a group.
    package func list(
        subscription: String, resourceGroup: String, page: PageRequest
    ) async throws -> Page<OnlineDeployment> {
        try await OnlineDeployment.table.page(
            runner, where: Parents.condition(subscription: subscription, resourceGroup: resourceGroup), page)
    }

    /// Names of an endpoint's deployments that are not going away.
    package func names(endpointID: UUID) async throws -> [String] {
        try await runner.query(
            """
            SELECT name FROM online_deployments
            WHERE endpoint_id = \(endpointID) AND provisioning_state <> 'Deleting' ORDER BY created_at
            """
        ).rows.map { try $0.decode(String.self) }
    }

    package func ids(endpointID: UUID) async throws -> [UUID] {
        try await runner.query("SELECT id FROM online_deployments WHERE endpoint_id = \(endpointID)").rows.map {
            try $0.decode(UUID.self)
        }
    }

    package func insert(
        id: UUID, endpointID: UUID, name: String, request: OnlineDeploymentRequest, wanted: Int, by caller: String,
        operation: OperationID
    ) async throws {
        try await runner.query(
            """
            INSERT INTO online_deployments (id, endpoint_id, name, envelope, properties, instance_count,
                provisioning_state, created_by, modified_by, last_operation_id)
            VALUES (\(id), \(endpointID), \(name), \(JSONColumn(request.envelope)), \(JSONColumn(request.properties)),
                \(request.instanceCount), \(ProvisioningState.creating.rawValue), \(caller), \(caller), \(operation.value))
            """)
        try await WorkloadStore(runner).insert(deploymentID: id, endpointID: endpointID, wanted: wanted)
    }

    /// Writes what the caller asks for. With an operation, which has to bring it about, the generation grows.
    package func update(
        _ deployment: OnlineDeployment, envelope: ResourceEnvelope, properties: OnlineDeploymentProperties,
        instanceCount: Int, state: ProvisioningState, by caller: String, operation: OperationID?
    ) async throws -> Bool {
        try await runner.query(
            """
            UPDATE online_deployments SET envelope = \(JSONColumn(envelope)), properties = \(JSONColumn(properties)),
                instance_count = \(instanceCount), provisioning_state = \(state.rawValue), revision = revision + 1,
                generation = generation + (\(operation != nil)::boolean)::int, modified_at = now(), modified_by = \(caller),
                last_operation_id = coalesce(\(operation?.value), last_operation_id)
            WHERE id = \(deployment.id) AND revision = \(deployment.version.revision)
            """
        ).affectedRows == 1
    }

    /// Moves the state, if it is still one of `from`; with `observed`, the generation has been brought about.
    package func setState(
        id: UUID, from: [ProvisioningState], to state: ProvisioningState, observed: Bool
    ) async throws -> Bool {
        try await OnlineDeployment.table.setState(runner, id: id, from: from, to: state, observed: observed)
    }

    /// Marks all deployments of an endpoint as going away, with their replicas.
    package func markDeleting(endpointID: UUID) async throws {
        try await runner.query(
            """
            UPDATE online_deployments SET provisioning_state = 'Deleting', revision = revision + 1
            WHERE endpoint_id = \(endpointID) AND provisioning_state <> 'Deleting'
            """)
        try await WorkloadStore(runner).wantNone(endpointID: endpointID)
    }

    /// Removes a deployment with its workload; its replicas are gone.
    package func remove(id: UUID) async throws {
        try await delete(id: id)
        try await WorkloadStore(runner).delete(id: id)
    }

    /// The same for all deployments of an endpoint.
    package func removeAll(endpointID: UUID) async throws {
        try await runner.query(
            """
            WITH gone AS (DELETE FROM online_deployments WHERE endpoint_id = \(endpointID) RETURNING id)
            DELETE FROM workloads w USING gone WHERE w.owner_id = gone.id AND w.owner_kind = 'online_deployment'
            """)
    }

    // MARK: What the properties ask for

    /// The specification that the stored properties ask for, be it that it proved ready, failed or was abandoned; nil before
    /// the first.
    package func findSpecified(id: UUID) async throws -> ReplicaSpecification? {
        try await runner.query(
            """
            SELECT s.body FROM online_deployments d
            JOIN specifications s ON s.workload_id = d.id AND s.generation = d.specified_generation WHERE d.id = \(id)
            """
        ).first?.decode(JSONColumn<ReplicaSpecification>.self).value
    }

    /// The specification of a generation is what the stored properties ask for.
    package func setSpecified(id: UUID, generation: Int64) async throws {
        try await runner.query("UPDATE online_deployments SET specified_generation = \(generation) WHERE id = \(id)")
    }
}

extension OnlineDeployment: TableRow {
    package static let table = TrackedTable<OnlineDeployment>(
        name: "online_deployments", alias: "d",
        columns: """
            \(Parents.workspaceColumns), e.name AS endpoint_name, e.workspace_id, d.endpoint_id, d.name, d.envelope, d.properties,
            d.instance_count, k.wanted, d.provisioning_state, d.generation, d.last_operation_id
            """,
        joins: """
            JOIN online_endpoints e ON e.id = d.endpoint_id \(Parents.workspace(of: "e")) JOIN workloads k ON k.id = d.id
            """)

    package init(_ row: Row) throws {
        self.init(
            id: try row("id"), endpoint: try row.workspaceID().child("onlineEndpoints", try row("endpoint_name")),
            endpointID: try row("endpoint_id"), workspaceID: try row("workspace_id"), name: try row("name"),
            envelope: try row.json("envelope"),
            properties: try row.json("properties"), instanceCount: try row("instance_count"),
            wantedReplicas: try row("wanted"), provisioningState: try row("provisioning_state"),
            version: try row.version(), audit: try row.audit(),
            lastOperation: try row.operationID("last_operation_id"))
    }
}
