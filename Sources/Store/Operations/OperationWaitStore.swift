package import Postgres
package import Resources

/// Rows of `operation_waits`: which operations an operation waits for, until it has dealt with their ends.
package struct OperationWaitStore: Sendable {
    private let runner: any StatementRunner

    package init(_ runner: any StatementRunner) {
        self.runner = runner
    }

    /// Notes that `waiter` waits for an operation, unless that was started for it. Its end wakes it, and it can't be parked
    /// over one that has ended.
    ///
    /// One at a time: claims hold the rows of many operations, in an order of their own.
    package func add(_ operation: ResourceOperation, waiter: OperationID) async throws {
        guard operation.waiter != waiter else { return }
        // An end that is being written comes before, or sees the mark.
        try await runner.query(
            """
            WITH awaited AS (
                UPDATE operations SET is_awaited = true WHERE id = \(operation.id.value) RETURNING id
            )
            INSERT INTO operation_waits (waiter_id, operation_id) SELECT \(waiter.value)::uuid, id FROM awaited
            ON CONFLICT DO NOTHING
            """)
    }

    /// Those that have ended; they are waited for no more.
    package func takeEnded(waiter: OperationID) async throws -> [ResourceOperation] {
        try await runner.query(
            """
            DELETE FROM operation_waits a USING operations o
            WHERE a.waiter_id = \(waiter.value) AND o.id = a.operation_id AND o.finished_at IS NOT NULL
            RETURNING \(raw: OperationStore.columns)
            """
        ).rows.map(ResourceOperation.init)
    }

    /// It waits for nothing any more.
    package func clear(waiter: OperationID) async throws {
        try await runner.query("DELETE FROM operation_waits WHERE waiter_id = \(waiter.value)")
    }

    /// Whether it waits for any.
    package func isWaiting(_ waiter: OperationID) async throws -> Bool {
        try await runner.query(
            "SELECT 1 FROM operation_waits WHERE waiter_id = \(waiter.value) LIMIT 1"
        ).first != nil
    }
}
