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

    @Test func `dropping columns keeps the names of the rest`() async throws {
        let row = try await row("SELECT 1 AS a, 'x' AS b").dropping(1)
        #expect(try row.decode(String.self) == "x")
        let error = #expect(throws: PostgresError.self) { try row.decode(Int.self) }
        #expect(error?.message.contains("column b") == true)
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
