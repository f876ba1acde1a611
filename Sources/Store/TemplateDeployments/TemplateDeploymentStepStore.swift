package import Foundation
package import Postgres
package import Resources

/// Rows of `template_deployment_steps`.
package struct TemplateDeploymentStepStore: Sendable {
    private let runner: any StatementRunner

    package init(_ runner: any StatementRunner) {
        self.runner = runner
    }

    /// What a deployment has done, in the order in which it began.
    package func list(deploymentID: UUID) async throws -> [TemplateDeploymentStep] {
        try await runner.query(
            """
            SELECT deployment_id, position, kind, state, target, target_type, target_name, status_code, error,
                started_at, changed_at
            FROM template_deployment_steps WHERE deployment_id = \(deploymentID) ORDER BY started_at, position
            """
        ).rows.map(TemplateDeploymentStep.init)
    }

    /// Writes a step while its deployment runs and is of that operation; false when it does not. Who ends the
    /// deployment waits for the step, or is waited for.
    package func save(_ step: TemplateDeploymentStep, operation: OperationID) async throws -> Bool {
        try await runner.query(
            """
            INSERT INTO template_deployment_steps (deployment_id, position, kind, state, target, target_type,
                target_name, status_code, error, started_at, changed_at)
            SELECT d.id, \(step.position), \(step.kind), \(step.state.rawValue), \(step.target), \(step.targetType),
                \(step.targetName), \(step.statusCode), \(step.error.map { JSONColumn($0) }), \(step.startedAt),
                \(step.changedAt)
            FROM template_deployments d
            WHERE d.id = \(step.deploymentID) AND d.operation_id = \(operation.value) AND d.state = 'Running'
            FOR SHARE OF d
            ON CONFLICT (deployment_id, position) DO UPDATE
            SET state = EXCLUDED.state, status_code = EXCLUDED.status_code, error = EXCLUDED.error,
                changed_at = EXCLUDED.changed_at
            """
        ).affectedRows == 1
    }
}

extension TemplateDeploymentStep: RowDecodable {
    package init(_ row: Row) throws {
        self.init(
            deploymentID: try row("deployment_id"), position: try row("position"), kind: try row("kind"),
            state: try row("state"), target: try row("target"), targetType: try row("target_type"),
            targetName: try row("target_name"), statusCode: try row("status_code"),
            error: try row.jsonIfPresent("error"), startedAt: try row("started_at"), changedAt: try row("changed_at"))
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
