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
        case .string: try string(call)
        case .trim: try call.made(String(Text.trimmed(try call.text(0))))
        case .join: try join(call)
        case .like: .boolean(try isLike(call))
        case .toLower: try call.made(Text.lowered(try call.textToMap(0)))
        case .toUpper: try call.made(Text.raised(try call.textToMap(0)))
        case .padLeft: try padLeft(call)
        case .startsWith:
            .boolean(Text.folded(try call.textToMap(0)).starts(with: Text.folded(try call.textToMap(1))))
        case .endsWith:
            .boolean(
                Text.folded(try call.textToMap(0)).reversed()
                    .starts(with: Text.folded(try call.textToMap(1)).reversed()))
        default: throw call.isOfAnotherGroup
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
                try call.spend(text.utf8.count / 32)
                guard result.utf8.count <= EvaluationBudget.textLimit else { return try call.made(result) }
            }
            return .string(result)
        }
        var elements: [JSONValue] = []
        for (index, value) in values.enumerated() {
            guard case .array(let more) = value else { throw call.mismatch(index, "an array, as the first is", value) }
            try call.spend(appending: more.count, to: elements.count)
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

    private static func string(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        let value = try call.value(0)
        if let text = scalar(value) { return .string(text) }
        return try call.made(try call.written(value))
    }

    private static func substring(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        let units = try call.text(0).utf16
        let start = try call.integer(1)
        let length = call.count > 2 ? try call.integer(2) : nil
        let rest = (0...Int64(units.count)).contains(start) ? Int64(units.count) - start : -1
        guard rest >= 0, (0...rest).contains(length ?? rest) else {
            let wanted = length.map { "\($0) characters" } ?? "what is left"
            throw call.fail("is asked for \(wanted) from position \(start) of a text of \(units.count) characters")
        }
        return try call.made(Text.text(units.dropFirst(Int(start)).prefix(Int(length ?? rest))))
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
        let useful = delimiters.filter { !$0.isEmpty }.map { ByteSearch($0) }
        try call.spend(text.count * (1 + useful.count) / 16)
        var parts: [JSONValue] = []
        var start = 0
        // Where each delimiter is next; of two at one place the first of the list counts.
        var places = useful.map { $0.first(in: text) }
        while let (place, number) = places.enumerated().compactMap({ entry in entry.element.map { ($0, entry.offset) } }
        )
        .min(by: { $0 < $1 }) {
            try call.spend(1 + useful.count)
            parts.append(.string(String(decoding: text[start..<place], as: UTF8.self)))
            start = place + useful[number].part.count
            for (index, known) in places.enumerated() {
                if let known, known < start { places[index] = useful[index].first(in: text, from: start) }
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
        try call.spend((text.count + old.count) / 16)
        let search = ByteSearch(old)
        var result: [UInt8] = []
        var start = 0
        while let place = search.first(in: text, from: start) {
            result += text[start..<place]
            result += new
            start = place + old.count
            try call.spend(1 + new.count / 32)
            guard result.count <= EvaluationBudget.textLimit else { break }
        }
        result += text[start...]
        return try call.made(String(decoding: result, as: UTF8.self))
    }

    private static func join(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        let delimiter = try call.text(1)
        var result = ""
        for (index, value) in try call.array(0).enumerated() {
            guard let text = scalar(value) else { throw call.mismatch(0, "an array of texts", value) }
            if index > 0 { result += delimiter }
            result += text
            try call.spend(1 + (text.utf8.count + delimiter.utf8.count) / 32)
            guard result.utf8.count <= EvaluationBudget.textLimit else { break }
        }
        return try call.made(result)
    }

    private static func padLeft(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        let value = try call.value(0)
        let text: String
        switch value {
        case .string, .integer: text = scalar(value) ?? ""
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
        let text = Text.folded(try call.textToMap(0))
        let pattern = Text.folded(try call.textToMap(1))
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

extension FunctionCall {
    /// A text that is looked at letter by letter.
    fileprivate func textToMap(_ index: Int) throws(EvaluationFailure) -> String {
        let text = try text(index)
        try spend(Text.isASCII(text) ? text.utf8.count / 8 : text.utf8.count)
        return text
    }
}

/// Texts as .NET sees them.
enum Text {
    static func text(_ units: some Collection<UInt16>) -> String {
        String(decoding: Array(units), as: UTF16.self)
    }

    /// Invariant culture: letter by letter.
    static func lowered(_ text: String) -> String {
        isASCII(text)
            ? turned(text, UInt8(ascii: "A")...UInt8(ascii: "Z")) : mapped(text) { $0.properties.lowercaseMapping }
    }

    static func raised(_ text: String) -> String {
        isASCII(text)
            ? turned(text, UInt8(ascii: "a")...UInt8(ascii: "z")) : mapped(text) { $0.properties.uppercaseMapping }
    }

    static func isASCII(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 < 0x80 }
    }

    /// ASCII with these letters in the other case.
    private static func turned(_ text: String, _ letters: ClosedRange<UInt8>) -> String {
        String(decoding: text.utf8.map { letters.contains($0) ? $0 ^ 0x20 : $0 }, as: UTF8.self)
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
