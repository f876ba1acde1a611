import Foundation
import Resources

/// Functions of times, all in UTC.
enum TimeFunctions {
    static func evaluate(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        switch call.function {
        case .utcNow: return .string(try now(call))
        case .dateTimeAdd: return .string(try add(call))
        case .dateTimeFromEpoch:
            let seconds = try call.integer(0)
            guard let time = CivilTime(secondsSince1970: seconds) else {
                throw call.fail("is given \(seconds), which is no time of the years 1 to 9999")
            }
            return .string(try formatted(time, "yyyy-MM-ddTHH:mm:ssZ", call))
        case .dateTimeToEpoch: return .integer(try parse(try call.text(0), call).secondsSince1970)
        default: throw call.isOfAnotherGroup
        }
    }

    private static func now(_ call: FunctionCall) throws(EvaluationFailure) -> String {
        guard call.frame.place == .parameterDefault, let inputs = call.evaluator.inputs else {
            throw call.fail("is allowed only in the default value of a parameter")
        }
        let ticks = (inputs.now.timeIntervalSince1970 * 1e7).rounded(.down)
        guard let time = CivilTime(ticksSince1970: Int64(ticks)) else { throw call.fail("has no time") }
        return try formatted(time, call.count > 0 ? try call.text(0) : "yyyyMMddTHHmmssZ", call)
    }

    private static func add(_ call: FunctionCall) throws(EvaluationFailure) -> String {
        let base = try parse(try call.text(0), call)
        let text = try call.text(1)
        guard let duration = CalendarDuration(text) else {
            throw call.fail("needs an ISO 8601 duration such as P1DT2H, not '\(text.prefix(40))'")
        }
        guard let time = base.adding(duration) else { throw call.fail("would leave the years 1 to 9999") }
        // Without a format Azure's evaluator answers in .NET's general one.
        return try formatted(time, call.count > 2 ? try call.text(2) : "M/d/yyyy h:mm:ss tt", call)
    }

    private static func parse(_ text: String, _ call: FunctionCall) throws(EvaluationFailure) -> CivilTime {
        guard let time = CivilTime(text) else {
            throw call.fail("needs a time such as 2026-01-31T12:00:00Z, not '\(text.prefix(40))'")
        }
        return time
    }

    private static func formatted(
        _ time: CivilTime, _ format: String, _ call: FunctionCall
    ) throws(EvaluationFailure) -> String {
        guard let text = TimeFormat.text(of: time, format) else {
            throw call.fail("does not know the time format '\(format.prefix(40))'")
        }
        return text
    }
}

/// Years, months, days and the rest of an ISO 8601 duration, all of one sign.
struct CalendarDuration {
    var months = 0
    var ticks: Int64 = 0

    init?(_ text: String) {
        var rest = Substring(text)
        var sign: Int64 = 1
        if rest.first == "-" || rest.first == "+" { sign = rest.removeFirst() == "-" ? -1 : 1 }
        guard rest.first == "P" else { return nil }
        rest = rest.dropFirst()
        var isTime = false
        var seen = false
        while let first = rest.first {
            if first == "T", !isTime {
                isTime = true
                rest = rest.dropFirst()
                continue
            }
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            guard let number = Double(digits), number < 1e9, let unit = rest.dropFirst(digits.count).first else {
                return nil
            }
            rest = rest.dropFirst(digits.count + 1)
            let seconds: Double
            switch (unit, isTime) {
            case ("Y", false), ("M", false):
                guard let whole = Int(digits) else { return nil }
                months += whole * (unit == "Y" ? 12 : 1)
                seconds = 0
            case ("W", false): seconds = number * 604_800
            case ("D", false): seconds = number * 86_400
            case ("H", true): seconds = number * 3_600
            case ("M", true): seconds = number * 60
            case ("S", true): seconds = number
            default: return nil
            }
            // Beyond the calendar, and perhaps beyond 64 bits.
            guard seconds * 1e7 < Double(CivilTime.longest) else { return nil }
            ticks += Int64((seconds * 1e7).rounded())
            guard ticks < CivilTime.longest else { return nil }
            seen = true
        }
        guard seen else { return nil }
        months *= Int(sign)
        ticks *= sign
    }
}
