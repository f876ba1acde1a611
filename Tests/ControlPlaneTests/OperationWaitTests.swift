import Foundation
import Postgres
import Resources
import Store
import Synchronization
import TestSupport
import Testing

@testable import ControlPlane

/// Operations that wait for others: what wakes them, and that no end is lost between a look and the parking.
@Suite struct OperationWaitTests {
    /// A claimed operation that waits for another.
    private struct Pair {
        var waiter: ResourceOperation
        var claim: WorkClaim
        var child: ResourceOperation
        var database: Database

        init(_ fixture: StoreFixture) async throws {
            database = fixture.database
            waiter = try await fixture.makeOperation()
            let store = WorkItemStore(database)
            claim = try #require(
                try await store.claim(owner: UUID(), limit: 1, lease: .seconds(60)).first?.claim)
            child = try await fixture.makeOperation()
            try await OperationWaitStore(database).add(child, waiter: waiter.id)
        }

        func park() async throws -> Bool {
            let (waiter, claim) = (waiter, claim)
            return try await database.transaction { transaction in
                let store = WorkItemStore(transaction)
                try await store.lockWaits(of: waiter.id)
                return try await store.park(
                    claim, seen: 0, upTo: .seconds(300), deadline: Date(timeIntervalSinceNow: 600))
            }
        }

        func endChild(_ runner: any StatementRunner) async throws {
            let ended = try await OperationStore(runner).finish(child.id, as: .succeeded, error: nil, timeline: nil)
            #expect(ended)
        }

        func isDue() async throws -> Bool {
            try await database.query(
                "SELECT owner IS NULL AND run_at <= now() FROM work_items WHERE operation_id = \(waiter.id.value)"
            ).first?.decode(Bool.self) ?? false
        }
    }

    @Test func `the end of another operation wakes one that waits as a row`() async throws {
        try await StoreFixture.with { fixture in
            let pair = try await Pair(fixture)
            #expect(try await pair.park())
            #expect(try await !pair.isDue())
            try await pair.endChild(fixture.database)
            #expect(try await pair.isDue())
        }
    }

    @Test func `an end that has not been dealt with keeps from parking`() async throws {
        try await StoreFixture.with { fixture in
            let pair = try await Pair(fixture)
            try await pair.endChild(fixture.database)
            #expect(try await !pair.park())
            let waits = OperationWaitStore(fixture.database)
            #expect(try await waits.isWaiting(pair.waiter.id))
            #expect(try await waits.takeEnded(waiter: pair.waiter.id).map(\.id) == [pair.child.id])
            #expect(try await !waits.isWaiting(pair.waiter.id))
            #expect(try await pair.park())
        }
    }

    @Test func `one that has ended before it is waited for keeps from parking too`() async throws {
        try await StoreFixture.with { fixture in
            let pair = try await Pair(fixture)
            let early = try await fixture.makeOperation()
            _ = try await OperationStore(fixture.database).finish(early.id, as: .succeeded, error: nil, timeline: nil)
            try await OperationWaitStore(fixture.database).add(early, waiter: pair.waiter.id)
            #expect(try await !pair.park())
        }
    }

    /// The end is written and not committed while the waiter parks.
    @Test func `an end that is being written is waited for before parking`() async throws {
        try await StoreFixture.with { fixture in
            let pair = try await Pair(fixture)
            let isWritten = Mutex(false)
            let parking = Mutex<Task<Bool, any Error>?>(nil)
            try await fixture.database.transaction { transaction in
                try await pair.endChild(transaction)
                isWritten.withLock { $0 = true }
                parking.withLock { $0 = Task { try await pair.park() } }
                try await eventually("it waits for the lock") {
                    try await fixture.database.query(
                        "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
                    ).first != nil
                }
            }
            let task = try #require(parking.withLock { $0 })
            #expect(try await !task.value, "it has the end to deal with")
        }
    }

    @Test func `ends that are written at once do not wait for one another`() async throws {
        try await StoreFixture.with { fixture in
            let pair = try await Pair(fixture)
            let other = try await fixture.makeOperation()
            try await OperationWaitStore(fixture.database).add(other, waiter: pair.waiter.id)
            try await fixture.database.transaction { transaction in
                try await pair.endChild(transaction)
                // In another transaction, while the first is open.
                let ended = try await OperationStore(fixture.database).finish(
                    other.id, as: .succeeded, error: nil, timeline: nil)
                #expect(ended)
            }
            let ended = try await OperationWaitStore(fixture.database).takeEnded(waiter: pair.waiter.id)
            #expect(Set(ended.map(\.id)) == [pair.child.id, other.id])
        }
    }

    @Test func `one operation may be waited for by several`() async throws {
        try await StoreFixture.with { fixture in
            let pair = try await Pair(fixture)
            let store = WorkItemStore(fixture.database)
            // Claims the child too, and whoever else waits for it.
            let second = try await fixture.makeOperation()
            try await OperationWaitStore(fixture.database).add(pair.child, waiter: second.id)
            #expect(try await pair.park())
            _ = try await store.claim(owner: UUID(), limit: 10, lease: .seconds(60))
            try await fixture.database.query(
                "UPDATE work_items SET owner = NULL, lease_expires_at = NULL, run_at = 'infinity' WHERE operation_id = \(second.id.value)"
            )
            try await pair.endChild(fixture.database)
            #expect(try await pair.isDue())
            let isDue = try await fixture.database.query(
                "SELECT run_at <= now() FROM work_items WHERE operation_id = \(second.id.value)"
            ).first?.decode(Bool.self)
            #expect(isDue == true)
        }
    }

    @Test func `an operation that is started for another is waited for from its first moment`() async throws {
        try await StoreFixture.with { fixture in
            let pair = try await Pair(fixture)
            var operation = fixture.operation()
            operation.waiter = pair.waiter.id
            let store = OperationStore(fixture.database)
            try await store.insert(operation, workspaceID: fixture.workspace.id)
            try await pair.endChild(fixture.database)
            let waits = OperationWaitStore(fixture.database)
            #expect(try await waits.takeEnded(waiter: pair.waiter.id).map(\.id) == [pair.child.id])
            #expect(try await waits.isWaiting(pair.waiter.id))
            #expect(try await pair.park())
            let hasEnded = try await store.finish(operation.id, as: .succeeded, error: nil, timeline: nil)
            #expect(hasEnded)
            #expect(try await pair.isDue())
        }
    }
}
