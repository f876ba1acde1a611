import Resources

/// Functions that make objects, and that look into them.
enum ObjectFunctions {
    static func evaluate(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        switch call.function {
        case .json: return try parse(try call.text(0), call)
        case .null: return .null
        case .items:
            let sorted = try sortedMembers(try call.object(0), call)
            return try call.made(
                sorted.map { .object(JSONObject([("key", .string($0.name)), ("value", $0.value)])) }, isDeeper: true)
        case .objectKeys: return try call.made(try sortedMembers(try call.object(0), call).map { .string($0.name) })
        case .createObject: return try createObject(call)
        case .shallowMerge: return try shallowMerge(call)
        case .tryGet: return try tryGet(call)
        default: throw call.isOfAnotherGroup
        }
    }

    static func parse(_ text: String, _ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        try call.spend(text.utf8.count / 4)
        do {
            return try JSONParser.parse(text.utf8, as: .template)
        } catch {
            throw call.fail("is given a text that is not valid JSON: \(error.description)")
        }
    }

    /// By name without regard to case; equal ones in their order.
    private static func sortedMembers(
        _ object: JSONObject, _ call: FunctionCall
    ) throws(EvaluationFailure) -> [(name: String, value: JSONValue)] {
        try call.spend(object.members.count * 8)
        return object.members.enumerated()
            .map { (position: $0.offset, key: Text.folded($0.element.name), member: $0.element) }
            .sorted { first, second in
                first.key == second.key
                    ? first.position < second.position : first.key.lexicographicallyPrecedes(second.key)
            }
            .map(\.member)
    }

    private static func createObject(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        guard call.count.isMultiple(of: 2) else {
            throw call.fail("takes names and values by turns; it has an odd number of arguments")
        }
        var members: [(name: String, value: JSONValue)] = []
        for index in stride(from: 0, to: call.count, by: 2) {
            members.append((try call.text(index), try call.value(index + 1)))
        }
        return try call.made(members)
    }

    private static func shallowMerge(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        var members: [(name: String, value: JSONValue)] = []
        for value in try call.array(0) {
            guard case .object(let object) = value else { throw call.mismatch(0, "an array of objects", value) }
            try call.spend(object.members.count)
            members += object.members
        }
        return try call.made(members, isDeeper: false)
    }

    /// Follows names and positions; null where one is missing.
    private static func tryGet(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        var value = try call.value(0)
        for index in 1..<call.count {
            let key = try call.value(index)
            switch (value, key) {
            case (.object(let object), .string(let name)): value = object[name] ?? .null
            case (.array(let elements), .integer(let position)):
                value = elements.indices.contains(Int(clamping: position)) ? elements[Int(clamping: position)] : .null
            case (.null, _): return .null
            case (_, .string), (_, .integer): return .null
            default: throw call.mismatch(index, "a property's name or a position", key)
            }
        }
        return value
    }
}
