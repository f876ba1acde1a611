package import Foundation
package import Postgres

/// An endpoint, or a deployment of it, that was written.
package struct FeedChange: Sendable, Hashable {
    package var endpointID: UUID
    /// Nil for what concerns the endpoint alone.
    package var deploymentID: UUID?

    package init(endpointID: UUID, deploymentID: UUID? = nil) {
        (self.endpointID, self.deploymentID) = (endpointID, deploymentID)
    }
}

/// How far a reader of the feed has come.
///
/// ```swift
/// var position = try await feed.position()      // first the position, then the whole state
/// …
/// guard let changes = try await feed.read(&position) else { … }   // nil: read the whole state again
/// ```
package struct FeedPosition: Sendable {
    /// When the server started: another one may have lost transactions, or count them otherwise.
    fileprivate var server: String
    /// Every transaction below it has ended and was seen.
    fileprivate var horizon: Int64
    /// Transactions from the horizon on that were seen. The rows of one appear together, so it brings nothing new.
    fileprivate var seen: Set<Int64> = []
    fileprivate var readAt: ContinuousClock.Instant

    /// A reader that was away for longer reads the whole state: rows are kept for a little more than that.
    static let longestAbsence = Duration.seconds(60)
}

/// Rows of `change_feed`, which triggers write in the transaction of each change.
package struct ChangeFeedStore: Sendable {
    private let runner: any StatementRunner

    private static let snapshot =
        "pg_snapshot_xmin(pg_current_snapshot())::text, extract(epoch FROM pg_postmaster_start_time())::text"

    /// How long rows are kept.
    private static let retention = Duration.seconds(120)

    package init(_ runner: any StatementRunner) {
        self.runner = runner
    }

    /// Where a reader begins that reads the whole state after this call.
    package func position() async throws -> FeedPosition {
        let now = ContinuousClock.now
        let row = try await runner.query("SELECT \(raw: Self.snapshot)").first
        guard let row else { throw PostgresError(.decoding, "the server has no snapshot") }
        let (horizon, server) = try row.decode(Int64.self, String.self)
        return FeedPosition(server: server, horizon: horizon, readAt: now)
    }

    /// What changed since `position`, and moves it. Nil when that can't be told, because the reader was away for too long or
    /// the server is another one; the position is a new beginning then.
    package func read(_ position: inout FeedPosition) async throws -> Set<FeedChange>? {
        guard ContinuousClock.now - position.readAt < FeedPosition.longestAbsence else {
            position = try await self.position()
            return nil
        }
        let now = ContinuousClock.now
        let rows = try await runner.query(
            """
            SELECT \(raw: Self.snapshot), f.transaction_id::text, f.endpoint_id, f.deployment_id
            FROM (VALUES (1)) one LEFT JOIN change_feed f ON f.transaction_id >= \(String(position.horizon))::xid8
            """
        ).rows.map { try $0.decode(Int64.self, String.self, Int64?.self, UUID?.self, UUID?.self) }
        guard let (horizon, server, _, _, _) = rows.first, server == position.server, horizon >= position.horizon else {
            position = try await self.position()
            return nil
        }
        var changes: Set<FeedChange> = []
        var present: Set<Int64> = []
        for (_, _, transaction, endpoint, deployment) in rows {
            guard let transaction, let endpoint else { continue }
            present.insert(transaction)
            if position.seen.contains(transaction) { continue }
            changes.insert(FeedChange(endpointID: endpoint, deploymentID: deployment))
        }
        position = FeedPosition(
            server: server, horizon: horizon, seen: present.filter { $0 >= horizon }, readAt: now)
        return changes
    }

    /// What changed since `start`, and where to go on from; nil changes when the whole state is to be read after this call,
    /// as by a reader that has no position yet.
    package func changes(since start: FeedPosition?) async throws -> (FeedPosition, Set<FeedChange>?) {
        guard var position = start else { return (try await self.position(), nil) }
        let changes = try await read(&position)
        return (position, changes)
    }

    /// Removes what every reader has seen or will not ask for.
    package func trim() async throws {
        try await runner.query(
            """
            DELETE FROM change_feed
            WHERE written_at < clock_timestamp() - \(Self.retention.milliseconds)::bigint * interval '1 millisecond'
            """)
    }
}
