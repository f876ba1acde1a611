import Foundation

/// An ISO 8601 duration of days, hours, minutes and seconds: `PT5S`, `PT0.5S`, `PT1M30S`, `P1DT2H`.
package struct ISODuration: Sendable, Hashable, Codable, CustomStringConvertible {
    package var milliseconds: Int

    package init(milliseconds: Int) {
        self.milliseconds = milliseconds
    }

    /// The longest, ten years of 365 days.
    private static let longestSeconds = 315_360_000.0

    /// Nil for another text, and for more than ten years.
    package init?(_ text: String) {
        guard let seconds = Self.seconds(in: text), seconds <= Self.longestSeconds else { return nil }
        milliseconds = Int((seconds * 1_000).rounded())
    }

    /// How long a text says, which may be longer than any duration here; nil when it is no duration.
    fileprivate static func seconds(in text: String) -> Double? {
        var rest = Substring(text.uppercased())
        guard rest.first == "P" else { return nil }
        rest = rest.dropFirst()
        var total = 0.0
        var isTime = false
        var seen = false
        while let first = rest.first {
            if first == "T" {
                isTime = true
                rest = rest.dropFirst()
                continue
            }
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(digits.count)
            guard let number = Double(digits), number.isFinite, let unit = rest.first,
                let seconds = Self.seconds(of: unit, isTime: isTime)
            else { return nil }
            rest = rest.dropFirst()
            total += number * seconds
            seen = true
        }
        return seen ? total : nil
    }

    private static func seconds(of unit: Character, isTime: Bool) -> Double? {
        switch (unit, isTime) {
        case ("W", false): 604_800
        case ("D", false): 86_400
        case ("H", true): 3_600
        case ("M", true): 60
        case ("S", true): 1
        default: nil
        }
    }

    package var description: String {
        guard milliseconds > 0 else { return "PT0S" }
        let (hours, minutes, rest) = (milliseconds / 3_600_000, milliseconds / 60_000 % 60, milliseconds % 60_000)
        var text = "PT"
        if hours > 0 { text += "\(hours)H" }
        if minutes > 0 { text += "\(minutes)M" }
        if rest > 0 {
            text +=
                rest.isMultiple(of: 1_000)
                ? "\(rest / 1_000)S" : String(format: "%g", Double(rest) / 1_000) + "S"
        }
        return text
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = ISODuration(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an ISO 8601 duration")
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension BodyReader {
    /// A duration that must be there; the shortest allowed after a problem.
    package func requiredDuration(_ name: String, milliseconds range: ClosedRange<Int>) -> ISODuration {
        if isPresent, !self[name].isPresent { self[name].report("is required") }
        return duration(name, milliseconds: range) ?? ISODuration(milliseconds: range.lowerBound)
    }

    /// A duration within `range`, in milliseconds.
    package func duration(_ name: String, milliseconds range: ClosedRange<Int>) -> ISODuration? {
        guard let text = string(name) else { return nil }
        guard ISODuration.seconds(in: text) != nil else {
            self[name].report("'\(text.prefix(40))' is not an ISO 8601 duration such as PT5S")
            return nil
        }
        guard let duration = ISODuration(text), range.contains(duration.milliseconds) else {
            let (low, high) = (ISODuration(milliseconds: range.lowerBound), ISODuration(milliseconds: range.upperBound))
            self[name].report("must be between \(low) and \(high), not \(text.prefix(40))")
            return nil
        }
        return duration
    }
}
