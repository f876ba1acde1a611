import Resources

/// Functions that take texts, arrays or objects alike.
enum CollectionFunctions {
    static func evaluate(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        switch call.function {
        case .length: return try length(call)
        case .empty: return .boolean(try isEmpty(call))
        case .first: return try end(call, { $0.first }, { $0.first })
        case .last: return try end(call, { $0.last }, { $0.last })
        case .skip:
            return try part(call, text: { Text.text($0.dropFirst($1)) }, array: { Array($0.dropFirst($1)) })
        case .take: return try part(call, text: { Text.text($0.prefix($1)) }, array: { Array($0.prefix($1)) })
        case .contains: return .boolean(try contains(call))
        case .indexOf: return .integer(Int64(try index(call, isLast: false)))
        case .lastIndexOf: return .integer(Int64(try index(call, isLast: true)))
        case .indexFromEnd, .tryIndexFromEnd: return try fromEnd(call)
        case .union: return try union(call)
        case .intersection: return try intersection(call)
        default: throw call.isOfAnotherGroup
        }
    }

    private static let kinds = "a string, an array or an object"

    private static func length(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        switch try call.value(0) {
        case .string(let text): return .integer(Int64(text.utf16.count))
        case .array(let elements): return .integer(Int64(elements.count))
        case .object(let object): return .integer(Int64(object.members.count))
        case let other: throw call.mismatch(0, kinds, other)
        }
    }

    private static func isEmpty(_ call: FunctionCall) throws(EvaluationFailure) -> Bool {
        switch try call.value(0) {
        case .null: return true
        case .string(let text): return text.isEmpty
        case .array(let elements): return elements.isEmpty
        case .object(let object): return object.members.isEmpty
        case let other: throw call.mismatch(0, kinds, other)
        }
    }

    /// An empty array has null at its ends, an empty text an empty text.
    private static func end(
        _ call: FunctionCall, _ unit: (String.UTF16View) -> UInt16?, _ element: ([JSONValue]) -> JSONValue?
    ) throws(EvaluationFailure) -> JSONValue {
        switch try call.value(0) {
        case .string(let text): return .string(unit(text.utf16).map { Text.text([$0]) } ?? "")
        case .array(let elements): return element(elements) ?? .null
        case let other: throw call.mismatch(0, "a string or an array", other)
        }
    }

    private static func part(
        _ call: FunctionCall, text: (String.UTF16View, Int) -> String, array: ([JSONValue], Int) -> [JSONValue]
    ) throws(EvaluationFailure) -> JSONValue {
        let value = try call.value(0)
        let count = Int(clamping: max(0, try call.integer(1)))
        switch value {
        case .string(let whole): return try call.made(text(whole.utf16, count))
        case .array(let elements): return try call.made(array(elements, count))
        default: throw call.mismatch(0, "a string or an array", value)
        }
    }

    /// Texts and elements with regard to case, names of members without.
    private static func contains(_ call: FunctionCall) throws(EvaluationFailure) -> Bool {
        let wanted = try call.value(1)
        switch try call.value(0) {
        case .string(let text):
            guard let part = TextFunctions.scalar(wanted) else { throw call.mismatch(1, "a string", wanted) }
            try call.spend((text.utf8.count + part.utf8.count) / 16)
            return part.isEmpty || ByteSearch(Array(part.utf8)).first(in: Array(text.utf8)) != nil
        case .array(let elements): return try ArrayFunctions.contains(wanted, in: elements, call)
        case .object(let object):
            guard let name = TextFunctions.scalar(wanted) else { throw call.mismatch(1, "a string", wanted) }
            try call.spend(object.members.count)
            return object[name] != nil
        case let other: throw call.mismatch(0, kinds, other)
        }
    }

    /// Texts without regard to case, elements with it; −1 when absent.
    private static func index(_ call: FunctionCall, isLast: Bool) throws(EvaluationFailure) -> Int {
        let wanted = try call.value(1)
        switch try call.value(0) {
        case .string(let text):
            guard case .string(let part) = wanted else { throw call.mismatch(1, "a string", wanted) }
            try call.spend(Text.isASCII(text) ? text.utf8.count / 8 : text.utf8.count)
            let (units, sought) = (Array(Text.raised(text).utf8), Array(Text.raised(part).utf8))
            guard !sought.isEmpty else { return isLast ? max(0, text.utf16.count - 1) : 0 }
            let place = isLast ? ByteSearch.last(sought, in: units) : ByteSearch(sought).first(in: units)
            return place.map { String(decoding: units[..<$0], as: UTF8.self).utf16.count } ?? -1
        case .array(let elements):
            let positions = isLast ? Array(elements.indices.reversed()) : Array(elements.indices)
            for position in positions
            where try elements[position].isSame(as: wanted, spending: &call.evaluator.budget) {
                return position
            }
            return -1
        case let other: throw call.mismatch(0, "a string or an array", other)
        }
    }

    /// 1 is the last element.
    private static func fromEnd(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        let elements = try call.array(0)
        let position = try call.integer(1)
        guard position >= 1, position <= elements.count else {
            if call.function == .tryIndexFromEnd { return .null }
            throw call.fail("is asked for element \(position) from the end of an array of \(elements.count)")
        }
        return elements[elements.count - Int(position)]
    }

    private static func union(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        let values = try call.values()
        switch values[0] {
        case .array:
            var elements: [JSONValue] = []
            for (index, value) in values.enumerated() {
                guard case .array(let more) = value else { throw call.mismatch(index, "an array", value) }
                try call.spend(appending: more.count, to: elements.count)
                elements += more
            }
            return try call.made(try ArrayFunctions.unique(elements, call))
        case .object(let first):
            var result = first
            for (index, value) in values.enumerated().dropFirst() {
                guard case .object(let more) = value else { throw call.mismatch(index, "an object", value) }
                result = try merged(result, more, call)
            }
            return .object(result)
        case let other: throw call.mismatch(0, "an array or an object", other)
        }
    }

    /// Objects merge into each other, everything else is replaced.
    private static func merged(
        _ first: JSONObject, _ second: JSONObject, _ call: FunctionCall
    ) throws(EvaluationFailure) -> JSONObject {
        var values: [String: JSONValue] = [:]
        var names: [String] = []
        try call.spend(first.members.count + second.members.count)
        for member in first.members + second.members {
            if let present = values[member.name] {
                if case .object(let one) = present, case .object(let another) = member.value {
                    values[member.name] = .object(try merged(one, another, call))
                } else {
                    values[member.name] = member.value
                }
            } else {
                names.append(member.name)
                values[member.name] = member.value
            }
        }
        return JSONObject(names.map { ($0, values[$0] ?? .null) })
    }

    private static func intersection(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        let values = try call.values()
        switch values[0] {
        case .array(let first):
            var result = try ArrayFunctions.unique(first, call)
            for (index, value) in values.enumerated().dropFirst() {
                guard case .array(let other) = value else { throw call.mismatch(index, "an array", value) }
                var kept: [JSONValue] = []
                for element in result where try ArrayFunctions.contains(element, in: other, call) {
                    kept.append(element)
                }
                result = kept
            }
            return .array(result)
        case .object(let first):
            var result = first.members
            for (index, value) in values.enumerated().dropFirst() {
                guard case .object(let other) = value else { throw call.mismatch(index, "an object", value) }
                var kept: [(name: String, value: JSONValue)] = []
                for member in result {
                    try call.spend(other.members.count)
                    let match = other.members.first { $0.name == member.name }
                    if let match, try match.value.isSame(as: member.value, spending: &call.evaluator.budget) {
                        kept.append(member)
                    }
                }
                result = kept
            }
            return .object(JSONObject(result))
        case let other: throw call.mismatch(0, "an array or an object", other)
        }
    }
}
