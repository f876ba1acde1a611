import Foundation
import Postgres
import TestSupport
import Testing

@Suite struct RowTests {
    @Test func `an error of decoding names the column`() async throws {
        let row = try await row("SELECT 'abc' AS label, NULL::text AS missing")
        let wrongType = #expect(throws: PostgresError.self) { try row.decode(Int.self) }
        #expect(wrongType?.code == .decoding)
        #expect(wrongType?.message.contains("label") == true)
        let null = #expect(throws: PostgresError.self) { try row.decode(String.self, String.self) }
        #expect(null?.code == .decoding)
        #expect(null?.message.contains("missing") == true)
    }

    @Test func `a document that does not decode names its column`() async throws {
        let row = try await row("SELECT '{\"a\": 1}'::jsonb AS settings")
        let error = #expect(throws: PostgresError.self) { try row.decode(JSONColumn<[Int]>.self) }
        #expect(error?.message.contains("settings") == true)
    }

    @Test func `more types than columns are an error, fewer are not`() async throws {
        let row = try await row("SELECT 1 AS a, 2 AS b")
        #expect(try row.decode(Int.self) == 1)
        let error = #expect(throws: PostgresError.self) { try row.decode(Int.self, Int.self, Int.self) }
        #expect(error?.code == .decoding)
    }

    @Test func `a column is read by its name`() async throws {
        let row = try await row("SELECT 1 AS a, 'x' AS b, NULL::jsonb AS c, '[2]'::jsonb AS d")
        #expect(try row("b") == "x")
        #expect(try row("a") == 1)
        #expect(try row.jsonIfPresent("c", as: [Int].self) == nil)
        #expect(try row.json("d") == [2])
        let absent = #expect(throws: PostgresError.self) { try row("e", as: Int.self) }
        #expect(absent?.message.contains("no column e") == true)
        let wrong = #expect(throws: PostgresError.self) { try row("b", as: Int.self) }
        #expect(wrong?.message.contains("column b") == true)
    }

    @Test func `a row outlives its result`() async throws {
        let rows = try await TestDatabase.withEmptyDatabase { database in
            try await database.query("SELECT n, repeat('x', 1000) AS text FROM generate_series(1, 100) n").rows
        }
        #expect(try rows.map { try $0("n", as: Int.self) } == Array(1...100))
        #expect(try rows[99]("text", as: String.self).count == 1_000)
    }

    @Test func `a result counts its rows`() async throws {
        try await TestDatabase.withEmptyDatabase { database in
            let selected = try await database.query("SELECT n FROM generate_series(1, 3) n")
            #expect(selected.affectedRows == 3)
            #expect(selected.rows.count == 3)
            let none = try await database.query("SELECT 1 WHERE false")
            #expect(none.affectedRows == 0)
            #expect(none.first == nil)
        }
    }

    private func row(_ sql: SQL) async throws -> Row {
        try await TestDatabase.withEmptyDatabase { database in
            try #require(try await database.query(sql).first)
        }
    }
}
