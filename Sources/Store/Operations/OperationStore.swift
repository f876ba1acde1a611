package import Foundation
package import Postgres
package import Resources

/// Rows of `operations`.
package typealias OperationStore = RowStore<ResourceOperation>

extension RowStore<ResourceOperation> {
    static var columns: String {
        """
        o.id, o.kind, o.resource_id, o.subject_id, o.generation, o.state, o.cursor, o.timeline, o.error, o.location,
        o.correlation_id, o.created_at, o.finished_at, o.deadline_at, o.cancel_requested_at IS NOT NULL AS is_cancel_requested,
        o.unwound
        """
    }

    /// Writes an accepted operation and its work item, and who waits for it. A unique violation of `operations_running` means that
    /// another operation runs on the same subject.
    package func insert(_ operation: ResourceOperation, workspaceID: UUID?) async throws {
        // Most have nobody, and a statement that looks for one costs a tenth of the whole.
        let waits: SQL =
            operation.waiter.map { waiter in
                """
                , waits AS (
                    INSERT INTO operation_waits (waiter_id, operation_id) SELECT \(waiter.value)::uuid, id FROM made
                )
                """
            } ?? ""
        try await runner.query(
            """
            WITH made AS (
                INSERT INTO operations (id, kind, resource_id, subject_id, workspace_id, generation, state, timeline,
                    location, correlation_id, created_at, deadline_at, is_awaited)
                VALUES (\(operation.id.value), \(operation.kind.rawValue), \(operation.resourceID),
                    \(operation.subjectID), \(workspaceID), \(operation.generation), \(operation.state.rawValue),
                    \(JSONColumn(operation.timeline)), \(operation.location), \(operation.correlationID),
                    \(operation.createdAt), \(operation.deadlineAt), \(operation.waiter != nil))
                RETURNING id
            )\(waits)
            INSERT INTO work_items (operation_id) SELECT id FROM made
            """)
    }

    package func find(_ id: OperationID) async throws -> ResourceOperation? {
        try await runner.query("SELECT \(raw: Self.columns) FROM operations o WHERE o.id = \(id.value)").first
            .map(ResourceOperation.init)
    }

    /// Those of these that are still known, in no order.
    package func list(_ ids: [OperationID]) async throws -> [ResourceOperation] {
        guard !ids.isEmpty else { return [] }
        return try await runner.query(
            """
            SELECT \(raw: Self.columns) FROM operations o
            WHERE o.id = ANY(\(PostgresArray(ids.map(\.value)))::uuid[])
            """
        ).rows.map(ResourceOperation.init)
    }

    /// An operation that runs on a resource now, by the resource's ARM id.
    package func findRunning(resourceID: String) async throws -> ResourceOperation? {
        try await runner.query(
            """
            SELECT \(raw: Self.columns) FROM operations o
            WHERE lower(o.resource_id) = lower(\(resourceID)) AND o.state IN ('accepted', 'running') LIMIT 1
            """
        ).first.map(ResourceOperation.init)
    }

    /// The operation that runs on a subject now.
    package func findRunning(subjectID: UUID) async throws -> ResourceOperation? {
        try await runner.query(
            """
            SELECT \(raw: Self.columns) FROM operations o
            WHERE o.subject_id = \(subjectID) AND o.state IN ('accepted', 'running')
            """
        ).first.map(ResourceOperation.init)
    }

    /// Operations that run on an endpoint or on its deployments.
    package func listRunning(endpointID: UUID) async throws -> [ResourceOperation] {
        try await runner.query(
            """
            SELECT \(raw: Self.columns) FROM operations o
            WHERE o.state IN ('accepted', 'running') AND (o.subject_id = \(endpointID)
                OR o.subject_id IN (SELECT id FROM online_deployments WHERE endpoint_id = \(endpointID)))
            """
        ).rows.map(ResourceOperation.init)
    }

    /// Asks its worker to unwind an operation, and wakes it; false when it has ended already.
    package func requestCancel(_ id: OperationID) async throws -> Bool {
        try await runner.query(
            """
            WITH woken AS (
                UPDATE work_items SET wakes = wakes + 1, run_at = least(run_at, clock_timestamp())
                WHERE operation_id = \(id.value) RETURNING operation_id
            )
            UPDATE operations o SET cancel_requested_at = coalesce(o.cancel_requested_at, clock_timestamp())
            FROM woken WHERE o.id = woken.operation_id AND o.state IN ('accepted', 'running')
            """
        ).affectedRows == 1
    }

    /// Writes timeline and cursors of a step that began or ended. Returns whether the operation's cancellation was
    /// requested; nil when it was ended or taken over.
    package func advance(_ operation: ResourceOperation, holding claim: WorkClaim) async throws -> Bool? {
        try await runner.query(
            """
            UPDATE operations SET cursor = \(operation.cursor), unwound = \(operation.unwound),
                timeline = \(JSONColumn(operation.timeline))
            WHERE id = \(operation.id.value) AND state = 'running'
            AND EXISTS (SELECT 1 FROM work_items w WHERE w.id = \(claim.id) AND w.owner = \(claim.owner)
                AND w.attempt = \(claim.attempt))
            RETURNING cancel_requested_at IS NOT NULL
            """
        ).first?.decode(Bool.self)
    }

    /// Writes the end of an operation that a worker carried out, and removes its work item; false when the worker's claim
    /// holds no more, as after a cancellation.
    package func finish(
        _ claim: WorkClaim, as state: OperationState, error: ARMError?, timeline: [OperationPhase]
    ) async throws -> Bool {
        // The item goes first: its row's lock keeps others from claiming it meanwhile.
        try await runner.query(
            """
            WITH gone AS (
                DELETE FROM work_items
                WHERE id = \(claim.id) AND owner = \(claim.owner) AND attempt = \(claim.attempt) RETURNING operation_id
            )
            UPDATE operations o SET state = \(state.rawValue), error = \(error.map { JSONColumn($0) }),
                timeline = \(JSONColumn(timeline)), finished_at = clock_timestamp()
            FROM gone WHERE o.id = gone.operation_id AND o.state IN ('accepted', 'running')
            """
        ).affectedRows == 1
    }

    /// Writes an end that was asked for, whoever carries the operation out, and removes its work item; false when it has
    /// ended already.
    package func finish(
        _ id: OperationID, as state: OperationState, error: ARMError?, timeline: [OperationPhase]?
    ) async throws -> Bool {
        try await runner.query(
            """
            WITH gone AS (DELETE FROM work_items WHERE operation_id = \(id.value) RETURNING operation_id)
            UPDATE operations o SET state = \(state.rawValue), error = \(error.map { JSONColumn($0) }),
                timeline = coalesce(\(timeline.map { JSONColumn($0) })::jsonb, timeline), finished_at = clock_timestamp()
            FROM gone WHERE o.id = gone.operation_id AND o.state IN ('accepted', 'running')
            """
        ).affectedRows == 1
    }

    /// Removes operations that ended before `date`; returns how many.
    package func purge(finishedBefore date: Date, limit: Int) async throws -> Int {
        try await runner.query(
            """
            DELETE FROM operations WHERE id IN (
                SELECT id FROM operations WHERE finished_at < \(date) ORDER BY finished_at LIMIT \(limit))
            """
        ).affectedRows
    }
}

extension ResourceOperation: RowDecodable {
    package init(_ row: Row) throws {
        self.init(
            id: OperationID(try row("id")), kind: try row("kind"), resourceID: try row("resource_id"),
            subjectID: try row("subject_id"), generation: try row("generation"), state: try row("state"),
            cursor: try row("cursor"), timeline: try row.json("timeline"), error: try row.jsonIfPresent("error"),
            location: try row("location"), correlationID: try row("correlation_id"), createdAt: try row("created_at"),
            finishedAt: try row("finished_at"), deadlineAt: try row("deadline_at"),
            isCancelRequested: try row("is_cancel_requested"), unwound: try row("unwound"))
    }
}
