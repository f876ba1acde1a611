import Foundation
import Resources

/// .NET's composite formatting in the invariant culture, as far as values of templates go: `{0}`, `{1,-10}`, `{2:N0}`.
enum CompositeFormat {
    static func format(
        _ template: String, _ values: [JSONValue], _ call: FunctionCall
    ) throws(EvaluationFailure) -> String {
        let (open, close) = (UInt8(ascii: "{"), UInt8(ascii: "}"))
        var result = ""
        var rest = Substring(template)
        while let brace = rest.utf8.firstIndex(where: { $0 == open || $0 == close }) {
            try call.spend(1)
            result += rest[..<brace]
            let (byte, behind) = (rest.utf8[brace], rest.utf8.index(after: brace))
            rest = rest[behind...]
            if rest.utf8.first == byte {
                result += byte == open ? "{" : "}"
                rest = rest[rest.utf8.index(after: rest.startIndex)...]
                continue
            }
            guard byte == open else { throw call.fail("is given '}' without '{'") }
            guard let end = rest.utf8.firstIndex(of: close) else { throw call.fail("is given '{' without '}'") }
            result += try item(rest[..<end], values, call)
            rest = rest[rest.utf8.index(after: end)...]
            guard result.utf8.count <= EvaluationBudget.textLimit else { return result }
        }
        return result + rest
    }

    /// `index[,alignment][:format]`.
    private static func item(
        _ text: Substring, _ values: [JSONValue], _ call: FunctionCall
    ) throws(EvaluationFailure) -> String {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let head = parts[0].split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
        guard let index = Int(head[0].filter { $0 != " " }), values.indices.contains(index) else {
            throw call.fail("has no value for '{\(text.prefix(20))}': it is given \(values.count)")
        }
        let written = try Self.text(of: values[index], parts.count > 1 ? String(parts[1]) : "", call)
        guard head.count > 1 else { return written }
        guard let width = Int(head[1].filter { $0 != " " }), (-10_000...10_000).contains(width) else {
            throw call.fail("is given the alignment '\(head[1].prefix(20))', which is no number up to 10000")
        }
        let padding = String(repeating: " ", count: max(0, abs(width) - written.utf16.count))
        return width < 0 ? written + padding : padding + written
    }

    private static func text(
        of value: JSONValue, _ format: String, _ call: FunctionCall
    ) throws(EvaluationFailure) -> String {
        switch value {
        case .integer(let number) where !format.isEmpty:
            guard let text = NumberFormat.text(of: number, format) else {
                throw call.fail("does not know the number format '\(format.prefix(20))'")
            }
            return text
        case .array, .object:
            return try call.written(value, quote: "'")
        default: return TextFunctions.scalar(value) ?? ""
        }
    }
}

/// .NET's numeric formats for integers, standard (`N0`, `D5`, `x`) and custom (`000`, `#,##0.00`).
enum NumberFormat {
    static func text(of number: Int64, _ format: String) -> String? {
        guard let kind = format.first, kind.isASCII, kind.isLetter, format.count <= 3,
            format.dropFirst().allSatisfy({ $0.isASCII && $0.isNumber })
        else { return custom(number, format) }
        let precision = Int(format.dropFirst())
        let digits = String(number.magnitude)
        let sign = number < 0 ? "-" : ""
        switch kind.lowercased() {
        case "d": return sign + padded(digits, precision ?? 0)
        case "f": return sign + digits + fraction(precision ?? 2)
        case "n": return sign + grouped(digits) + fraction(precision ?? 2)
        case "p":
            let (percent, overflows) = number.magnitude.multipliedReportingOverflow(by: 100)
            guard !overflows else { return nil }
            return sign + grouped(String(percent)) + fraction(precision ?? 2) + " %"
        case "x":
            let hexadecimal = String(UInt64(bitPattern: number), radix: 16, uppercase: kind == "X")
            return padded(hexadecimal, precision ?? 0)
        case "g": return sign + digits
        case "c":
            let amount = "¤" + grouped(digits) + fraction(precision ?? 2)
            return number < 0 ? "(\(amount))" : amount
        case "e": return scientific(number, precision ?? 6, exponent: kind)
        default: return nil
        }
    }

    private static func padded(_ digits: String, _ width: Int) -> String {
        String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func fraction(_ digits: Int) -> String {
        digits > 0 ? "." + String(repeating: "0", count: digits) : ""
    }

    private static func grouped(_ digits: String) -> String {
        var result = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { result.append(",") }
            result.append(digit)
        }
        return result
    }

    private static func scientific(_ number: Int64, _ precision: Int, exponent: Character) -> String {
        let text = String(format: "%.\(precision)e", Double(number))
        let parts = text.split(separator: "e")
        guard parts.count == 2, let power = Int(parts[1]) else { return text }
        return "\(parts[0])\(exponent)\(power < 0 ? "-" : "+")\(padded(String(abs(power)), 3))"
    }

    /// `0` is a digit, `#` a digit that may be missing, `,` between them groups, `.` begins the fraction; everything
    /// around them stands for itself.
    private static func custom(_ number: Int64, _ format: String) -> String? {
        let isPart: (Character) -> Bool = { "0#,.".contains($0) }
        guard let first = format.firstIndex(where: isPart), let last = format.lastIndex(where: isPart) else {
            return format
        }
        let pattern = format[first...last]
        guard pattern.allSatisfy(isPart), pattern.count(where: { $0 == "." }) <= 1 else { return nil }
        let parts = pattern.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let whole = parts[0].filter { $0 != "," }
        let width = whole.firstIndex(of: "0").map { whole.distance(from: $0, to: whole.endIndex) } ?? 0
        var digits = number == 0 && width == 0 ? "" : padded(String(number.magnitude), width)
        if parts[0].contains(",") { digits = grouped(digits) }
        let decimals = parts.count > 1 ? parts[1].count { $0 == "0" } : 0
        return (number < 0 ? "-" : "") + format[..<first] + digits + fraction(decimals)
            + format[format.index(after: last)...]
    }
}
