package import Foundation
package import Postgres
package import Resources

/// Rows of `template_deployment_steps`.
package typealias TemplateDeploymentStepStore = RowStore<TemplateDeploymentStep>

extension RowStore<TemplateDeploymentStep> {
    private static var columns: String {
        """
        deployment_id, position, kind, state, target, target_type, target_name, status_code, error, started_at,
        changed_at, awaited_operation_id, was_made, nested_id
        """
    }

    /// What a deployment has done, in the order in which it began.
    package func list(deploymentID: UUID) async throws -> [TemplateDeploymentStep] {
        try await runner.query(
            """
            SELECT \(raw: Self.columns) FROM template_deployment_steps
            WHERE deployment_id = \(deploymentID) ORDER BY started_at, position
            """
        ).rows.map(TemplateDeploymentStep.init)
    }

    /// Writes steps of one deployment while it runs and is of that operation; false when it does not. Who ends the
    /// deployment waits for the steps, or is waited for.
    package func save(_ steps: [TemplateDeploymentStep], operation: OperationID) async throws -> Bool {
        guard let deploymentID = steps.first?.deploymentID else { return true }
        return try await runner.query(
            """
            INSERT INTO template_deployment_steps (\(raw: Self.columns))
            SELECT d.id, position, kind, s.state, target, type, s.name, status, s.error, s."startedAt", s."changedAt",
                awaited, "wasMade", nested
            FROM template_deployments d, jsonb_to_recordset(\(JSONColumn(steps.map(StepRow.init)))::jsonb) AS s (
                position integer, kind text, state text, target text, type text, name text, status text, error jsonb,
                "startedAt" timestamptz, "changedAt" timestamptz, awaited uuid, "wasMade" boolean, nested uuid)
            WHERE d.id = \(deploymentID) AND d.operation_id = \(operation.value) AND d.state = 'Running'
            FOR SHARE OF d
            ON CONFLICT (deployment_id, position) DO UPDATE
            SET state = EXCLUDED.state, status_code = EXCLUDED.status_code, error = EXCLUDED.error,
                changed_at = EXCLUDED.changed_at, awaited_operation_id = EXCLUDED.awaited_operation_id,
                was_made = EXCLUDED.was_made,
                nested_id = coalesce(EXCLUDED.nested_id, template_deployment_steps.nested_id)
            """
        ).affectedRows == steps.count
    }

    /// Whether a step has begun the nested deployment of that row.
    package func isNested(_ id: UUID) async throws -> Bool {
        try await runner.query("SELECT 1 FROM template_deployment_steps WHERE nested_id = \(id) LIMIT 1").first != nil
    }
}

/// A step as SQL unpacks it.
private struct StepRow: Codable, Sendable {
    var position: Int
    var kind, state: String
    var target, type, name: String?
    var status: String
    var error: ARMError?
    var startedAt, changedAt: String
    var awaited: UUID?
    var wasMade: Bool?
    var nested: UUID?

    init(_ step: TemplateDeploymentStep) {
        (position, kind, state, status) = (step.position, step.kind, step.state.rawValue, step.statusCode)
        (target, type, name, error) = (step.target, step.targetType, step.targetName, step.error)
        (startedAt, changedAt) = (step.startedAt.postgresText, step.changedAt.postgresText)
        (awaited, wasMade, nested) = (step.awaited?.value, step.wasMade, step.nestedID)
    }
}

extension TemplateDeploymentStep: RowDecodable {
    package init(_ row: Row) throws {
        self.init(
            deploymentID: try row("deployment_id"), position: try row("position"), kind: try row("kind"),
            state: try row("state"), target: try row("target"), targetType: try row("target_type"),
            targetName: try row("target_name"), statusCode: try row("status_code"),
            error: try row.jsonIfPresent("error"), startedAt: try row("started_at"), changedAt: try row("changed_at"),
            awaited: (try row("awaited_operation_id", as: UUID?.self)).map(OperationID.init),
            wasMade: try row("was_made"), nestedID: try row("nested_id"))
    }
}

/// Rows of `what_if_results`.
package struct WhatIfResultStore: Sendable {
    private let runner: any StatementRunner

    package init(_ runner: any StatementRunner) {
        self.runner = runner
    }

    package func insert(id: UUID, subscription: String, caller: UUID, result: JSONValue) async throws {
        try await runner.query(
            """
            INSERT INTO what_if_results (id, subscription_id, caller_object_id, result)
            VALUES (\(id), \(subscription.lowercased()), \(caller), \(result)::json)
            """)
    }

    /// The result that a caller asked for; nil for anybody else's.
    package func find(id: UUID, subscription: String, caller: UUID) async throws -> JSONValue? {
        try await runner.query(
            """
            SELECT result FROM what_if_results
            WHERE id = \(id) AND subscription_id = \(subscription.lowercased()) AND caller_object_id = \(caller)
            """
        ).first?.decode(JSONValue.self)
    }

    package func purge(before date: Date) async throws {
        try await runner.query("DELETE FROM what_if_results WHERE created_at < \(date)")
    }
}
