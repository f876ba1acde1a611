import Foundation
import Resources

/// The rules of schemas for texts: length, pattern, format.
enum StringRules {
    static func problems(of text: String, _ schema: JSONValue, at path: String) -> [String] {
        var found: [String] = []
        let count = Double(text.unicodeScalars.count)
        if let least = schema[exactly: "minLength"]?.quantity, count < least {
            found.append("\(path): '\(text.prefix(80))' is shorter than \(Int(least)) (minLength)")
        }
        if let most = schema[exactly: "maxLength"]?.quantity, count > most {
            found.append("\(path): '\(text.prefix(80))' is longer than \(Int(most)) (maxLength)")
        }
        if let pattern = schema[exactly: "pattern"]?.text, !matches(text, pattern) {
            found.append("\(path): '\(text.prefix(200))' does not match \(pattern) (pattern)")
        }
        if let format = schema[exactly: "format"]?.text, !isOf(format, text) {
            found.append("\(path): '\(text.prefix(200))' is no \(format) (format)")
        }
        return found
    }

    /// Whether `text` holds a match; false for a pattern that is not valid.
    static func matches(_ text: String, _ pattern: String) -> Bool {
        // A pattern that is not valid is found by the check of the documents; here nothing matches it.
        guard let expression = try? NSRegularExpression(pattern: pattern) else { return false }
        let range = NSRange(text.startIndex..., in: text)
        return expression.firstMatch(in: text, range: range) != nil
    }

    /// Formats that are checked; every other one holds.
    private static func isOf(_ format: String, _ text: String) -> Bool {
        switch format {
        case "date-time": isDateTime(text)
        case "uuid": matches(text, "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
        case "uri": isAbsoluteURI(text)
        default: true
        }
    }

    /// RFC 3339, section 5.6, with days that their month has.
    private static func isDateTime(_ text: String) -> Bool {
        let date = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
        let time = "([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)([.][0-9]+)?"
        guard matches(text, "^\(date)[Tt]\(time)([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$") else { return false }
        let parts = text.prefix(10).split(separator: "-").compactMap { Int($0) }
        guard parts.count == 3 else { return false }
        let (year, month, day) = (parts[0], parts[1], parts[2])
        let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
        switch month {
        case 2: return day <= (isLeap ? 29 : 28)
        case 4, 6, 9, 11: return day <= 30
        default: return true
        }
    }

    /// RFC 3986: a scheme and a host, without white space.
    private static func isAbsoluteURI(_ text: String) -> Bool {
        guard !text.contains(where: \.isWhitespace), let parts = URLComponents(string: text) else { return false }
        return parts.scheme != nil && !(parts.host ?? "").isEmpty
    }
}
