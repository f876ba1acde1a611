import Foundation
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import ControlPlane

@Suite struct LeadershipTests {
    /// One process that wants to lead; its duty runs until it leads no more.
    private final class Process: Sendable {
        private let counts = Mutex((isActive: false, began: 0, term: Int64(0)))
        private let task = Mutex<Task<Void, any Error>?>(nil)

        var isActive: Bool { counts.withLock { $0.isActive } }
        var began: Int { counts.withLock { $0.began } }
        var term: Int64 { counts.withLock { $0.term } }

        func start(_ database: Database) {
            let leadership = Leadership(
                database: database, logger: TestDatabase.silent, duties: [{ [self] term in await performDuty(term) }])
            task.withLock { $0 = Task { try await leadership.run() } }
        }

        func stop() async {
            let task = task.withLock { $0 }
            task?.cancel()
            _ = await task?.result
        }

        private func performDuty(_ term: Int64) async {
            counts.withLock { $0 = (true, $0.began + 1, term) }
            try? await Task.sleep(for: .seconds(600))  // until it is cancelled
            counts.withLock { $0.isActive = false }
        }
    }

    private func withTwo(_ body: (Database, Process, Process) async throws -> Void) async throws {
        try await TestDatabase.withDatabase { database in
            let (first, second) = (Process(), Process())
            first.start(database)
            try await eventually("the first leads") { first.isActive }
            second.start(database)
            let outcome: Result<Void, any Error>
            do {
                try await body(database, first, second)
                outcome = .success(())
            } catch {
                outcome = .failure(error)
            }
            await first.stop()
            await second.stop()
            try outcome.get()
        }
    }

    @Test func `the one that ends hands over`() async throws {
        try await withTwo { _, first, second in
            #expect(!second.isActive)
            await first.stop()
            #expect(!first.isActive, "its duty has ended with it")
            try await eventually("the second leads") { second.isActive }
            #expect(second.term > first.term, "in a later term")
        }
    }

    @Test func `after a lost session one of them leads, and only one`() async throws {
        try await withTwo { database, first, second in
            for _ in 0..<3 {
                let before = first.began + second.began
                try await database.endLeadersSession()
                // Either the same one again, which goes on with its duty, or the other one.
                try await eventually("one leads") {
                    first.isActive != second.isActive || first.began + second.began == before
                }
                try await eventually("only one leads") { first.isActive != second.isActive }
            }
        }
    }

    @Test func `one that waits keeps one session`() async throws {
        try await withTwo { database, first, second in
            let pids: () async throws -> Set<Int> = {
                Set(
                    try await database.query(
                        "SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT pg_try_advisory_lock%' AND datname = current_database()"
                    ).rows.map { try $0.decode(Int.self) })
            }
            try await eventually("the second waits") { try await !pids().isEmpty }
            #expect(first.isActive && !second.isActive)
        }
    }
}
