import Foundation
import Postgres
import TestSupport
import Testing

@Suite struct DatabaseTests {
    @Test func `a violated constraint is named by the error`() async throws {
        try await withTable { database in
            try await database.query("INSERT INTO things (id, amount) VALUES (1, 1)")
            await expectCode(.uniqueViolation(constraint: "things_pkey")) {
                try await database.query("INSERT INTO things (id, amount) VALUES (1, 1)")
            }
            await expectCode(.checkViolation(constraint: "things_amount_check")) {
                try await database.query("INSERT INTO things (id, amount) VALUES (2, -1)")
            }
            await expectCode(.foreignKeyViolation(constraint: "things_parent_fkey")) {
                try await database.query("INSERT INTO things (id, amount, parent) VALUES (3, 1, 99)")
            }
            await expectCode(.other(sqlState: "42703")) { try await database.query("SELECT nonsense FROM things") }
            await expectCode(.other(sqlState: "22P02")) { try await database.query("SELECT \("x")::int") }
        }
    }

    @Test func `an error shows the statement and never its parameters`() async throws {
        try await withTable { database in
            let secret = 424_242
            try await database.query("INSERT INTO things (id, amount) VALUES (\(secret), 1)")
            let error = await #expect(throws: PostgresError.self) {
                try await database.query("INSERT INTO things (id, amount) VALUES (\(secret), 1)")
            }
            #expect(error?.statement == "INSERT INTO things (id, amount) VALUES ($1, 1)")
            #expect(error?.description.contains("424242") == false)
        }
    }

    @Test func `the connection still works after a failed statement`() async throws {
        try await TestDatabase.withEmptyDatabase(poolSize: 1) { database in
            let before = try await backend(of: database)
            await #expect(throws: PostgresError.self) { try await database.query("SELECT nonsense") }
            #expect(try await backend(of: database) == before)
        }
    }

    @Test func `a transaction that returns is committed`() async throws {
        try await withTable { database in
            let response = try await database.transaction { transaction in
                try await transaction.query("INSERT INTO things (id, amount) VALUES (1, 1)")
                return "done"
            }
            #expect(response == "done")
            #expect(try await count(database) == 1)
        }
    }

    @Test func `a transaction that throws is rolled back and its error comes out`() async throws {
        struct Oops: Error {}
        try await withTable { database async throws in
            await #expect(throws: Oops.self) {
                try await database.transaction { transaction in
                    try await transaction.query("INSERT INTO things (id, amount) VALUES (1, 1)")
                    throw Oops()
                }
            }
            #expect(try await count(database) == 0)
        }
    }

    @Test func `a transaction whose statement failed does not pass for committed`() async throws {
        try await withTable { database async throws in
            let outcome = await Result {
                try await database.transaction { transaction in
                    try await transaction.query("INSERT INTO things (id, amount) VALUES (1, 1)")
                    // Swallowed, but PostgreSQL has aborted the transaction.
                    _ = try? await transaction.query("SELECT nonsense")
                }
            }
            #expect(try await count(database) == 0)
            #expect(throws: PostgresError.self) { try outcome.get() }
        }
    }

    @Test func `what a transaction wrote is invisible until it ends`() async throws {
        try await withTable { database in
            try await database.transaction { transaction in
                try await transaction.query("INSERT INTO things (id, amount) VALUES (1, 1)")
                let outside = try await database.query("SELECT count(*) FROM things").first?.decode(Int.self)
                #expect(outside == 0)
            }
            #expect(try await count(database) == 1)
        }
    }

    @Test func `the loser of a deadlock runs again and both transactions succeed`() async throws {
        try await withTable { database in
            try await database.query("INSERT INTO things (id, amount) VALUES (1, 0), (2, 0)")
            let attempts = Locked(0)
            let meeting = Meeting(of: 2)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (first, second) in [(1, 2), (2, 1)] {
                    group.addTask {
                        try await database.transaction { transaction in
                            attempts.withLock { $0 += 1 }
                            try await transaction.query("UPDATE things SET amount = amount + 1 WHERE id = \(first)")
                            await meeting.arrive()
                            try await transaction.query("UPDATE things SET amount = amount + 1 WHERE id = \(second)")
                        }
                    }
                }
                try await group.waitForAll()
            }
            // The loser may lose again to the one that waits.
            #expect(attempts.withLock { $0 } >= 3)
            let amounts = try await database.query("SELECT amount FROM things ORDER BY id").rows.map {
                try $0.decode(Int.self)
            }
            #expect(amounts == [2, 2])
        }
    }

    @Test func `a transaction that stays contended gives up`() async throws {
        try await TestDatabase.withEmptyDatabase { database in
            let attempts = Locked(0)
            await expectCode(.contended) {
                try await database.transaction { _ in
                    attempts.withLock { $0 += 1 }
                    throw PostgresError(.contended, "again")
                }
            }
            #expect(attempts.withLock { $0 } == 3)
        }
    }

    @Test(arguments: [
        (PostgresError.Code.unavailable, true), (.poolExhausted, true), (.contended, true), (.cancelled, false),
        (.decoding, false), (.uniqueViolation(constraint: "x"), false), (.other(sqlState: "42703"), false),
    ])
    func `an error knows whether it is worth retrying`(code: PostgresError.Code, isWorthIt: Bool) {
        #expect(PostgresError(code, "").isWorthRetrying == isWorthIt)
    }

    @Test func `text is read and written as UTF-8 in UTC`() async throws {
        try await TestDatabase.withEmptyDatabase { database in
            let row = try #require(
                try await database.query("SELECT current_setting('TimeZone'), current_setting('client_encoding')").first
            )
            let (zone, encoding) = try row.decode(String.self, String.self)
            #expect(zone == "UTC")
            #expect(encoding == "UTF8")
        }
    }
}

extension Result where Failure == any Error {
    init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}

func withTable(poolSize: Int = 6, _ body: (Database) async throws -> Void) async throws {
    try await TestDatabase.withDatabase(poolSize: poolSize) { database in
        try await database.query(
            """
            CREATE TABLE things (
                id integer PRIMARY KEY, amount integer NOT NULL CHECK (amount >= 0), parent integer REFERENCES things (id))
            """)
        try await body(database)
    }
}

func count(_ database: Database) async throws -> Int? {
    try await database.query("SELECT count(*) FROM things").first?.decode(Int.self)
}

func backend(of runner: any StatementRunner) async throws -> Int {
    try #require(try await runner.query("SELECT pg_backend_pid()").first).decode(Int.self)
}

func expectCode<Value>(
    _ code: PostgresError.Code, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Value
) async {
    let error = await #expect(throws: PostgresError.self, sourceLocation: sourceLocation) { _ = try await body() }
    #expect(error?.code == code, sourceLocation: sourceLocation)
}
