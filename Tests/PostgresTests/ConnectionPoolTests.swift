import Foundation
import Postgres
import TestSupport
import Testing

@Suite struct ConnectionPoolTests {
    @Test func `no more connections are open than the pool allows`() async throws {
        try await TestDatabase.withEmptyDatabase(poolSize: 3) { database in
            let backends = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<30 { group.addTask { try await backend(of: database) } }
                return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
            }
            #expect((1...3).contains(backends.count))
        }
    }

    @Test func `a caller waits until a connection is free`() async throws {
        try await TestDatabase.withEmptyDatabase(poolSize: 1) { database in
            let isHolding = Locked(false)
            let gate = Gate()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await database.transaction { _ in
                        isHolding.withLock { $0 = true }
                        await gate.wait()
                        isHolding.withLock { $0 = false }
                    }
                }
                try await eventually { isHolding.withLock { $0 } }
                group.addTask {
                    try await database.query("SELECT 1")
                    #expect(isHolding.withLock { $0 } == false)
                }
                await gate.open()
                try await group.waitForAll()
            }
        }
    }

    @Test func `a cancelled waiter leaves and the others get their turn`() async throws {
        try await TestDatabase.withEmptyDatabase(poolSize: 1) { database in
            let gate = Gate()
            let isHolding = Locked(false)
            async let holder: Void = database.transaction { _ in
                isHolding.withLock { $0 = true }
                await gate.wait()
            }
            try await eventually { isHolding.withLock { $0 } }
            let waiter = Task { try await database.query("SELECT 1") }
            let patient = Task { try await backend(of: database) }
            waiter.cancel()
            await #expect(throws: CancellationError.self) { _ = try await waiter.value }
            await gate.open()
            try await holder
            #expect(try await patient.value > 0)
        }
    }

    @Test func `a cancelled statement ends at once and the pool goes on`() async throws {
        try await TestDatabase.withEmptyDatabase(poolSize: 1) { database in
            let sleeper = Task { try await database.query("SELECT pg_sleep(50)") }
            try await waitForStatement(like: "SELECT pg_sleep(50)%", of: database)
            let cancelledAt = ContinuousClock.now
            sleeper.cancel()
            await expectCode(.cancelled) { try await sleeper.value }
            #expect(ContinuousClock.now - cancelledAt < .seconds(10))
            #expect(try await backend(of: database) > 0)
        }
    }

    @Test func `a transaction cancelled in the middle is rolled back`() async throws {
        try await withTable(poolSize: 1) { database in
            let sleeper = Task {
                try await database.transaction { transaction in
                    try await transaction.query("INSERT INTO things (id, amount) VALUES (1, 1)")
                    try await transaction.query("SELECT pg_sleep(51)")
                }
            }
            try await waitForStatement(like: "SELECT pg_sleep(51)%", of: database)
            sleeper.cancel()
            await expectCode(.cancelled) { try await sleeper.value }
            #expect(try await count(database) == 0)
        }
    }

    @Test func `a statement of a task that is cancelled already is not sent`() async throws {
        try await withTable { database async throws in
            let task = Task {
                while !Task.isCancelled { await Task.yield() }
                try await database.query("INSERT INTO things (id, amount) VALUES (1, 1)")
            }
            task.cancel()
            await #expect(throws: (any Error).self) { try await task.value }
            #expect(try await count(database) == 0)
        }
    }

    @Test func `a lost connection is unavailable, and the next call has a new one`() async throws {
        try await TestDatabase.withEmptyDatabase(poolSize: 1) { database in
            let before = try await backend(of: database)
            await expectCode(.unavailable) { try await database.query("SELECT pg_terminate_backend(pg_backend_pid())") }
            let after = try await backend(of: database)
            #expect(after != before)
        }
    }

    @Test func `a transaction on a lost connection fails and frees its place`() async throws {
        try await withTable(poolSize: 1) { database async throws in
            await expectCode(.unavailable) {
                try await database.transaction { transaction in
                    try await transaction.query("INSERT INTO things (id, amount) VALUES (1, 1)")
                    try await transaction.query("SELECT pg_terminate_backend(pg_backend_pid())")
                }
            }
            #expect(try await count(database) == 0)
        }
    }

    @Test func `an idle connection that the server closed costs one failed call`() async throws {
        try await TestDatabase.withEmptyDatabase(poolSize: 1) { database in
            let pid = try await backend(of: database)
            try await TestDatabase.withSecondDatabase(beside: database) { other in
                try await other.query("SELECT pg_terminate_backend(\(pid)::int)")
                try await eventually { try await !isAlive(pid, other) }
            }
            await expectCode(.unavailable) { try await database.query("SELECT 1") }
            #expect(try await backend(of: database) != pid)
        }
    }

    @Test func `a server that is not there is unavailable`() async throws {
        let settings = ConnectionSettings(url: "postgresql:///postgres?host=/nonexistent&user=postgres")
        let database = Database(settings: settings, poolSize: 1, logger: TestDatabase.silent)
        for _ in 0..<3 {
            await expectCode(.unavailable) { try await database.query("SELECT 1") }
        }
    }

    @Test func `a closed pool refuses callers`() async throws {
        try await TestDatabase.withEmptyDatabase { database in
            try await database.query("SELECT 1")
            await database.close()
            await expectCode(.unavailable) { try await database.query("SELECT 1") }
        }
    }

    /// Waits until the server runs a statement of that text in this database's schema.
    private func waitForStatement(like pattern: String, of database: Database) async throws {
        try await TestDatabase.withSecondDatabase(beside: database, poolSize: 1) { other in
            try await eventually("the statement runs") {
                try await !other.query(
                    "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE \(pattern) AND wait_event = 'PgSleep'"
                ).rows.isEmpty
            }
        }
    }
}

func isAlive(_ pid: Int, _ runner: any StatementRunner) async throws -> Bool {
    try await !runner.query("SELECT 1 FROM pg_stat_activity WHERE pid = \(pid)").rows.isEmpty
}
