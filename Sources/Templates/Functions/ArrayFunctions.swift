import Resources

/// Functions that make arrays, and that look at all elements of one.
enum ArrayFunctions {
    static func evaluate(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        switch call.function {
        case .array:
            let value = try call.value(0)
            if case .array = value { return value }
            return try call.made([value], isDeeper: true)
        case .createArray: return try call.made(try call.values(), isDeeper: true)
        case .range: return try range(call)
        case .min: return .integer(try extreme(call) { $0.min() })
        case .max: return .integer(try extreme(call) { $0.max() })
        case .flatten: return try flatten(call)
        case .distinct: return try call.made(try unique(try call.array(0), call))
        default: throw call.isOfAnotherGroup
        }
    }

    private static func range(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        let (start, count) = (try call.integer(0), try call.integer(1))
        guard (0...10_000).contains(count) else { throw call.fail("takes a count from 0 to 10000, not \(count)") }
        guard !start.addingReportingOverflow(count).overflow else { throw call.fail("would go beyond 64 bits") }
        return try call.made((0..<count).map { .integer(start + $0) })
    }

    /// Of integers, or of one array of integers.
    private static func extreme(
        _ call: FunctionCall, _ pick: ([Int64]) -> Int64?
    ) throws(EvaluationFailure) -> Int64 {
        var values = try call.values()
        if values.count == 1, case .array(let elements)? = values.first { values = elements }
        try call.spend(values.count)
        var numbers: [Int64] = []
        for (index, value) in values.enumerated() {
            guard let number = FunctionCall.integer(of: value) else { throw call.mismatch(index, "an integer", value) }
            numbers.append(number)
        }
        guard let result = pick(numbers) else { throw call.fail("is given an empty array") }
        return result
    }

    private static func flatten(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        var elements: [JSONValue] = []
        for value in try call.array(0) {
            guard case .array(let inner) = value else { throw call.mismatch(0, "an array of arrays", value) }
            try call.spend(appending: inner.count, to: elements.count)
            elements += inner
        }
        return try call.made(elements)
    }

    /// The elements in their order, each once.
    static func unique(_ elements: [JSONValue], _ call: FunctionCall) throws(EvaluationFailure) -> [JSONValue] {
        var result: [JSONValue] = []
        var others: [JSONValue] = []
        var (texts, numbers): (Set<[UInt8]>, Set<Int64>) = ([], [])
        for element in elements {
            if case .string(let text) = element {
                try call.spend(1 + text.utf8.count / 32)
                if texts.insert(Array(text.utf8)).inserted { result.append(element) }
            } else if let number = FunctionCall.integer(of: element) {
                try call.spend(1)
                if numbers.insert(number).inserted { result.append(element) }
            } else if try !contains(element, in: others, call) {
                others.append(element)
                result.append(element)
            }
        }
        return result
    }

    static func contains(
        _ element: JSONValue, in elements: [JSONValue], _ call: FunctionCall
    ) throws(EvaluationFailure) -> Bool {
        for other in elements where try other.isSame(as: element, spending: &call.evaluator.budget) { return true }
        return false
    }
}
