import CLibPQ
import Glibc

/// One row of a result, whose values are read by the names of their columns, or all at once in their order:
///
/// ```swift
/// let name: String = try row("name")
/// let (id, name) = try row.decode(UUID.self, String.self)
/// ```
package struct Row: Sendable {
    private let memory: ResultMemory
    private let index: Int32

    init(_ memory: ResultMemory, index: Int32) {
        (self.memory, self.index) = (memory, index)
    }

    /// The value of a column; fails naming the column that is not there or does not fit.
    package func callAsFunction<Value: PostgresDecodable>(_ column: String, as type: Value.Type = Value.self) throws
        -> Value
    {
        guard let position = memory.position(of: column) else {
            throw PostgresError(.decoding, "the row has no column \(column)")
        }
        return try value(at: position)
    }

    /// The value of a `jsonb` column.
    package func json<Value: Codable & Sendable>(_ column: String, as type: Value.Type = Value.self) throws -> Value {
        try self(column, as: JSONColumn<Value>.self).value
    }

    /// The same of one that may be NULL.
    package func jsonIfPresent<Value: Codable & Sendable>(_ column: String, as type: Value.Type = Value.self) throws
        -> Value?
    {
        try self(column, as: JSONColumn<Value>?.self)?.value
    }

    /// Reads as many columns as there are types, in order; fails naming the column that does not fit.
    package func decode<each Value: PostgresDecodable>(_ types: repeat (each Value).Type) throws -> (repeat each Value)
    {
        var column: Int32 = 0
        return try (repeat decodeNext((each Value).self, &column))
    }

    private func decodeNext<Value: PostgresDecodable>(_ type: Value.Type, _ column: inout Int32) throws -> Value {
        defer { column += 1 }
        guard column < memory.columnCount else {
            throw PostgresError(.decoding, "the row has \(memory.columnCount) columns, more were asked for")
        }
        return try value(at: column)
    }

    private func value<Value: PostgresDecodable>(at column: Int32) throws -> Value {
        guard let text = memory.text(row: index, column: column) else {
            guard let null = Value.postgresNull else {
                throw PostgresError(.decoding, "column \(memory.name(of: column)) is NULL")
            }
            return null
        }
        guard let value = Value(postgresText: text) else {
            throw PostgresError(.decoding, "column \(memory.name(of: column)) does not hold a \(Value.self)")
        }
        return value
    }
}

/// What a row of a table is read into.
package protocol RowDecodable: Sendable {
    /// Reads the columns that it names.
    init(_ row: Row) throws
}

/// What libpq received for one statement, until nobody reads it any more.
///
/// Values become Swift's own where they are decoded. Made on the connection's thread, each would be freed by another one,
/// and there the C library's lock is waited for.
final class ResultMemory: @unchecked Sendable {  // nothing writes to a result once it is there, as libpq documents
    private let pointer: OpaquePointer
    let rowCount: Int32
    let columnCount: Int32

    /// Takes over the result, and clears it.
    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
        rowCount = PQntuples(pointer)
        columnCount = PQnfields(pointer)
    }

    deinit { PQclear(pointer) }

    /// Nil for NULL.
    func text(row: Int32, column: Int32) -> String? {
        guard PQgetisnull(pointer, row, column) == 0, let bytes = PQgetvalue(pointer, row, column) else { return nil }
        return String(cString: bytes)
    }

    /// Where a column of that name is: the first of several. Results are narrow, so a look at each costs less than a table.
    func position(of name: String) -> Int32? {
        name.withCString { wanted in
            (0..<columnCount).first { column in PQfname(pointer, column).map { strcmp($0, wanted) == 0 } ?? false }
        }
    }

    func name(of column: Int32) -> String {
        PQfname(pointer, column).map { String(cString: $0) } ?? "\(column)"
    }
}

/// What a statement returned.
package struct QueryResult: Sendable {
    package let rows: [Row]
    /// Rows inserted, updated or deleted; the number of rows for a SELECT.
    package let affectedRows: Int

    init(rows: [Row], affectedRows: Int) {
        (self.rows, self.affectedRows) = (rows, affectedRows)
    }

    init(_ memory: ResultMemory) {
        rows = (0..<memory.rowCount).map { Row(memory, index: $0) }
        affectedRows = rows.count
    }

    /// The only row, or nil for none.
    package var first: Row? { rows.first }
}
