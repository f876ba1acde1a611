import Resources

/// Arithmetic on integers of 64 bits.
enum NumberFunctions {
    static func evaluate(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        switch call.function {
        case .add: return try operate(call) { $0.addingReportingOverflow($1) }
        case .sub: return try operate(call) { $0.subtractingReportingOverflow($1) }
        case .mul: return try operate(call) { $0.multipliedReportingOverflow(by: $1) }
        case .div: return try divide(call) { $0.dividedReportingOverflow(by: $1) }
        case .mod: return try divide(call) { $0.remainderReportingOverflow(dividingBy: $1) }
        case .int: return .integer(try integer(call))
        case .float: return .number(try float(call))
        default: throw call.isOfAnotherGroup
        }
    }

    private static func operate(
        _ call: FunctionCall, _ operation: (Int64, Int64) -> (Int64, Bool)
    ) throws(EvaluationFailure) -> JSONValue {
        try result(of: operation(try call.integer(0), try call.integer(1)), call)
    }

    private static func result(
        of operation: (value: Int64, overflows: Bool), _ call: FunctionCall
    ) throws(EvaluationFailure) -> JSONValue {
        guard !operation.overflows else { throw call.fail("has a result that is no integer of 64 bits") }
        return .integer(operation.value)
    }

    private static func divide(
        _ call: FunctionCall, _ operation: (Int64, Int64) -> (Int64, Bool)
    ) throws(EvaluationFailure) -> JSONValue {
        let (dividend, divisor) = (try call.integer(0), try call.integer(1))
        guard divisor != 0 else { throw call.fail("is asked to divide by zero") }
        return try result(of: operation(dividend, divisor), call)
    }

    private static func integer(_ call: FunctionCall) throws(EvaluationFailure) -> Int64 {
        let value = try call.value(0)
        switch value {
        case .integer(let number): return number
        case .number(let number):
            guard let whole = Int64(exactly: number.rounded(.towardZero)) else { break }
            return whole
        case .string(let text):
            guard let number = Int64(String(Text.trimmed(text))) else { break }
            return number
        default: break
        }
        throw call.fail("can't make an integer of \(Evaluator.described(value))")
    }

    private static func float(_ call: FunctionCall) throws(EvaluationFailure) -> Double {
        let value = try call.value(0)
        switch value {
        case .integer(let number): return Double(number)
        case .number(let number): return number
        case .string(let text):
            guard let number = Double(String(Text.trimmed(text))), number.isFinite else { break }
            return number
        default: break
        }
        throw call.fail("can't make a number of \(Evaluator.described(value))")
    }
}
