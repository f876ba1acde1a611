package import Foundation

/// A statement whose interpolations are bound parameters, never text:
///
/// ```swift
/// let sql: SQL = "SELECT name FROM workspaces WHERE id = \(id)"
/// ```
///
/// Raw text, for the names of schemas, columns and channels, needs the label: `\(raw: name)`. A part of a statement is
/// interpolated with its own parameters.
package struct SQL: Sendable, ExpressibleByStringInterpolation {
    /// The texts between the parameters: always one more than there are parameters.
    fileprivate let pieces: [String]
    /// In text format; nil is NULL.
    let parameters: [String?]
    /// The statement with `$1`, `$2` … in place of the values.
    package let text: String

    package init(stringLiteral value: String) {
        text = value
        pieces = [value]
        parameters = []
    }

    package init(stringInterpolation: Interpolation) {
        pieces = stringInterpolation.pieces
        parameters = stringInterpolation.parameters
        var text = pieces[0]
        for (index, piece) in pieces.dropFirst().enumerated() { text += "$\(index + 1)\(piece)" }
        self.text = text
    }

    package struct Interpolation: StringInterpolationProtocol {
        fileprivate var pieces = [""]
        fileprivate var parameters: [String?] = []

        package init(literalCapacity: Int, interpolationCount: Int) {
            pieces.reserveCapacity(interpolationCount + 1)
        }

        package mutating func appendLiteral(_ literal: String) {
            pieces[pieces.count - 1] += literal
        }

        package mutating func appendInterpolation(_ value: some PostgresEncodable) {
            bind(value.postgresText)
        }

        package mutating func appendInterpolation(_ value: (some PostgresEncodable)?) {
            bind(value?.postgresText)
        }

        package mutating func appendInterpolation(_ part: SQL) {
            appendLiteral(part.pieces[0])
            for (parameter, piece) in zip(part.parameters, part.pieces.dropFirst()) {
                bind(parameter)
                appendLiteral(piece)
            }
        }

        /// Splices text as it is. Only for names that we made ourselves.
        package mutating func appendInterpolation(raw: String) {
            appendLiteral(raw)
        }

        private mutating func bind(_ value: String?) {
            parameters.append(value)
            pieces.append("")
        }
    }
}

/// A value that can be bound, in PostgreSQL's text format.
package protocol PostgresEncodable {
    var postgresText: String { get }
}

/// A value that can be read from PostgreSQL's text format.
package protocol PostgresDecodable {
    /// Nil when the text is not of this type.
    init?(postgresText: String)
    /// The value of SQL's NULL; nil where NULL is an error.
    static var postgresNull: Self? { get }
}

extension PostgresDecodable {
    package static var postgresNull: Self? { nil }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    package init?(postgresText: String) {
        guard let value = Wrapped(postgresText: postgresText) else { return nil }
        self = .some(value)
    }

    package static var postgresNull: Wrapped?? { .some(.none) }
}

extension String: PostgresEncodable, PostgresDecodable {
    package var postgresText: String { self }
    package init?(postgresText: String) { self = postgresText }
}

/// Numbers read and write themselves as PostgreSQL does.
extension PostgresEncodable where Self: LosslessStringConvertible {
    package var postgresText: String { description }
}

extension PostgresDecodable where Self: LosslessStringConvertible {
    package init?(postgresText: String) { self.init(postgresText) }
}

extension Int: PostgresEncodable, PostgresDecodable {}
extension Int32: PostgresEncodable, PostgresDecodable {}
extension Int64: PostgresEncodable, PostgresDecodable {}
extension Double: PostgresEncodable, PostgresDecodable {}

extension Bool: PostgresEncodable, PostgresDecodable {
    package var postgresText: String { self ? "t" : "f" }
    package init?(postgresText: String) {
        switch postgresText {
        case "t": self = true
        case "f": self = false
        default: return nil
        }
    }
}

extension UUID: PostgresEncodable, PostgresDecodable {
    package var postgresText: String { uuidString }
    package init?(postgresText: String) { self.init(uuidString: postgresText) }
}

extension Data: PostgresEncodable, PostgresDecodable {
    package var postgresText: String {
        let digits = Array("0123456789abcdef".utf8)
        var text = Array("\\x".utf8)
        text.reserveCapacity(2 + 2 * count)
        for byte in self { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }

    package init?(postgresText: String) {
        guard postgresText.hasPrefix("\\x") else { return nil }
        let digits = Array(postgresText.utf8.dropFirst(2))
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes = Data(capacity: digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard digits[index] != UInt8(ascii: "+"),
                let byte = UInt8(String(decoding: digits[index...(index + 1)], as: UTF8.self), radix: 16)
            else {
                return nil
            }
            bytes.append(byte)
        }
        self = bytes
    }
}

extension Date: PostgresEncodable, PostgresDecodable {
    /// Connections run with `TimeZone=UTC` and `DateStyle=ISO`, so a timestamptz reads `2026-01-31 12:00:00.123456+00`.
    package var postgresText: String {
        let microseconds = Int64((timeIntervalSince1970 * 1_000_000).rounded())
        let seconds = microseconds >= 0 ? microseconds / 1_000_000 : (microseconds - 999_999) / 1_000_000
        var moment = time_t(seconds)
        var parts = tm()
        gmtime_r(&moment, &parts)
        return String(
            format: "%04d-%02d-%02d %02d:%02d:%02d.%06d+00", Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1,
            Int(parts.tm_mday), Int(parts.tm_hour), Int(parts.tm_min), Int(parts.tm_sec),
            Int(microseconds - seconds * 1_000_000))
    }

    package init?(postgresText: String) {
        let bytes = Array(postgresText.utf8)
        guard bytes.count >= 22, bytes[10] == UInt8(ascii: " "), postgresText.hasSuffix("+00") else { return nil }
        func number(_ range: Range<Int>) -> Int? { Int(String(decoding: bytes[range], as: UTF8.self)) }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16),
            let seconds = Double(String(decoding: bytes[17..<(bytes.count - 3)], as: UTF8.self))
        else { return nil }
        let days = Self.daysSinceEpoch(year: year, month: month, day: day)
        self.init(timeIntervalSince1970: Double(days * 86_400 + hour * 3_600 + minute * 60) + seconds)
    }

    /// Days from 1970-01-01 in the proleptic Gregorian calendar (Howard Hinnant's `days_from_civil`).
    private static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

/// A Codable value kept in a `jsonb` column.
package struct JSONColumn<Value: Codable & Sendable>: PostgresEncodable, PostgresDecodable, Sendable {
    package var value: Value

    package init(_ value: Value) {
        self.value = value
    }

    package var postgresText: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        // Our own types hold texts, numbers and dates: they always encode. "null" would be refused by NOT NULL.
        guard let data = try? encoder.encode(value) else { return "null" }
        return String(decoding: data, as: UTF8.self)
    }

    package init?(postgresText: String) {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        // A row written by another version that no longer decodes is reported by the caller with its column.
        guard let value = try? decoder.decode(Value.self, from: Data(postgresText.utf8)) else { return nil }
        self.value = value
    }
}

/// A list bound as an array: `WHERE id = ANY(\(PostgresArray(ids))::uuid[])`.
package struct PostgresArray: PostgresEncodable {
    package let postgresText: String

    package init(_ values: [some PostgresEncodable]) {
        var text = "{"
        for value in values {
            text += text.utf8.count > 1 ? ",\"" : "\""
            let own = value.postgresText
            if own.utf8.contains(where: { $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "\"") }) {
                text += own.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"")
            } else {
                text += own
            }
            text += "\""
        }
        postgresText = text + "}"
    }
}
