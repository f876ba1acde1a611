import Resources

/// Logic, comparison and flow. What need not be evaluated is not.
enum LogicFunctions {
    static func evaluate(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        switch call.function {
        case .if: return try call.boolean(0) ? try call.value(1) : try call.value(2)
        case .and:
            for index in 0..<call.count where try !call.boolean(index) { return .boolean(false) }
            return .boolean(true)
        case .or:
            for index in 0..<call.count where try call.boolean(index) { return .boolean(true) }
            return .boolean(false)
        case .not: return .boolean(try !call.boolean(0))
        case .coalesce:
            for index in 0..<call.count {
                let value = try call.value(index)
                if value != .null { return value }
            }
            return .null
        case .bool: return .boolean(try boolean(call))
        case .equals:
            let (first, second) = (try call.value(0), try call.value(1))
            return .boolean(try first.isSame(as: second, spending: &call.evaluator.budget))
        case .less: return .boolean(try compare(call) { $0 < 0 })
        case .lessOrEquals: return .boolean(try compare(call) { $0 <= 0 })
        case .greater: return .boolean(try compare(call) { $0 > 0 })
        case .greaterOrEquals: return .boolean(try compare(call) { $0 >= 0 })
        case .yes: return .boolean(true)
        case .no: return .boolean(false)
        case .fail: throw .problem(try call.text(0))
        default: throw call.isOfAnotherGroup
        }
    }

    private static func boolean(_ call: FunctionCall) throws(EvaluationFailure) -> Bool {
        switch try call.value(0) {
        case .boolean(let flag): return flag
        case .integer(let number): return number != 0
        case .string(let text) where text.lowercased() == "true" || text == "1": return true
        case .string(let text) where text.lowercased() == "false" || text == "0": return false
        case let other: throw call.fail("can't make a boolean of \(Evaluator.described(other))")
        }
    }

    /// Two integers, or two texts by their UTF-16 units.
    private static func compare(
        _ call: FunctionCall, _ holds: (Int) -> Bool
    ) throws(EvaluationFailure) -> Bool {
        let (first, second) = (try call.value(0), try call.value(1))
        switch (first, second) {
        case (.string(let one), .string(let another)):
            if one == another { return holds(0) }
            return holds(one.utf16.lexicographicallyPrecedes(another.utf16) ? -1 : 1)
        case (.integer(let one), .integer(let another)):
            return holds(one == another ? 0 : one < another ? -1 : 1)
        default:
            guard let one = number(first), let another = number(second) else {
                throw call.fail("compares two integers or two strings, not \(first.typeName) with \(second.typeName)")
            }
            return holds(one == another ? 0 : one < another ? -1 : 1)
        }
    }

    private static func number(_ value: JSONValue) -> Double? {
        switch value {
        case .integer(let number): Double(number)
        case .number(let number): number
        default: nil
        }
    }
}
