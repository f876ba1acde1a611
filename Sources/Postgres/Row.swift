import CLibPQ

/// One row of a result, decoded into its types at once:
///
/// ```swift
/// let (id, name) = try row.decode(UUID.self, String.self)
/// ```
package struct Row: Sendable {
    private let memory: ResultMemory
    private let index: Int32
    private let firstColumn: Int32

    init(_ memory: ResultMemory, index: Int32, firstColumn: Int32 = 0) {
        self.memory = memory
        self.index = index
        self.firstColumn = firstColumn
    }

    /// Reads as many columns as there are types, in order; fails naming the column that does not fit.
    package func decode<each Value: PostgresDecodable>(_ types: repeat (each Value).Type) throws -> (repeat each Value)
    {
        var column = firstColumn
        return try (repeat decodeNext((each Value).self, &column))
    }

    /// The row without its first columns.
    package func dropping(_ count: Int) -> Row {
        Row(memory, index: index, firstColumn: firstColumn + Int32(count))
    }

    private func decodeNext<Value: PostgresDecodable>(_ type: Value.Type, _ column: inout Int32) throws -> Value {
        defer { column += 1 }
        guard column < memory.columnCount else {
            let count = memory.columnCount - firstColumn
            throw PostgresError(.decoding, "the row has \(count) columns, more were asked for")
        }
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
        self.rows = rows
        self.affectedRows = affectedRows
    }

    init(_ memory: ResultMemory) {
        rows = (0..<memory.rowCount).map { Row(memory, index: $0) }
        affectedRows = rows.count
    }

    /// The only row, or nil for none.
    package var first: Row? { rows.first }
}
