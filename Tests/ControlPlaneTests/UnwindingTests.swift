import Foundation
import Postgres
import Resources
import Store
import Synchronization
import TestSupport
import Testing

@testable import ControlPlane

/// Operations that take back what they began when they are cancelled.
@Suite struct UnwindingTests {
    /// Two steps, of which the second waits for ever, and two that take them back.
    private final class Work: Sendable {
        private struct State {
            var done: [String] = []
            var holds: Set<String> = ["second"]
            var fails: Set<String> = []
        }

        private let state = Mutex(State())
        /// How the resource ended.
        private let end = Mutex<OperationState?>(nil)

        var done: [String] { state.withLock { $0.done } }
        var ended: OperationState? { end.withLock { $0 } }

        func hold(_ name: String) { state.withLock { _ = $0.holds.insert(name) } }
        func letThrough(_ name: String) { state.withLock { _ = $0.holds.remove(name) } }
        func fail(_ name: String) { state.withLock { _ = $0.fails.insert(name) } }

        private func step(_ name: String) -> OperationStep {
            OperationStep(name: name) { [self] _ in
                try state.withLock { state in
                    if state.fails.contains(name) { throw ARMError(.conflict, "\(name) can't be done.") }
                    guard !state.holds.contains(name) else { return .wait }
                    state.done.append(name)
                    return .done
                }
            }
        }

        var plan: any OperationPlan {
            Plan(
                steps: [step("first"), step("second"), step("third")],
                unwind: [step("undo second"), step("undo first")], work: self)
        }

        private struct Plan: OperationPlan {
            let steps: [OperationStep]
            let unwind: [OperationStep]
            let work: Work

            func succeed(_ operation: ResourceOperation, in transaction: Transaction) async throws {
                work.end.withLock { $0 = .succeeded }
            }

            func fail(
                _ operation: ResourceOperation, as state: OperationState, error: ARMError, in transaction: Transaction
            ) async throws {
                work.end.withLock { $0 = state }
            }
        }
    }

    /// A server's part: a worker, and the service that callers cancel by.
    private struct Rig {
        let database: Database
        let service: OperationService
        let operation: ResourceOperation

        static func with(
            _ work: Work, waitInPlace: Duration = .zero,
            afterStep: @escaping @Sendable (OperationService, ResourceOperation, String) async throws -> Void = {
                _, _, _ in
            },
            _ body: (Rig) async throws -> Void
        ) async throws {
            try await StoreFixture.with { fixture in
                let (database, hub) = (fixture.database, SignalHub())
                let catalog = OperationCatalog([.regenerateKeys: work.plan])
                var operation = fixture.operation(kind: .regenerateKeys, createdAt: Date())
                operation.deadlineAt = Date(timeIntervalSinceNow: 600)
                try await OperationStore(database).insert(operation, workspaceID: fixture.workspace.id)
                let service = OperationService(database: database, catalog: catalog, hub: hub)
                let worker = WorkQueueWorker(
                    database: database,
                    runner: OperationRunner(
                        database: database, catalog: catalog, hub: hub,
                        afterStep: { try await afterStep(service, $0, $1) }, waitInPlace: waitInPlace,
                        logger: TestDatabase.silent),
                    hub: hub, settings: WorkQueueSettings(concurrency: 8, pollInterval: .milliseconds(20)),
                    logger: TestDatabase.silent)
                let task = Task { try await worker.run() }
                defer { task.cancel() }
                try await body(Rig(database: database, service: service, operation: operation))
            }
        }

        func find() async throws -> ResourceOperation {
            try #require(try await OperationStore(database).find(operation.id))
        }

        func cancel() async throws { try await service.end(try await find()) }

        func untilEnded() async throws {
            try await eventually("it has ended") { try await find().state.isTerminal }
        }
    }

    @Test(arguments: [Duration.zero, .seconds(60)]) func `a cancelled operation takes back what it began`(
        _ waitInPlace: Duration
    ) async throws {
        let work = Work()
        try await Rig.with(work, waitInPlace: waitInPlace) { rig in
            try await eventually("it waits") { try await rig.find().timeline.last?.name == "second" }
            try await rig.cancel()
            try await rig.untilEnded()
            let ended = try await rig.find()
            #expect((ended.state, ended.error?.code) == (.canceled, .operationCanceled))
            #expect(work.done == ["first", "undo second", "undo first"])
            #expect(work.ended == .canceled)
            #expect(
                ended.timeline.map(\.name) == ["queued", "first", "second", "undo second", "undo first"])
            #expect(ended.timeline.allSatisfy { $0.endedAt != nil })
        }
    }

    @Test func `one whose steps never wait is left after the step that runs`() async throws {
        let work = Work()
        work.letThrough("second")
        let cancel = { @Sendable (service: OperationService, operation: ResourceOperation, step: String) in
            if step == "first" { try await service.end(operation) }
        }
        try await Rig.with(work, afterStep: cancel) { rig in
            try await rig.untilEnded()
            #expect(try await rig.find().state == .canceled)
            #expect(work.done == ["first", "undo second", "undo first"])
        }
    }

    @Test func `unwinding waits as a row too, and goes on where it was`() async throws {
        let work = Work()
        work.hold("undo first")
        try await Rig.with(work) { rig in
            try await eventually("it waits") { try await rig.find().timeline.last?.name == "second" }
            try await rig.cancel()
            try await eventually("half of it is taken back") {
                try await rig.find().timeline.last?.name == "undo first"
            }
            try await eventually("it waits as a row") {
                try await rig.database.query("SELECT 1 FROM work_items WHERE owner IS NULL").first != nil
            }
            let halfway = try await rig.find()
            #expect((halfway.state, halfway.unwound) == (.running, 1))
            // Asked for again, nothing changes.
            try await rig.cancel()
            work.letThrough("undo first")
            try await rig.database.query("SELECT wake_work(\(rig.operation.subjectID))")
            try await rig.untilEnded()
            #expect(work.done == ["first", "undo second", "undo first"])
        }
    }

    @Test func `what can't be taken back fails the operation`() async throws {
        let work = Work()
        work.fail("undo second")
        try await Rig.with(work) { rig in
            try await eventually("it waits") { try await rig.find().timeline.last?.name == "second" }
            try await rig.cancel()
            try await rig.untilEnded()
            let ended = try await rig.find()
            #expect((ended.state, ended.error?.code) == (.failed, .conflict))
            #expect(work.ended == .failed)
        }
    }

    @Test func `one that has ended stays as it is`() async throws {
        let work = Work()
        work.letThrough("second")
        try await Rig.with(work) { rig in
            try await rig.untilEnded()
            try await rig.cancel()
            #expect(try await !OperationStore(rig.database).requestCancel(rig.operation.id))
            let ended = try await rig.find()
            #expect((ended.state, ended.isCancelRequested) == (.succeeded, false))
            #expect(work.done == ["first", "second", "third"])
        }
    }
}
