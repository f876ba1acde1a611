package import Foundation
package import Postgres
package import Resources

/// A worker's hold on a work item: valid while owner and attempt are still those of the row.
package struct WorkClaim: Sendable, Hashable {
    package var id: Int64
    package var owner: UUID
    package var attempt: Int

    package init(id: Int64, owner: UUID, attempt: Int) {
        self.id = id
        self.owner = owner
        self.attempt = attempt
    }
}

/// A claimed work item with the operation that it carries.
package struct ClaimedWork: Sendable {
    package var claim: WorkClaim
    package var operation: ResourceOperation
}

/// Rows of `work_items`.
package struct WorkItemStore: Sendable {
    private let runner: any StatementRunner

    package init(_ runner: any StatementRunner) {
        self.runner = runner
    }

    /// Takes up to `limit` due items for `owner` under a lease and marks their operations as running; those of the
    /// kinds in `skipped` stay.
    package func claim(
        owner: UUID, limit: Int, lease: Duration, except skipped: [OperationKind] = []
    ) async throws -> [ClaimedWork] {
        let rows = try await runner.query(
            """
            WITH due AS (
                SELECT id FROM work_items WHERE owner IS NULL AND run_at <= clock_timestamp() \(skipping: skipped)
                ORDER BY run_at, id LIMIT \(limit) FOR UPDATE SKIP LOCKED
            ), claimed AS (
                UPDATE work_items w SET owner = \(owner), attempt = w.attempt + 1,
                    lease_expires_at = clock_timestamp() + \(lease.milliseconds)::bigint * interval '1 millisecond'
                FROM due WHERE w.id = due.id
                RETURNING w.id, w.attempt, w.operation_id
            )
            UPDATE operations o SET state = 'running' FROM claimed
            WHERE o.id = claimed.operation_id AND o.state IN ('accepted', 'running')
            RETURNING claimed.id, claimed.attempt, \(raw: OperationStore.columns)
            """
        ).rows
        return try rows.map { row in
            let (id, attempt) = try row.decode(Int64.self, Int.self)
            return ClaimedWork(
                claim: WorkClaim(id: id, owner: owner, attempt: attempt),
                operation: try OperationStore.decode(row.dropping(2)))
        }
    }

    /// Extends the leases of everything `owner` holds; answers the ids that it still holds.
    package func extendLeases(owner: UUID, lease: Duration) async throws -> Set<Int64> {
        let rows = try await runner.query(
            """
            UPDATE work_items SET
                lease_expires_at = clock_timestamp() + \(lease.milliseconds)::bigint * interval '1 millisecond'
            WHERE owner = \(owner) RETURNING id
            """
        ).rows
        return Set(try rows.map { try $0.decode(Int64.self) })
    }

    /// Gives an item back, to be claimed again after `delay`.
    package func release(_ claim: WorkClaim, after delay: Duration, error: String?) async throws {
        try await runner.query(
            """
            UPDATE work_items SET owner = NULL, lease_expires_at = NULL, last_error = \(error),
                run_at = clock_timestamp() + \(delay.milliseconds)::bigint * interval '1 millisecond'
            WHERE id = \(claim.id) AND owner = \(claim.owner) AND attempt = \(claim.attempt)
            """)
    }

    /// Frees items whose owner has not extended its lease; answers how many.
    package func rescueAbandoned() async throws -> Int {
        try await runner.query(
            """
            UPDATE work_items SET owner = NULL, lease_expires_at = NULL, run_at = clock_timestamp()
            WHERE id IN (SELECT id FROM work_items
                WHERE owner IS NOT NULL AND lease_expires_at < clock_timestamp() FOR UPDATE SKIP LOCKED)
            """
        ).affectedRows
    }

    /// Milliseconds until the next item is due; nil when none waits.
    package func millisecondsUntilNext() async throws -> Int? {
        let result = try await runner.query(
            """
            SELECT (extract(epoch FROM min(run_at) - clock_timestamp()) * 1000)::bigint
            FROM work_items WHERE owner IS NULL
            """)
        guard let row = result.first else { return nil }
        return try row.decode(Int?.self)
    }
}

extension Duration {
    /// Whole milliseconds, for SQL.
    var milliseconds: Int64 {
        components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
    }
}

extension SQL.Interpolation {
    /// Leaves out the items of operations of these kinds.
    fileprivate mutating func appendInterpolation(skipping kinds: [OperationKind]) {
        for kind in kinds {
            appendLiteral("AND NOT EXISTS (SELECT 1 FROM operations s WHERE s.id = operation_id AND s.kind = ")
            appendInterpolation(kind.rawValue)
            appendLiteral(") ")
        }
    }
}
