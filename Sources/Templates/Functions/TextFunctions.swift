import Resources

/// Functions of texts. Positions and lengths are UTF-16 units, as in Azure's evaluator.
enum TextFunctions {
    static func evaluate(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        switch call.function {
        case .concat: try concat(call)
        case .format: try call.made(CompositeFormat.format(try call.text(0), try call.values(from: 1), call))
        case .substring: try substring(call)
        case .split: try split(call)
        case .replace: try replace(call)
        case .string: try call.made(text(of: try call.value(0)))
        case .trim: try call.made(String(Text.trimmed(try call.text(0))))
        case .join: try join(call)
        case .like: .boolean(try isLike(call))
        case .toLower: try call.made(Text.lowered(try call.text(0)))
        case .toUpper: try call.made(Text.raised(try call.text(0)))
        case .padLeft: try padLeft(call)
        case .startsWith: .boolean(Text.folded(try call.text(0)).starts(with: Text.folded(try call.text(1))))
        case .endsWith:
            .boolean(Text.folded(try call.text(0)).reversed().starts(with: Text.folded(try call.text(1)).reversed()))
        default: throw call.fail("is not implemented")
        }
    }

    /// Texts, or all arrays.
    private static func concat(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        let values = try call.values()
        guard case .array? = values.first else {
            var result = ""
            for (index, value) in values.enumerated() {
                guard let text = scalar(value) else {
                    throw call.mismatch(index, index == 0 ? "a text or an array" : "a text, as the first is", value)
                }
                result += text
                try call.spend(text.utf8.count / 10)
                guard result.utf8.count <= EvaluationBudget.textLimit else { return try call.made(result) }
            }
            return .string(result)
        }
        var elements: [JSONValue] = []
        for (index, value) in values.enumerated() {
            guard case .array(let more) = value else { throw call.mismatch(index, "an array, as the first is", value) }
            elements += more
        }
        return try call.made(elements)
    }

    /// What `concat` and `format` make of a value that is no array and no object.
    static func scalar(_ value: JSONValue) -> String? {
        switch value {
        case .string(let text): text
        case .integer(let number): String(number)
        case .number(let number): JSONWriter.text(of: number)
        case .boolean(let flag): flag ? "True" : "False"
        case .null: ""
        case .array, .object: nil
        }
    }

    static func text(of value: JSONValue) -> String {
        scalar(value) ?? JSONWriter.text(of: value)
    }

    private static func substring(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        let units = Array(try call.text(0).utf16)
        let start = try call.integer(1)
        let length = call.count > 2 ? try call.integer(2) : Int64(units.count) - start
        guard start >= 0, length >= 0, start <= units.count, length <= Int64(units.count) - start else {
            throw call.fail(
                "is asked for \(length) characters from position \(start) of a text of \(units.count) characters")
        }
        return .string(Text.text(units[Int(start)..<Int(start + length)]))
    }

    private static func split(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        let text = Array(try call.text(0).utf8)
        let delimiters: [[UInt8]]
        switch try call.value(1) {
        case .string(let delimiter): delimiters = [Array(delimiter.utf8)]
        case .array(let values):
            var list: [[UInt8]] = []
            for value in values {
                guard case .string(let delimiter) = value else { throw call.mismatch(1, "an array of strings", value) }
                list.append(Array(delimiter.utf8))
            }
            delimiters = list
        case let other: throw call.mismatch(1, "a string or an array of strings", other)
        }
        let useful = delimiters.filter { !$0.isEmpty }
        try call.spend(text.count * (1 + useful.count) / 4)
        var parts: [JSONValue] = []
        var start = 0
        var position = 0
        while position < text.count {
            if let delimiter = useful.first(where: { text[position...].starts(with: $0) }) {
                parts.append(.string(String(decoding: text[start..<position], as: UTF8.self)))
                position += delimiter.count
                start = position
            } else {
                position += 1
            }
        }
        parts.append(.string(String(decoding: text[start...], as: UTF8.self)))
        return try call.made(parts)
    }

    private static func replace(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        let text = Array(try call.text(0).utf8)
        let old = Array(try call.text(1).utf8)
        let new = Array(try call.text(2).utf8)
        guard !old.isEmpty else { throw call.fail("is asked to replace an empty text") }
        var result: [UInt8] = []
        var position = 0
        while position < text.count {
            if text[position] == old[0], text[position...].starts(with: old) {
                result += new
                position += old.count
                try call.spend(1 + new.count / 10)
                guard result.count <= EvaluationBudget.textLimit else { break }
            } else {
                result.append(text[position])
                position += 1
            }
        }
        return try call.made(String(decoding: result, as: UTF8.self))
    }

    private static func join(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        let delimiter = try call.text(1)
        var result = ""
        for (index, value) in try call.array(0).enumerated() {
            guard let text = scalar(value) else { throw call.mismatch(0, "an array of texts", value) }
            if index > 0 { result += delimiter }
            result += text
            try call.spend(1 + (text.utf8.count + delimiter.utf8.count) / 10)
            guard result.utf8.count <= EvaluationBudget.textLimit else { break }
        }
        return try call.made(result)
    }

    private static func padLeft(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        let value = try call.value(0)
        let text: String
        switch value {
        case .string, .integer: text = self.text(of: value)
        default: throw call.mismatch(0, "a string or an integer", value)
        }
        let width = try call.integer(1)
        guard (0...Int64(16_384)).contains(width) else {
            throw call.fail("takes a length from 0 to 16384, not \(width)")
        }
        let filler = call.count > 2 ? try call.text(2) : " "
        guard filler.utf16.count == 1 else { throw call.fail("pads with one character, not '\(filler.prefix(20))'") }
        return try call.made(String(repeating: filler, count: max(0, Int(width) - text.utf16.count)) + text)
    }

    /// `*` stands for any text, `?` for one character; letters match without regard to case.
    private static func isLike(_ call: FunctionCall) throws(EvaluationFailure) -> Bool {
        let text = Text.folded(try call.text(0))
        let pattern = Text.folded(try call.text(1))
        let (star, mark) = (UInt16(UInt8(ascii: "*")), UInt16(UInt8(ascii: "?")))
        var (position, place) = (0, 0)
        var lastStar: (place: Int, position: Int)?
        while position < text.count {
            try call.spend(1)
            if place < pattern.count, pattern[place] == star {
                lastStar = (place, position)
                place += 1
            } else if place < pattern.count, pattern[place] == mark || pattern[place] == text[position] {
                place += 1
                position += 1
            } else if let star = lastStar {
                lastStar = (star.place, star.position + 1)
                place = star.place + 1
                position = star.position + 1
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == star }
    }
}

/// Texts as .NET sees them.
enum Text {
    static func text(_ units: some Collection<UInt16>) -> String {
        String(decoding: Array(units), as: UTF16.self)
    }

    /// Invariant culture: letter by letter.
    static func lowered(_ text: String) -> String {
        mapped(text) { $0.properties.lowercaseMapping }
    }

    static func raised(_ text: String) -> String {
        mapped(text) { $0.properties.uppercaseMapping }
    }

    private static func mapped(_ text: String, _ mapping: (Unicode.Scalar) -> String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let mapped = mapping(scalar).unicodeScalars
            result.append(mapped.count == 1 ? mapped[mapped.startIndex] : scalar)
        }
        return String(result)
    }

    /// For comparing without regard to case, as `OrdinalIgnoreCase` does.
    static func folded(_ text: String) -> [UInt16] {
        Array(raised(text).utf16)
    }

    static func trimmed(_ text: String) -> Substring.UnicodeScalarView {
        let isSpace: (Unicode.Scalar) -> Bool = { $0.properties.isWhitespace }
        let scalars = text.unicodeScalars
        let start = scalars.firstIndex { !isSpace($0) } ?? scalars.endIndex
        var end = scalars.endIndex
        while end > start, isSpace(scalars[scalars.index(before: end)]) { end = scalars.index(before: end) }
        return scalars[start..<end]
    }
}
