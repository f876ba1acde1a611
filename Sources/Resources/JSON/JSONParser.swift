/// Reads JSON (RFC 8259) with the liberties that published request bodies take: trailing commas.
///
/// Written here because errors name line and column, members keep their order, and depth is bounded.
package struct JSONParser {
    package struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
        package var reason: String
        package var line: Int
        package var column: Int

        package var description: String { "\(reason) at line \(line), column \(column)" }
    }

    /// Which liberties are taken beyond trailing commas.
    package enum Dialect: Sendable {
        case request
        /// Templates: comments, line breaks and tabs inside strings, single quotes, and names without quotes, as `az`
        /// writes the member that holds a template's own text.
        case template
    }

    /// A line and a column, both from 1.
    package struct Place: Sendable, Equatable {
        package var line: Int
        package var column: Int
    }

    /// Remembers where the values with certain paths begin.
    private struct PlaceFinder {
        let paths: Set<String>
        var path = "$"
        var offsets: [String: Int] = [:]
    }

    private let bytes: [UInt8]
    private let dialect: Dialect
    private var position = 0
    private var finder: PlaceFinder?

    /// Nesting deeper than this is refused.
    package static let depthLimit = 64
    /// The same of templates, which hold others.
    package static let templateDepthLimit = 100

    private init(_ bytes: [UInt8], dialect: Dialect) {
        (self.bytes, self.dialect) = (bytes, dialect)
    }

    /// One value and nothing but white space around it.
    package static func parse(
        _ bytes: some Sequence<UInt8>, as dialect: Dialect = .request
    ) throws(Failure) -> JSONValue {
        var parser = JSONParser(Array(bytes), dialect: dialect)
        if parser.bytes.starts(with: [0xEF, 0xBB, 0xBF]) { parser.position = 3 }
        let value = try parser.value(depth: 0)
        try parser.skipWhiteSpace()
        guard parser.position == parser.bytes.count else { throw parser.failure("text after the end of the value") }
        return value
    }

    /// Where the values with these JSON paths (`$.resources[0].name`) begin; those that are there, as far as the text
    /// can be read.
    package static func places(
        of paths: Set<String>, in bytes: some Sequence<UInt8>, as dialect: Dialect = .request
    ) -> [String: Place] {
        var parser = JSONParser(Array(bytes), dialect: dialect)
        if parser.bytes.starts(with: [0xEF, 0xBB, 0xBF]) { parser.position = 3 }
        parser.finder = PlaceFinder(paths: paths)
        _ = try? parser.value(depth: 0)  // what comes before a mistake is found
        return (parser.finder?.offsets ?? [:]).mapValues { parser.place(of: $0) }
    }

    /// Reads a member or an element, whose path ends with `step`.
    private mutating func value(at step: @autoclosure () -> String, depth: Int) throws(Failure) -> JSONValue {
        guard let path = finder?.path else { return try value(depth: depth) }
        finder?.path = path + step()
        defer { finder?.path = path }
        return try value(depth: depth)
    }

    private mutating func value(depth: Int) throws(Failure) -> JSONValue {
        let limit = dialect == .template ? Self.templateDepthLimit : Self.depthLimit
        guard depth < limit else { throw failure("nested deeper than \(limit) levels") }
        try skipWhiteSpace()
        guard let byte = peek() else { throw failure("the text ends where a value should be") }
        if let finder, finder.paths.contains(finder.path) { self.finder?.offsets[finder.path] = position }
        switch byte {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "'") where dialect == .template: return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .boolean(true))
        case UInt8(ascii: "f"): return try literal("false", .boolean(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: return try number()
        }
    }

    private mutating func object(depth: Int) throws(Failure) -> JSONValue {
        position += 1
        var members: [(name: String, value: JSONValue)] = []
        while true {
            try skipWhiteSpace()
            if take("}") { return .object(JSONObject(members)) }
            let name = try name()
            try skipWhiteSpace()
            guard take(":") else { throw failure("':' was expected after a member's name") }
            members.append((name, try value(at: ".\(name)", depth: depth + 1)))
            try skipWhiteSpace()
            if take(",") { continue }
            guard take("}") else { throw failure("',' or '}' was expected") }
            return .object(JSONObject(members))
        }
    }

    private mutating func name() throws(Failure) -> String {
        if peek() == UInt8(ascii: "\"") { return try string() }
        let start = position
        if dialect == .template {
            if peek() == UInt8(ascii: "'") { return try string() }
            while let byte = peek(), Self.isWordByte(byte) { position += 1 }
        }
        guard position > start else { throw failure("a member's name in quotes was expected") }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
            UInt8(ascii: "$"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    private mutating func array(depth: Int) throws(Failure) -> JSONValue {
        position += 1
        var elements: [JSONValue] = []
        while true {
            try skipWhiteSpace()
            if take("]") { return .array(elements) }
            elements.append(try value(at: "[\(elements.count)]", depth: depth + 1))
            try skipWhiteSpace()
            if take(",") { continue }
            guard take("]") else { throw failure("',' or ']' was expected") }
            return .array(elements)
        }
    }

    private mutating func literal(_ text: StaticString, _ result: JSONValue) throws(Failure) -> JSONValue {
        let expected = text.withUTF8Buffer { Array($0) }
        guard bytes[position...].starts(with: expected) else { throw failure("an unknown word") }
        position += expected.count
        return result
    }

    private mutating func number() throws(Failure) -> JSONValue {
        let start = position
        _ = take("-")
        while let byte = peek(), Self.isNumberByte(byte) { position += 1 }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard Self.isNumber(bytes[start..<position]) else {
            position = start
            throw failure("a value was expected")
        }
        if let integer = Int64(text) { return .integer(integer) }
        guard let number = Double(text), number.isFinite else {
            position = start
            throw failure("a number out of range")
        }
        return .number(number)
    }

    private static func isNumberByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"),
            UInt8(ascii: "+"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
    private static func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text
        func digits(_ rest: inout ArraySlice<UInt8>) -> Int {
            let count = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }.count
            rest = rest.dropFirst(count)
            return count
        }
        if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        let startsWithZero = rest.first == UInt8(ascii: "0")
        let count = digits(&rest)
        guard count > 0, !startsWithZero || count == 1 else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            guard digits(&rest) > 0 else { return false }
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
            guard digits(&rest) > 0 else { return false }
        }
        return rest.isEmpty
    }

    /// Ends with the quote that it begins with.
    private mutating func string() throws(Failure) -> String {
        let quote = bytes[position]
        position += 1
        // Most strings are as they are written.
        let start = position
        while let byte = peek(), byte != quote, byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
        if peek() == quote, let text = String(validating: bytes[start..<position], as: UTF8.self) {
            position += 1
            return text
        }
        var output = Array(bytes[start..<position])
        while let byte = peek() {
            position += 1
            switch byte {
            case quote:
                guard let text = String(validating: output, as: UTF8.self) else {
                    throw failure("text that is not UTF-8")
                }
                return text
            case UInt8(ascii: "\\"): try escape(into: &output)
            case 0..<0x20:
                let isBreak = byte == 0x09 || byte == 0x0A || byte == 0x0D
                guard dialect == .template, isBreak else { throw failure("a control character inside a string") }
                output.append(byte)
            default: output.append(byte)
            }
        }
        throw failure("a string without an end")
    }

    private mutating func escape(into output: inout [UInt8]) throws(Failure) {
        guard let byte = peek() else { throw failure("a string without an end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): output.append(byte)
        case UInt8(ascii: "'") where dialect == .template: output.append(byte)
        case UInt8(ascii: "b"): output.append(0x08)
        case UInt8(ascii: "f"): output.append(0x0C)
        case UInt8(ascii: "n"): output.append(0x0A)
        case UInt8(ascii: "r"): output.append(0x0D)
        case UInt8(ascii: "t"): output.append(0x09)
        case UInt8(ascii: "u"): output.append(contentsOf: Array(String(try unicodeEscape()).utf8))
        default: throw failure("an unknown escape")
        }
    }

    private mutating func unicodeEscape() throws(Failure) -> Unicode.Scalar {
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) {
            guard first != 0 else { throw failure("the character U+0000") }
            return scalar
        }
        guard (0xD800..<0xDC00).contains(first), take("\\"), take("u") else { throw failure("half a surrogate pair") }
        let second = try hexadecimal()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw failure("half a surrogate pair") }
        return scalar
    }

    private mutating func hexadecimal() throws(Failure) -> UInt32 {
        let end = position + 4
        guard end <= bytes.count,
            let value = UInt32(String(decoding: bytes[position..<end], as: UTF8.self), radix: 16),
            bytes[position] != UInt8(ascii: "+")
        else { throw failure("four hexadecimal digits were expected") }
        position = end
        return value
    }

    private func peek() -> UInt8? {
        position < bytes.count ? bytes[position] : nil
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func skipWhiteSpace() throws(Failure) {
        while let byte = peek() {
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            case UInt8(ascii: "/") where dialect == .template: try skipComment()
            default: return
            }
        }
    }

    /// `// to the end of the line`, or between `/*` and `*/`.
    private mutating func skipComment() throws(Failure) {
        let start = position
        position += 1
        if take("/") {
            while let byte = peek(), byte != 0x0A { position += 1 }
            return
        }
        guard take("*") else { throw failure("a comment was expected after '/'") }
        while position < bytes.count {
            if take("*") {
                if take("/") { return }
            } else {
                position += 1
            }
        }
        position = start
        throw failure("a comment without an end")
    }

    private func failure(_ reason: String) -> Failure {
        let place = place(of: position)
        return Failure(reason: reason, line: place.line, column: place.column)
    }

    private func place(of position: Int) -> Place {
        let before = bytes.prefix(position)
        let line = before.count { $0 == 0x0A } + 1
        return Place(line: line, column: before.count - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0) + 1)
    }
}
