/// Reads the text between `[` and `]`:
///
/// ```
/// expression := text | integer | call suffix*
/// call       := name (. name)? ( expression, … )
/// suffix     := . name | [ expression ]
/// ```
struct ExpressionParser {
    private let bytes: [UInt8]
    private let text: String
    private var position = 1
    private let end: Int
    /// Levels of the expression that was read last: who walks it must not run out of stack.
    private var height = 0

    /// Nesting deeper than this is refused.
    static let depthLimit = 128

    private init(_ text: String) {
        self.text = text
        bytes = Array(text.utf8)
        end = bytes.count - 1
    }

    /// `text` has its brackets around it.
    static func parse(_ text: String) throws(TemplateProblem) -> Expression {
        var parser = ExpressionParser(text)
        let expression = try parser.expression(depth: 0)
        parser.skipSpace()
        guard parser.position == parser.end else {
            throw parser.problem("'\(parser.rest)' was not expected")
        }
        return expression
    }

    private mutating func expression(depth: Int) throws(TemplateProblem) -> Expression {
        guard depth < Self.depthLimit else { throw problem("it is nested deeper than \(Self.depthLimit) levels") }
        skipSpace()
        var result = try operand(depth: depth)
        // Texts and numbers have no properties.
        guard case .call = result else { return result }
        while true {
            guard height <= Self.depthLimit else {
                throw problem("it is nested deeper than \(Self.depthLimit) levels")
            }
            skipSpace()
            if take(".") {
                skipSpace()
                result = .member(result, try name("a property's name"))
            } else if take("[") {
                let base = height
                let index = try expression(depth: depth + 1)
                height = max(base, height)
                skipSpace()
                guard take("]") else { throw problem("']' is missing") }
                result = .element(result, index)
            } else {
                return result
            }
            height += 1
        }
    }

    private mutating func operand(depth: Int) throws(TemplateProblem) -> Expression {
        guard let byte = peek() else { throw problem("it ends where a value should be") }
        height = 0
        switch byte {
        case UInt8(ascii: "'"): return .text(try quoted())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .integer(try integer())
        default: return try call(depth: depth)
        }
    }

    private mutating func call(depth: Int) throws(TemplateProblem) -> Expression {
        var names = [try name("a function's name")]
        skipSpace()
        if take(".") {
            skipSpace()
            names.append(try name("a function's name"))
            skipSpace()
        }
        guard take("(") else { throw problem("'(' was expected after '\(names.joined(separator: "."))'") }
        var arguments: [Expression] = []
        var highest = 0
        skipSpace()
        if !take(")") {
            while true {
                arguments.append(try expression(depth: depth + 1))
                highest = max(highest, height)
                skipSpace()
                if take(")") { break }
                guard take(",") else { throw problem("',' or ')' was expected") }
            }
        }
        height = highest + 1
        return .call(try callee(names, count: arguments.count), arguments)
    }

    private func callee(_ names: [String], count: Int) throws(TemplateProblem) -> Expression.Callee {
        guard names.count == 1 else { return .user(names.joined(separator: ".").lowercased()) }
        let lowered = names[0].lowercased()
        if let function = BuiltInFunction(rawValue: lowered) {
            guard function.argumentCounts.contains(count) else {
                throw TemplateProblem(
                    .invalidTemplate,
                    "The template function '\(names[0])' takes \(function.argumentText), not \(count).")
            }
            return .builtIn(function)
        }
        guard lowered.hasPrefix("list") else {
            throw TemplateProblem(.invalidTemplate, "The template function '\(names[0])' is not known.")
        }
        guard (1...3).contains(count) else {
            throw TemplateProblem(
                .invalidTemplate, "The template function '\(names[0])' takes 1 to 3 arguments, not \(count).")
        }
        return .list(verb: names[0])
    }

    private mutating func quoted() throws(TemplateProblem) -> String {
        position += 1
        var output: [UInt8] = []
        while position < end {
            let byte = bytes[position]
            position += 1
            guard byte == UInt8(ascii: "'") else {
                output.append(byte)
                continue
            }
            guard take("'") else { return String(decoding: output, as: UTF8.self) }
            output.append(byte)
        }
        throw problem("a text has no closing quote")
    }

    private mutating func integer() throws(TemplateProblem) -> Int64 {
        let start = position
        _ = take("-")
        while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        let digits = String(decoding: bytes[start..<position], as: UTF8.self)
        guard let number = Int64(digits) else { throw problem("'\(digits)' is no integer of 64 bits") }
        return number
    }

    private mutating func name(_ what: String) throws(TemplateProblem) -> String {
        let start = position
        while let byte = peek(), Self.isNameByte(byte) { position += 1 }
        guard position > start else { throw problem("\(what) was expected") }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"):
            true
        default: false
        }
    }

    private func peek() -> UInt8? {
        position < end ? bytes[position] : nil
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek(), byte == 0x20 || (0x09...0x0D).contains(byte) { position += 1 }
    }

    private var rest: String {
        String(String(decoding: bytes[position..<end], as: UTF8.self).prefix(40))
    }

    private func problem(_ reason: String) -> TemplateProblem {
        TemplateProblem(
            .invalidTemplate,
            "The template language expression '\(text.prefix(200))' is not valid: \(reason) at position \(position).")
    }
}
