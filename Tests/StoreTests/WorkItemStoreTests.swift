import Foundation
import Postgres
import Resources
import Store
import TestSupport
import Testing

@Suite struct WorkItemStoreTests {
    @Test func `a claim takes the due items and marks their operations as running`() async throws {
        try await StoreFixture.with { fixture in
            let store = WorkItemStore(fixture.database)
            let (first, second, owner) = (try await fixture.makeOperation(), try await fixture.makeOperation(), UUID())
            let claimed = try await store.claim(owner: owner, limit: 10, lease: .seconds(60))
            #expect(Set(claimed.map(\.operation.id)) == [first.id, second.id])
            for work in claimed {
                #expect(work.claim.owner == owner && work.claim.attempt == 1 && work.operation.state == .running)
                #expect(try await OperationStore(fixture.database).find(work.operation.id) == work.operation)
            }
            #expect(try await store.claim(owner: UUID(), limit: 10, lease: .seconds(60)).isEmpty)
        }
    }

    @Test func `a claim takes at most its limit, the longest due first`() async throws {
        try await StoreFixture.with { fixture in
            let store = WorkItemStore(fixture.database)
            let operations = [
                try await fixture.makeOperation(), try await fixture.makeOperation(), try await fixture.makeOperation(),
            ]
            try await fixture.database.query(
                "UPDATE work_items SET run_at = now() - interval '1 hour' WHERE operation_id = \(operations[2].id.value)"
            )
            #expect(
                try await store.claim(owner: UUID(), limit: 1, lease: .seconds(60)).map(\.operation.id) == [
                    operations[2].id
                ])
            #expect(try await store.claim(owner: UUID(), limit: 0, lease: .seconds(60)).isEmpty)
            let rest = try await store.claim(owner: UUID(), limit: 9, lease: .seconds(60))
            #expect(Set(rest.map(\.operation.id)) == [operations[0].id, operations[1].id])
        }
    }

    @Test func `many claimers at once take every item exactly once`() async throws {
        try await StoreFixture.with { fixture in
            var expected: Set<OperationID> = []
            for _ in 0..<30 { expected.insert(try await fixture.makeOperation().id) }
            let taken = try await withThrowingTaskGroup(of: [OperationID].self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        let owner = UUID()
                        var mine: [OperationID] = []
                        while true {
                            let claimed = try await WorkItemStore(fixture.database).claim(
                                owner: owner, limit: 2, lease: .seconds(60))
                            if claimed.isEmpty { return mine }
                            mine += claimed.map(\.operation.id)
                        }
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(taken.count == 30)
            #expect(Set(taken) == expected)
        }
    }

    @Test func `an item that another transaction holds is passed over, not waited for`() async throws {
        try await StoreFixture.with { fixture in
            let (first, second) = (try await fixture.makeOperation(), try await fixture.makeOperation())
            try await fixture.database.transaction { transaction in
                let mine = try await WorkItemStore(transaction).claim(owner: UUID(), limit: 1, lease: .seconds(60))
                #expect(mine.map(\.operation.id) == [first.id])
                let others = try await WorkItemStore(fixture.database).claim(
                    owner: UUID(), limit: 5, lease: .seconds(60))
                #expect(others.map(\.operation.id) == [second.id])
            }
        }
    }

    @Test func `an item given back is due after its delay, with a new attempt`() async throws {
        try await StoreFixture.with { fixture in
            let store = WorkItemStore(fixture.database)
            try await fixture.makeOperation()
            let first = try #require(try await store.claim(owner: UUID(), limit: 1, lease: .seconds(60)).first)
            try await store.release(first.claim, after: .seconds(3_600), error: "later")
            #expect(try await store.claim(owner: UUID(), limit: 1, lease: .seconds(60)).isEmpty)
            let wait = try #require(try await store.millisecondsUntilNext())
            #expect((3_500_000...3_600_000).contains(wait))
            try await fixture.database.query("UPDATE work_items SET run_at = now()")
            #expect(try #require(try await store.millisecondsUntilNext()) <= 0)
            let again = try #require(try await store.claim(owner: UUID(), limit: 1, lease: .seconds(60)).first)
            #expect(again.claim.id == first.claim.id && again.claim.attempt == 2)
        }
    }

    @Test func `a former holder can't give back what another holds`() async throws {
        try await StoreFixture.with { fixture in
            let store = WorkItemStore(fixture.database)
            try await fixture.makeOperation()
            let owner = UUID()
            let first = try #require(try await store.claim(owner: owner, limit: 1, lease: .zero).first)
            try await eventually { try await store.rescueAbandoned() == 1 }
            let second = try #require(try await store.claim(owner: owner, limit: 1, lease: .seconds(60)).first)
            try await store.release(first.claim, after: .zero, error: nil)
            #expect(
                try await store.extendLeases([first.claim, second.claim], lease: .seconds(60)) == [second.claim])
        }
    }

    @Test func `an item whose lease ran out is rescued, one whose lease holds is not`() async throws {
        try await StoreFixture.with { fixture in
            let store = WorkItemStore(fixture.database)
            try await fixture.makeOperation()
            let lost = try #require(try await store.claim(owner: UUID(), limit: 1, lease: .zero).first)
            try await fixture.makeOperation()
            _ = try await store.claim(owner: UUID(), limit: 1, lease: .seconds(600))
            try await eventually { try await store.rescueAbandoned() == 1 }
            #expect(try await store.rescueAbandoned() == 0)
            let again = try await store.claim(owner: UUID(), limit: 5, lease: .seconds(60))
            #expect(again.map(\.operation.id) == [lost.operation.id])
            #expect(again.first?.claim.attempt == 2)
        }
    }

    @Test func `extending leases returns what is still held`() async throws {
        try await StoreFixture.with { fixture in
            let store = WorkItemStore(fixture.database)
            try await fixture.makeOperation()
            try await fixture.makeOperation()
            let claims = try await store.claim(owner: UUID(), limit: 2, lease: .zero).map(\.claim)
            #expect(try await store.held(claims) == Set(claims))
            #expect(try await store.extendLeases(claims, lease: .seconds(600)) == Set(claims))
            #expect(try await store.rescueAbandoned() == 0)
            #expect(
                try await OperationStore(fixture.database).finish(claims[0], as: .succeeded, error: nil, timeline: []))
            #expect(try await store.extendLeases(claims, lease: .seconds(600)) == [claims[1]])
            #expect(try await store.held(claims) == [claims[1]])
            var stranger = claims[1]
            stranger.owner = UUID()
            #expect(try await store.extendLeases([stranger], lease: .seconds(600)).isEmpty)
        }
    }

    @Test func `what a worker runs is not rescued by itself, but what it never learnt of is`() async throws {
        try await StoreFixture.with { fixture in
            let store = WorkItemStore(fixture.database)
            try await fixture.makeOperation()
            try await fixture.makeOperation()
            let claims = try await store.claim(owner: UUID(), limit: 2, lease: .zero).map(\.claim)
            try await eventually { try await store.rescueAbandoned(except: [claims[0]]) == 1 }
            #expect(try await store.held(claims) == [claims[0]])
        }
    }

    @Test(arguments: [OperationState.succeeded, .failed])
    func `whoever lost a claim can't end its operation`(state: OperationState) async throws {
        try await StoreFixture.with { fixture in
            let store = WorkItemStore(fixture.database)
            let operations = OperationStore(fixture.database)
            let operation = try await fixture.makeOperation()
            let error = state == .failed ? ARMError(.internalServerError, "late") : nil
            let owner = UUID()
            let first = try #require(try await store.claim(owner: owner, limit: 1, lease: .zero).first).claim
            try await eventually { try await store.rescueAbandoned() == 1 }
            #expect(try await !operations.finish(first, as: state, error: error, timeline: []))
            let second = try #require(try await store.claim(owner: owner, limit: 1, lease: .seconds(60)).first).claim
            #expect(try await !operations.finish(first, as: state, error: error, timeline: []))
            #expect(try await operations.find(operation.id)?.state == .running)
            #expect(try await operations.finish(second, as: state, error: error, timeline: []))
            #expect(try await !operations.finish(second, as: state, error: error, timeline: []))
            #expect(try await operations.find(operation.id)?.state == state)
        }
    }

    @Test func `nothing is next when no item waits`() async throws {
        try await StoreFixture.with { fixture in
            let store = WorkItemStore(fixture.database)
            #expect(try await store.millisecondsUntilNext() == nil)
            try await fixture.makeOperation()
            #expect(try #require(try await store.millisecondsUntilNext()) <= 0)
            _ = try await store.claim(owner: UUID(), limit: 1, lease: .seconds(60))
            #expect(try await store.millisecondsUntilNext() == nil)
        }
    }

    @Test func `the schema refuses an owner without a lease`() async throws {
        try await StoreFixture.with { fixture in
            try await fixture.makeOperation()
            await expectCode(.checkViolation(constraint: "work_items_check")) {
                try await fixture.database.query("UPDATE work_items SET owner = \(UUID())")
            }
        }
    }

    @Test func `what only the next version knows is left to it`() async throws {
        try await StoreFixture.with { fixture in
            let (database, store) = (fixture.database, WorkItemStore(fixture.database))
            let (unknown, known) = (try await fixture.makeOperation(), try await fixture.makeOperation())
            try await database.query("ALTER TABLE operations DROP CONSTRAINT operations_kind_check")
            try await database.query("UPDATE operations SET kind = 'run_later' WHERE id = \(unknown.id.value)")
            let claimed = try await store.claim(owner: UUID(), limit: 10, lease: .seconds(60))
            #expect(claimed.map(\.operation.id) == [known.id])
            let pause = try #require(try await store.millisecondsUntilNext())
            #expect(pause > 0, "the other is free, and not due")
        }
    }
}
