import Foundation
import Postgres
import TestSupport
import Testing

@Suite struct BoundValueTests {
    static let texts = [
        "", "plain", "it's", "\"quoted\"", "back\\slash", "\\x41", "$1; DROP TABLE x; --", "tab\tline\nreturn\r",
        "NULL", "{a,b}", "%s %d", "ünïcödé", "日本語", "👩‍👩‍👧‍👦", "e\u{301}", "\u{1}\u{7F}\u{FEFF}",
        String(repeating: "x", count: 100_000),
    ]

    @Test(arguments: texts)
    func `a text comes back as it was bound`(text: String) async throws {
        let result = try await roundTrip(text, as: "text")
        #expect(Array(result.utf8) == Array(text.utf8))
    }

    @Test func `a text with a zero byte is refused, not cut short`() async throws {
        try await TestDatabase.withEmptyDatabase { database in
            await #expect(throws: PostgresError.self) {
                try await database.query("SELECT \("admin\0 and more")::text")
            }
        }
    }

    @Test(arguments: [Int.min, -1, 0, 1, Int.max])
    func `an integer comes back as it was bound`(number: Int) async throws {
        #expect(try await roundTrip(number, as: "bigint") == number)
        #expect(try await roundTrip(Int64(number), as: "bigint") == Int64(number))
    }

    @Test(arguments: [Int32.min, 0, Int32.max])
    func `a short integer comes back as it was bound`(number: Int32) async throws {
        #expect(try await roundTrip(number, as: "integer") == number)
    }

    @Test(arguments: [
        0.0, -0.1, 0.1 + 0.2, 1e300, .leastNonzeroMagnitude, Double.greatestFiniteMagnitude, .infinity, -.infinity,
    ])
    func `a fraction comes back to the last bit`(number: Double) async throws {
        #expect(try await roundTrip(number, as: "double precision") == number)
    }

    @Test func `not a number comes back as such`() async throws {
        #expect(try await roundTrip(Double.nan, as: "double precision").isNaN)
    }

    @Test(arguments: [true, false])
    func `a truth value comes back as it was bound`(flag: Bool) async throws {
        #expect(try await roundTrip(flag, as: "boolean") == flag)
    }

    @Test func `a UUID comes back as it was bound`() async throws {
        let id = UUID()
        #expect(try await roundTrip(id, as: "uuid") == id)
    }

    @Test(arguments: [Data(), Data([0]), Data([0x5C, 0x27, 0x22, 0xFF, 0x00, 0x0A]), Data(0...255)])
    func `bytes come back as they were bound`(bytes: Data) async throws {
        #expect(try await roundTrip(bytes, as: "bytea") == bytes)
    }

    /// Microseconds since 1970 and what PostgreSQL reads from them.
    static let moments: [(Int64, String)] = [
        (0, "1970-01-01 00:00:00"),
        (1, "1970-01-01 00:00:00.000001"),
        (-1, "1969-12-31 23:59:59.999999"),
        (-1_000_000, "1969-12-31 23:59:59"),
        (-14_182_940_000_000, "1969-07-20 20:17:40"),
        (-86_400_000_001, "1969-12-30 23:59:59.999999"),
        (-2_203_891_200_000_000, "1900-03-01 00:00:00"),
        (951_782_400_000_000, "2000-02-29 00:00:00"),
        (951_868_799_999_999, "2000-02-29 23:59:59.999999"),
        (1_769_860_800_123_456, "2026-01-31 12:00:00.123456"),
        (1_709_164_800_100_000, "2024-02-29 00:00:00.1"),
        (4_102_444_799_999_999, "2099-12-31 23:59:59.999999"),
    ]

    @Test(arguments: moments)
    func `a moment comes back to the microsecond`(microseconds: Int64, written: String) async throws {
        let date = Date(timeIntervalSince1970: Double(microseconds) / 1_000_000)
        try await TestDatabase.withEmptyDatabase { database in
            let row = try #require(
                try await database.query("SELECT \(date)::timestamptz, (\(date)::timestamptz AT TIME ZONE 'UTC')::text")
                    .first)
            let (back, text) = try row.decode(Date.self, String.self)
            #expect(text == written)
            #expect(Int64((back.timeIntervalSince1970 * 1_000_000).rounded()) == microseconds)
        }
    }

    @Test func `a document comes back equal from jsonb`() async throws {
        struct Document: Codable, Equatable, Sendable {
            var name = "it's \"quoted\" \\ / ünï 👋"
            var numbers = [1, -2, 3]
            var moment = Date(timeIntervalSince1970: 1_700_000_000)
            var nothing: String?
            var nested = ["a/b": ["c": true]]
        }
        try await TestDatabase.withEmptyDatabase { database in
            let row = try #require(
                try await database.query(
                    "SELECT \(JSONColumn(Document()))::jsonb, jsonb_typeof(\(JSONColumn(Document()))::jsonb)"
                ).first)
            let (back, type) = try row.decode(JSONColumn<Document>.self, String.self)
            #expect(back.value == Document())
            #expect(type == "object")
        }
    }

    @Test func `nil is NULL for every type, and NULL is nil`() async throws {
        try await TestDatabase.withEmptyDatabase { database in
            let row = try #require(
                try await database.query(
                    """
                    SELECT \(String?.none)::text, \(Int?.none)::bigint, \(Date?.none)::timestamptz, \(UUID?.none)::uuid,
                        \(Data?.none)::bytea, \(Bool?.none)::boolean, \(JSONColumn<[Int]>?.none)::jsonb
                    """
                ).first)
            let (text, number, date, id, bytes, flag, document) = try row.decode(
                String?.self, Int?.self, Date?.self, UUID?.self, Data?.self, Bool?.self, JSONColumn<[Int]>?.self)
            #expect(text == nil && number == nil && date == nil && id == nil && bytes == nil && flag == nil)
            #expect(document == nil)
        }
    }

    @Test(arguments: [
        [], [""], ["a"], ["NULL", "null"], ["a,b", "{c}", "d e"], ["\"", "\\", "\\\"", "'"], ["ü", "👋", " ", "\n"],
    ])
    func `an array keeps every element`(elements: [String]) async throws {
        try await TestDatabase.withEmptyDatabase { database in
            let rows = try await database.query(
                "SELECT element FROM unnest(\(PostgresArray(elements))::text[]) WITH ORDINALITY AS t (element, n) ORDER BY n"
            ).rows
            #expect(try rows.map { try $0.decode(String.self) } == elements)
        }
    }

    @Test func `an array of ids can be searched`() async throws {
        try await TestDatabase.withEmptyDatabase { database in
            let ids = [UUID(), UUID()]
            let row = try #require(
                try await database.query(
                    "SELECT \(ids[1]) = ANY(\(PostgresArray(ids))::uuid[]), \(UUID()) = ANY(\(PostgresArray(ids))::uuid[])"
                ).first)
            let (isIn, isOut) = try row.decode(Bool.self, Bool.self)
            #expect(isIn && !isOut)
        }
    }

    private func roundTrip<Value: PostgresEncodable & PostgresDecodable & Sendable>(
        _ value: Value, as type: String
    ) async throws -> Value {
        try await TestDatabase.withEmptyDatabase { database in
            let row = try #require(try await database.query("SELECT \(value)::\(raw: type)").first)
            return try row.decode(Value.self)
        }
    }
}

@Suite struct SQLTests {
    @Test func `interpolations become numbered parameters and raw text is spliced`() {
        let sql: SQL = "SELECT \(1), \(Optional("x")) FROM \(raw: "t") WHERE a = \(String?.none)"
        #expect(sql.text == "SELECT $1, $2 FROM t WHERE a = $3")
    }

    @Test func `a part brings its parameters along`() {
        let part: SQL = "b = \(2) AND c = \(Int?.none)"
        let sql: SQL = "SELECT \(1) WHERE \(part) AND \("d = \(4)" as SQL) LIMIT \(5)"
        #expect(sql.text == "SELECT $1 WHERE b = $2 AND c = $3 AND d = $4 LIMIT $5")
    }

    @Test(arguments: [
        "", "2026-01-31", "2026-01-31 12:00:00", "2026-01-31 12:00:00+01", "infinity", "0044-03-15 00:00:00+00 BC",
    ])
    func `a text that is no moment in UTC is refused`(text: String) {
        #expect(Date(postgresText: text) == nil)
    }

    @Test(arguments: ["", "00ff", "\\x0", "\\xzz", "\\x+1"])
    func `a text that is no bytea is refused`(text: String) {
        #expect(Data(postgresText: text) == nil)
    }

    @Test(arguments: ["", "true", "T", "1"])
    func `a text that is no boolean is refused`(text: String) {
        #expect(Bool(postgresText: text) == nil)
    }
}
