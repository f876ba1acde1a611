/// One row of a result, decoded into its types at once:
///
/// ```swift
/// let (id, name) = try row.decode(UUID.self, String.self)
/// ```
package struct Row: Sendable {
    let values: [String?]
    let columns: [String]

    /// Reads as many columns as there are types, in order; fails naming the column that does not fit.
    package func decode<each Value: PostgresDecodable>(_ types: repeat (each Value).Type) throws -> (repeat each Value)
    {
        var index = 0
        return try (repeat decodeNext((each Value).self, &index))
    }

    /// The row without its first columns.
    package func dropping(_ count: Int) -> Row {
        Row(values: Array(values.dropFirst(count)), columns: Array(columns.dropFirst(count)))
    }

    private func decodeNext<Value: PostgresDecodable>(_ type: Value.Type, _ index: inout Int) throws -> Value {
        defer { index += 1 }
        guard index < values.count else {
            throw PostgresError(.decoding, "the row has \(values.count) columns, more were asked for")
        }
        guard let text = values[index] else {
            guard let null = Value.postgresNull else {
                throw PostgresError(.decoding, "column \(columns[index]) is NULL")
            }
            return null
        }
        guard let value = Value(postgresText: text) else {
            throw PostgresError(.decoding, "column \(columns[index]) does not hold a \(Value.self)")
        }
        return value
    }
}

/// What a statement returned.
package struct QueryResult: Sendable {
    package let rows: [Row]
    /// Rows inserted, updated or deleted; the number of rows for a SELECT.
    package let affectedRows: Int

    /// The only row, or nil for none.
    package var first: Row? { rows.first }
}
