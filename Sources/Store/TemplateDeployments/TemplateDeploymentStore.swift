package import Foundation
package import Postgres
package import Resources

/// What a deployment needs to be carried out, beside what it shows.
package struct TemplateDeploymentInputs: Sendable {
    package var template: JSONValue
    /// Templates behind links, by address.
    package var linkedTemplates: JSONValue
    /// As `SecretVault` seals them; nil for a nested deployment.
    package var sealedParameters: Data?
    package var callerObjectID: UUID
    package var callerApplicationID: String
    package var baseURL: String

    package init(
        template: JSONValue, linkedTemplates: JSONValue, sealedParameters: Data?, callerObjectID: UUID,
        callerApplicationID: String, baseURL: String
    ) {
        (self.template, self.linkedTemplates) = (template, linkedTemplates)
        (self.sealedParameters, self.callerObjectID) = (sealedParameters, callerObjectID)
        (self.callerApplicationID, self.baseURL) = (callerApplicationID, baseURL)
    }
}

/// Rows of `template_deployments`.
package typealias TemplateDeploymentStore = RowStore<TemplateDeployment>

extension RowStore<TemplateDeployment> {
    private static var columns: String {
        """
        d.id, d.subscription_id, g.name AS group_name, d.name, d.location, d.tags, d.state, d.mode, d.operation_id, d.is_nested,
        d.correlation_id, d.template_hash, d.request, d.parameters, d.summary, d.outputs, d.output_resources, d.error,
        d.started_at, d.changed_at
        """
    }
    private static var tables: String {
        "template_deployments d LEFT JOIN resource_groups g ON g.id = d.resource_group_id"
    }

    package func find(id: UUID) async throws -> TemplateDeployment? {
        try await runner.query("SELECT \(raw: Self.columns) FROM \(raw: Self.tables) WHERE d.id = \(id)").first
            .map(TemplateDeployment.init)
    }

    package func find(
        subscription: String, resourceGroup: String?, name: String
    ) async throws -> TemplateDeployment? {
        try await runner.query(
            """
            SELECT \(raw: Self.columns) FROM \(raw: Self.tables)
            WHERE d.subscription_id = \(subscription.lowercased()) AND lower(d.name) = lower(\(name))
            AND lower(g.name) IS NOT DISTINCT FROM lower(\(resourceGroup))
            """
        ).first.map(TemplateDeployment.init)
    }

    /// Deployments of a scope, the newest first; of one state when it is named.
    package func list(
        subscription: String, resourceGroup: String?, state: TemplateDeploymentState?, page: PageRequest
    ) async throws -> Page<TemplateDeployment> {
        let rows = try await runner.query(
            """
            SELECT \(raw: Self.columns), d.created_at FROM \(raw: Self.tables)
            WHERE d.subscription_id = \(subscription.lowercased())
            AND lower(g.name) IS NOT DISTINCT FROM lower(\(resourceGroup))
            AND (\(state?.rawValue)::text IS NULL OR d.state = \(state?.rawValue))
            \(page: page, of: "d")
            """
        ).rows.map { row in (try TemplateDeployment(row), try row("created_at", as: Date.self)) }
        return Page(rows, page) { row in
            (
                AuditTrail(createdBy: "", createdAt: row.1, lastModifiedBy: "", lastModifiedAt: row.0.changedAt),
                row.0.id
            )
        }.map(\.0)
    }

    package func inputs(id: UUID) async throws -> TemplateDeploymentInputs? {
        let row = try await runner.query(
            """
            SELECT template, linked_templates, sealed_parameters, caller_object_id, caller_application_id, base_url
            FROM template_deployments WHERE id = \(id)
            """
        ).first
        guard let row else { return nil }
        return TemplateDeploymentInputs(
            template: try row("template"), linkedTemplates: try row("linked_templates"),
            sealedParameters: try row("sealed_parameters"), callerObjectID: try row("caller_object_id"),
            callerApplicationID: try row("caller_application_id"), baseURL: try row("base_url"))
    }

    /// Makes the row, or begins the same name anew when the one that is there has ended or is of the same operation;
    /// what it did before is forgotten. Returns the row's id and whether it was made; nil when another one is active.
    package func begin(
        _ deployment: TemplateDeployment, _ inputs: TemplateDeploymentInputs
    ) async throws -> (id: UUID, wasMade: Bool)? {
        let row = try await runner.query(
            """
            WITH begun AS (
                INSERT INTO template_deployments (id, subscription_id, resource_group_id, name, location, tags, state,
                    mode, operation_id, is_nested, caller_object_id, caller_application_id, correlation_id, base_url,
                    template, template_hash, linked_templates, sealed_parameters, request, parameters, summary,
                    started_at, changed_at)
                SELECT \(deployment.id), \(deployment.subscription.lowercased()),
                    (SELECT id FROM resource_groups WHERE subscription_id = \(deployment.subscription.lowercased())
                        AND lower(name) = lower(\(deployment.resourceGroup))),
                    \(deployment.name), \(deployment.location), \(JSONColumn(deployment.tags)),
                    \(deployment.state.rawValue), \(deployment.mode.rawValue), \(deployment.operationID.value),
                    \(deployment.isNested)::boolean, \(inputs.callerObjectID), \(inputs.callerApplicationID),
                    \(deployment.correlationID), \(inputs.baseURL), \(inputs.template)::json,
                    \(deployment.templateHash), \(inputs.linkedTemplates)::json, \(inputs.sealedParameters)::bytea,
                    \(deployment.request)::json, \(deployment.parameters)::json, \(deployment.summary)::json,
                    \(deployment.startedAt), \(deployment.changedAt)
                ON CONFLICT (subscription_id, coalesce(resource_group_id, '00000000-0000-0000-0000-000000000000'),
                    lower(name)) DO UPDATE
                SET location = EXCLUDED.location, tags = EXCLUDED.tags, state = EXCLUDED.state, mode = EXCLUDED.mode,
                    operation_id = EXCLUDED.operation_id, is_nested = EXCLUDED.is_nested,
                    caller_object_id = EXCLUDED.caller_object_id,
                    caller_application_id = EXCLUDED.caller_application_id,
                    correlation_id = EXCLUDED.correlation_id, base_url = EXCLUDED.base_url,
                    template = EXCLUDED.template, template_hash = EXCLUDED.template_hash,
                    linked_templates = EXCLUDED.linked_templates, sealed_parameters = EXCLUDED.sealed_parameters,
                    request = EXCLUDED.request, parameters = EXCLUDED.parameters, summary = EXCLUDED.summary,
                    outputs = NULL, output_resources = NULL, error = NULL, started_at = EXCLUDED.started_at,
                    changed_at = EXCLUDED.changed_at
                WHERE template_deployments.state NOT IN ('Accepted', 'Running')
                RETURNING id, xmax = 0 AS was_made
            ), forgotten AS (
                DELETE FROM template_deployment_steps WHERE deployment_id IN (SELECT id FROM begun WHERE NOT was_made)
            )
            SELECT id, was_made FROM begun
            """
        ).first
        guard let row else { return nil }
        let (id, wasMade) = try row.decode(UUID.self, Bool.self)
        return (id, wasMade)
    }

    /// Accepted becomes running; true also when it runs already.
    package func markRunning(id: UUID, at date: Date) async throws -> Bool {
        try await runner.query(
            """
            UPDATE template_deployments SET state = 'Running', changed_at = \(date)
            WHERE id = \(id) AND state IN ('Accepted', 'Running')
            """
        ).affectedRows == 1
    }

    /// Writes the values that the deployment answers, before its end.
    package func setResults(id: UUID, outputs: JSONValue, resources: JSONValue) async throws {
        try await runner.query(
            """
            UPDATE template_deployments SET outputs = \(outputs)::json, output_resources = \(resources)::json
            WHERE id = \(id) AND state IN ('Accepted', 'Running')
            """)
    }

    /// Writes the end of one deployment; false when it has ended already.
    package func end(id: UUID, as state: TemplateDeploymentState, error: ARMError?, at date: Date) async throws -> Bool
    {
        try await runner.query(
            """
            UPDATE template_deployments SET state = \(state.rawValue), error = \(error.map { JSONColumn($0) }),
                changed_at = \(date)
            WHERE id = \(id) AND state IN ('Accepted', 'Running')
            """
        ).affectedRows == 1
    }

    /// Ends everything that an operation has left open: nested deployments, and then the steps, of which no more come.
    package func endRest(
        operation: OperationID, as state: TemplateDeploymentState, error: ARMError?, at date: Date
    ) async throws {
        try await runner.query(
            """
            UPDATE template_deployments SET state = \(state.rawValue), error = \(error.map { JSONColumn($0) }),
                changed_at = \(date)
            WHERE operation_id = \(operation.value) AND state IN ('Accepted', 'Running')
            """)
        try await runner.query(
            """
            UPDATE template_deployment_steps SET state = 'Canceled', status_code = 'Conflict', changed_at = \(date)
            WHERE state = 'Running' AND deployment_id IN (
                SELECT id FROM template_deployments WHERE operation_id = \(operation.value))
            """)
    }

    /// Removes a deployment that has ended, with what it did; false when there was none or it is active.
    package func delete(id: UUID) async throws -> Bool {
        try await runner.query(
            "DELETE FROM template_deployments WHERE id = \(id) AND state NOT IN ('Accepted', 'Running')"
        ).affectedRows == 1
    }

    /// Makes room in a scope's history: removes the oldest that have ended until `limit` are left. Returns how many
    /// are left.
    package func trim(subscription: String, resourceGroup: String?, to limit: Int) async throws -> Int {
        let row = try await runner.query(
            """
            WITH scope AS (
                SELECT d.id, d.state, d.created_at FROM \(raw: Self.tables)
                WHERE d.subscription_id = \(subscription.lowercased())
                AND lower(g.name) IS NOT DISTINCT FROM lower(\(resourceGroup))
            ), gone AS (
                DELETE FROM template_deployments WHERE id IN (
                    SELECT id FROM scope WHERE state NOT IN ('Accepted', 'Running') ORDER BY created_at
                    LIMIT greatest(0, (SELECT count(*) FROM scope) - \(limit)))
                RETURNING id
            )
            SELECT (SELECT count(*) FROM scope) - (SELECT count(*) FROM gone)
            """
        ).first
        return try row?.decode(Int.self) ?? 0
    }
}

extension TemplateDeployment: RowDecodable {
    package init(_ row: Row) throws {
        self.init(
            id: try row("id"), subscription: try row("subscription_id"), resourceGroup: try row("group_name"),
            name: try row("name"), location: try row("location"), tags: try row.json("tags"), state: try row("state"),
            mode: try row("mode"), operationID: OperationID(try row("operation_id")), isNested: try row("is_nested"),
            correlationID: try row("correlation_id"), templateHash: try row("template_hash"),
            request: try row("request"), parameters: try row("parameters"), summary: try row("summary"),
            outputs: try row("outputs"), outputResources: try row("output_resources"),
            error: try row.jsonIfPresent("error"), startedAt: try row("started_at"), changedAt: try row("changed_at"))
    }
}
