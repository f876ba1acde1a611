package import Foundation
import Postgres
package import Resources

/// A worker's hold on a work item: valid while owner and attempt are still those of the row.
package struct WorkClaim: Sendable, Hashable {
    package var id: Int64
    package var owner: UUID
    package var attempt: Int

    package init(id: Int64, owner: UUID, attempt: Int) {
        (self.id, self.owner, self.attempt) = (id, owner, attempt)
    }
}

/// A claimed work item with the operation that it carries.
package struct ClaimedWork: Sendable {
    package var claim: WorkClaim
    package var operation: ResourceOperation
    /// Tries that failed, since one got anywhere.
    package var failures: Int
}

/// Rows of `work_items`.
package typealias WorkItemStore = RowStore<ClaimedWork>

extension RowStore<ClaimedWork> {
    /// How long an operation is left to workers of the next version, which may run beside this one.
    private static var leaveUnknown: Duration { .seconds(5) }

    /// Takes up to `limit` due items for `owner` under a lease and marks their operations as running. One of a kind that is
    /// not known here is given back.
    package func claim(owner: UUID, limit: Int, lease: Duration) async throws -> [ClaimedWork] {
        let rows = try await runner.query(
            """
            WITH due AS (
                SELECT id FROM work_items WHERE owner IS NULL AND run_at <= clock_timestamp()
                ORDER BY run_at, id LIMIT \(limit) FOR UPDATE SKIP LOCKED
            ), claimed AS (
                UPDATE work_items w SET owner = \(owner), attempt = w.attempt + 1,
                    subject_id = coalesce(w.subject_id, (SELECT o.subject_id FROM operations o WHERE o.id = w.operation_id)),
                    lease_expires_at = clock_timestamp() + \(lease.milliseconds)::bigint * interval '1 millisecond'
                FROM due WHERE w.id = due.id
                RETURNING w.id, w.attempt, w.failures, w.operation_id
            )
            UPDATE operations o SET state = 'running' FROM claimed
            WHERE o.id = claimed.operation_id AND o.state IN ('accepted', 'running')
            RETURNING claimed.id AS item_id, claimed.attempt, claimed.failures, \(raw: OperationStore.columns)
            """
        ).rows
        var claimed: [ClaimedWork] = []
        for row in rows {
            let claim = WorkClaim(id: try row("item_id"), owner: owner, attempt: try row("attempt"))
            guard OperationKind(rawValue: try row("kind", as: String.self)) != nil else {
                try await release(claim, after: Self.leaveUnknown, error: nil)
                continue
            }
            claimed.append(
                ClaimedWork(claim: claim, operation: try ResourceOperation(row), failures: try row("failures")))
        }
        return claimed
    }

    /// Extends the leases of these claims; returns those that still hold.
    package func extendLeases(_ claims: [WorkClaim], lease: Duration) async throws -> Set<WorkClaim> {
        let rows = try await runner.query(
            """
            UPDATE work_items w SET
                lease_expires_at = clock_timestamp() + \(lease.milliseconds)::bigint * interval '1 millisecond'
            FROM \(claims: claims) WHERE w.id = mine.id AND w.owner = mine.owner AND w.attempt = mine.attempt
            RETURNING w.id, w.owner, w.attempt
            """
        ).rows
        return Set(try rows.map(Self.decodeClaim))
    }

    /// Those of these claims that still hold; writes nothing.
    package func held(_ claims: [WorkClaim]) async throws -> Set<WorkClaim> {
        let rows = try await runner.query(
            """
            SELECT w.id, w.owner, w.attempt FROM work_items w
            JOIN \(claims: claims) ON w.id = mine.id AND w.owner = mine.owner AND w.attempt = mine.attempt
            """
        ).rows
        return Set(try rows.map(Self.decodeClaim))
    }

    private static func decodeClaim(_ row: Row) throws -> WorkClaim {
        let (id, owner, attempt) = try row.decode(Int64.self, UUID.self, Int.self)
        return WorkClaim(id: id, owner: owner, attempt: attempt)
    }

    /// How often the operation was woken, and whether its cancellation was requested; nil when the claim holds no more.
    package func wakes(_ claim: WorkClaim) async throws -> (count: Int64, isCancelRequested: Bool)? {
        try await runner.query(
            """
            SELECT wakes, o.cancel_requested_at IS NOT NULL FROM work_items w
            JOIN operations o ON o.id = w.operation_id
            WHERE w.id = \(claim.id) AND w.owner = \(claim.owner) AND w.attempt = \(claim.attempt)
            """
        ).first?.decode(Int64.self, Bool.self)
    }

    /// Gives an item back to wait, for `limit` at most and not beyond `deadline`, until something wakes it. False, and
    /// nothing is written, where it was woken since `wakes` were seen, an operation that it waits for has ended and it has
    /// not dealt with that, or the claim holds no more.
    package func park(
        _ claim: WorkClaim, seen wakes: Int64, upTo limit: Duration, deadline: Date
    ) async throws -> Bool {
        try await runner.query(
            """
            UPDATE work_items w SET owner = NULL, lease_expires_at = NULL, failures = 0, last_error = NULL,
                run_at = least(clock_timestamp() + \(limit.milliseconds)::bigint * interval '1 millisecond', \(deadline))
            WHERE id = \(claim.id) AND owner = \(claim.owner) AND attempt = \(claim.attempt) AND wakes = \(wakes)
            AND NOT EXISTS (SELECT 1 FROM operation_waits a JOIN operations o ON o.id = a.operation_id
                WHERE a.waiter_id = w.operation_id AND o.finished_at IS NOT NULL)
            """
        ).affectedRows == 1
    }

    /// Waits until the ends of operations that are being written now are there, where `waiter` waits for them; further ones
    /// wait for the end of this transaction, and see what it wrote.
    package func lockWaits(of waiter: OperationID) async throws {
        try await runner.query(
            "SELECT pg_advisory_xact_lock(7350925, hashtext(\(waiter.value)::uuid::text))")
    }

    /// Gives an item back, to be claimed again after `delay`.
    package func release(_ claim: WorkClaim, after delay: Duration, error: String?) async throws {
        try await runner.query(
            """
            UPDATE work_items SET owner = NULL, lease_expires_at = NULL, last_error = \(error),
                failures = failures + CASE WHEN \(error)::text IS NULL THEN 0 ELSE 1 END,
                run_at = clock_timestamp() + \(delay.milliseconds)::bigint * interval '1 millisecond'
            WHERE id = \(claim.id) AND owner = \(claim.owner) AND attempt = \(claim.attempt)
            """)
    }

    /// Frees items whose owner has not extended its lease, but none of `running`: the caller knows better what its own are
    /// worth. Returns how many.
    package func rescueAbandoned(except running: [WorkClaim] = []) async throws -> Int {
        try await runner.query(
            """
            UPDATE work_items SET owner = NULL, lease_expires_at = NULL, run_at = clock_timestamp()
            WHERE id IN (SELECT w.id FROM work_items w
                WHERE w.owner IS NOT NULL AND w.lease_expires_at < clock_timestamp() AND NOT EXISTS (
                    SELECT 1 FROM \(claims: running)
                    WHERE mine.id = w.id AND mine.owner = w.owner AND mine.attempt = w.attempt)
                FOR UPDATE SKIP LOCKED)
            """
        ).affectedRows
    }

    /// Frees items that `owner` holds and does not know of, as after a claim whose response was lost. `running` are those
    /// that it knows of.
    package func freeUnknown(of owner: UUID, except running: [WorkClaim]) async throws {
        try await runner.query(
            """
            UPDATE work_items w SET owner = NULL, lease_expires_at = NULL, run_at = clock_timestamp()
            WHERE w.owner = \(owner) AND NOT EXISTS (
                SELECT 1 FROM \(claims: running) WHERE mine.id = w.id AND mine.attempt = w.attempt)
            """)
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
    /// The claims as rows of `mine`.
    fileprivate mutating func appendInterpolation(claims: [WorkClaim]) {
        appendLiteral("unnest(")
        appendInterpolation(PostgresArray(claims.map(\.id)))
        appendLiteral("::bigint[], ")
        appendInterpolation(PostgresArray(claims.map(\.owner)))
        appendLiteral("::uuid[], ")
        appendInterpolation(PostgresArray(claims.map(\.attempt)))
        appendLiteral("::integer[]) AS mine (id, owner, attempt)")
    }
}
