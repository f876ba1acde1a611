import Foundation
import Postgres
import Resources
import Store
import TestSupport
import Testing

@Suite struct OperationStoreTests {
    private static let failure = ARMError(
        .resourceNotReady, "it's \"not\" ready", target: "t", details: [ARMError(.badArgument, "d")])

    @Test(arguments: OperationKind.allCases)
    func `an operation comes back as it was written`(kind: OperationKind) async throws {
        try await StoreFixture.with { fixture in
            let operation = fixture.operation(kind: kind)
            try await OperationStore(fixture.database).insert(operation, workspaceID: fixture.workspace.id)
            #expect(try await OperationStore(fixture.database).find(operation.id) == operation)
            #expect(try await OperationStore(fixture.database).find(OperationID()) == nil)
        }
    }

    @Test func `a second operation on the same subject is refused while the first runs`() async throws {
        try await StoreFixture.with { fixture in
            let subject = UUID()
            let store = OperationStore(fixture.database)
            let first = try await fixture.makeOperation(on: subject)
            await expectCode(.uniqueViolation(constraint: "operations_running")) {
                try await fixture.makeOperation(on: subject)
            }
            #expect(try await store.findRunning(subjectID: subject)?.id == first.id)
            #expect(try await store.finish(first.id, as: .succeeded, error: nil, timeline: nil))
            #expect(try await store.findRunning(subjectID: subject) == nil)
            let second = try await fixture.makeOperation(on: subject)
            #expect(try await store.findRunning(subjectID: subject)?.id == second.id)
        }
    }

    @Test func `of many operations started together on one subject one is accepted`() async throws {
        try await StoreFixture.with { fixture in
            let subject = UUID()
            let accepted = await withTaskGroup(of: Bool.self) { group in
                // All but one must fail.
                for _ in 0..<8 { group.addTask { (try? await fixture.makeOperation(on: subject)) != nil } }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(accepted == 1)
            let items = try await fixture.database.query("SELECT count(*) FROM work_items").first?.decode(Int.self)
            #expect(items == 1)
        }
    }

    @Test(arguments: [(OperationState.succeeded, false), (.failed, true), (.canceled, true)])
    func `the end of an operation is written once and takes its work item with it`(
        state: OperationState, hasError: Bool
    ) async throws {
        try await StoreFixture.with { fixture in
            let store = OperationStore(fixture.database)
            let operation = try await fixture.makeOperation()
            let timeline = [
                OperationPhase(name: "done", startedAt: operation.createdAt, endedAt: operation.createdAt + 0.5)
            ]
            let error = hasError ? Self.failure : nil
            #expect(try await store.finish(operation.id, as: state, error: error, timeline: timeline))
            for other in [OperationState.succeeded, .failed, .canceled] {
                #expect(
                    try await !store.finish(
                        operation.id, as: other, error: other == .succeeded ? nil : Self.failure, timeline: nil))
            }
            let stored = try #require(try await store.find(operation.id))
            #expect(stored.state == state && stored.error == error && stored.timeline == timeline)
            #expect(stored.finishedAt != nil)
            let items = try await fixture.database.query("SELECT count(*) FROM work_items").first?.decode(Int.self)
            #expect(items == 0)
        }
    }

    @Test func `of those who end an operation together one does`() async throws {
        try await StoreFixture.with { fixture in
            let operation = try await fixture.makeOperation()
            let winners = try await withThrowingTaskGroup(of: Bool.self) { group in
                for state in [OperationState.failed, .canceled, .succeeded, .failed] {
                    group.addTask {
                        try await OperationStore(fixture.database).finish(
                            operation.id, as: state, error: state == .succeeded ? nil : Self.failure, timeline: nil)
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(winners == 1)
        }
    }

    @Test func `a step is recorded only by who holds the claim`() async throws {
        try await StoreFixture.with { fixture in
            let store = OperationStore(fixture.database)
            var operation = try await fixture.makeOperation()
            operation.cursor = 1
            operation.timeline.append(OperationPhase(name: "starting", startedAt: operation.createdAt + 1))
            let work = try #require(
                try await WorkItemStore(fixture.database).claim(owner: UUID(), limit: 1, lease: .seconds(60)).first)
            let strangers = [
                WorkClaim(id: work.claim.id, owner: UUID(), attempt: work.claim.attempt),
                WorkClaim(id: work.claim.id, owner: work.claim.owner, attempt: work.claim.attempt + 1),
                WorkClaim(id: work.claim.id + 1, owner: work.claim.owner, attempt: work.claim.attempt),
            ]
            for claim in strangers { #expect(try await store.advance(operation, holding: claim) == nil) }
            #expect(try await store.advance(operation, holding: work.claim) == false)
            let stored = try #require(try await store.find(operation.id))
            #expect(stored.cursor == 1 && stored.timeline == operation.timeline)
        }
    }

    @Test func `a cancelled operation is not advanced any more`() async throws {
        try await StoreFixture.with { fixture in
            let store = OperationStore(fixture.database)
            var operation = try await fixture.makeOperation()
            let work = try #require(
                try await WorkItemStore(fixture.database).claim(owner: UUID(), limit: 1, lease: .seconds(60)).first)
            _ = try await store.finish(operation.id, as: .canceled, error: Self.failure, timeline: nil)
            operation.cursor = 1
            #expect(try await store.advance(operation, holding: work.claim) == nil)
        }
    }

    @Test func `operations of an endpoint are its own and those of its deployments`() async throws {
        try await StoreFixture.with { fixture in
            let endpoint = try await fixture.makeEndpoint()
            let deployment = try await fixture.makeDeployment(of: endpoint)
            let other = try await fixture.makeEndpoint("other")
            let own = try await fixture.makeOperation(on: endpoint.id)
            let below = try await fixture.makeOperation(on: deployment.id)
            try await fixture.makeOperation(on: other.id)
            let running = try await OperationStore(fixture.database).listRunning(endpointID: endpoint.id)
            #expect(Set(running.map(\.id)) == [own.id, below.id])
        }
    }

    @Test func `ended operations are purged by age, oldest first, others never`() async throws {
        try await StoreFixture.with { fixture in
            let store = OperationStore(fixture.database)
            var ended: [OperationID] = []
            for days in [3, 2, 1] {
                let operation = try await fixture.makeOperation()
                _ = try await store.finish(operation.id, as: .succeeded, error: nil, timeline: nil)
                try await fixture.database.query(
                    "UPDATE operations SET finished_at = now() - \(days) * interval '1 day' WHERE id = \(operation.id.value)"
                )
                ended.append(operation.id)
            }
            let running = try await fixture.makeOperation()
            let cut = Date() - 1.5 * 86_400
            #expect(try await store.purge(finishedBefore: cut, limit: 1) == 1)
            #expect(try await store.find(ended[0]) == nil)
            #expect(try await store.purge(finishedBefore: cut, limit: 10) == 1)
            #expect(try await store.purge(finishedBefore: cut, limit: 10) == 0)
            #expect(try await store.find(ended[2]) != nil)
            #expect(try await store.find(running.id) != nil)
        }
    }

    @Test(arguments: [
        ("succeeded", "NULL", "NULL"), ("running", "now()", "NULL"), ("failed", "now()", "NULL"),
        ("succeeded", "now()", "'{}'"),
        ("running", "NULL", "'{}'"), ("odd", "NULL", "NULL"),
    ])
    func `the schema refuses an impossible operation`(state: String, finishedAt: String, error: String) async throws {
        try await StoreFixture.with { fixture in
            let operation = try await fixture.makeOperation()
            let error = await #expect(throws: PostgresError.self) {
                try await fixture.database.query(
                    """
                    UPDATE operations SET state = \(state), finished_at = \(raw: finishedAt), error = \(raw: error)
                    WHERE id = \(operation.id.value)
                    """)
            }
            guard case .checkViolation = error?.code else {
                Issue.record("no check violation: \(String(describing: error))")
                return
            }
        }
    }
}
