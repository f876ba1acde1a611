/// What a body is read into.
package protocol BodyReadable: Sendable {
    /// Throws all problems at once.
    init(reading body: BodyReader) throws(ARMError)
}

/// Reads a request body member by member and collects every problem, each with the JSON path of its place:
///
/// ```swift
/// let body = BodyReader(root: value)
/// let mode = body.object("properties").requiredEnumeration("authMode", of: AuthMode.self)
/// try body.throwProblems(doing: "the endpoint")
/// ```
///
/// Leniency follows `surface.md` §4: names and enumerations without regard to case, integers also as strings,
/// unknown members ignored, null like absent.
package struct BodyReader {
    private final class Problems {
        var list: [ARMError] = []
    }

    private let value: JSONValue?
    /// `$` for the body itself, `$.properties.authMode` below.
    package let path: String
    private let problems: Problems

    /// Problems beyond this many are not listed.
    private static let problemLimit = 50

    package init(root: JSONValue) {
        value = root
        path = "$"
        problems = Problems()
        if case .object = root { return }
        report("the body must be a JSON object, not \(root.typeName)")
    }

    private init(value: JSONValue?, path: String, problems: Problems) {
        (self.value, self.path, self.problems) = (value, path, problems)
    }

    /// Whether the place holds anything but null.
    package var isPresent: Bool { value != nil && value != .null }

    /// Adds a problem of this place.
    package func report(_ message: String) {
        guard problems.list.count < Self.problemLimit else { return }
        problems.list.append(ARMError(.invalidRequestContent, message, target: path))
    }

    /// Throws one error whose details are all problems found, if there are any.
    package func throwProblems(in subject: String) throws(ARMError) {
        switch problems.list.count {
        case 0: return
        case 1: throw problems.list[0].prefixed("\(subject) is not valid: ")
        default:
            throw ARMError(
                .invalidRequestContent, "\(subject) has \(problems.list.count) problems; see details.",
                details: problems.list)
        }
    }

    // MARK: Members

    /// The member, which may be absent.
    package subscript(_ name: String) -> BodyReader {
        let place = BodyReader(value: members?[name], path: "\(path).\(name)", problems: problems)
        return place
    }

    /// The member as an object; anything else but null is a problem.
    package func object(_ name: String) -> BodyReader {
        let place = self[name]
        if place.isPresent, place.members == nil { place.reportType("an object") }
        return place
    }

    /// The member as an object that must be there.
    package func requiredObject(_ name: String) -> BodyReader {
        let place = object(name)
        if !place.isPresent { place.report("is required") }
        return place
    }

    package func string(_ name: String) -> String? {
        self[name].asString()
    }

    /// A text that must be there and not be empty; empty after a problem.
    package func requiredString(_ name: String) -> String {
        let place = self[name]
        guard place.isPresent else {
            place.report("is required")
            return ""
        }
        let text = place.asString() ?? ""
        if text.isEmpty, case .string = place.value { place.report("must not be empty") }
        return text
    }

    package func boolean(_ name: String) -> Bool? {
        let place = self[name]
        switch place.value {
        case nil, .null: return nil
        case .boolean(let flag): return flag
        case .string(let text) where text.lowercased() == "true": return true
        case .string(let text) where text.lowercased() == "false": return false
        default:
            place.reportType("a boolean")
            return nil
        }
    }

    /// An integer, also as a string of digits, within `range`.
    package func integer(_ name: String, in range: ClosedRange<Int>) -> Int? {
        self[name].asInteger(in: range)
    }

    /// A number within `range`, also as text.
    package func fraction(_ name: String, in range: ClosedRange<Double>) -> Double? {
        let place = self[name]
        let number: Double?
        switch place.value {
        case nil, .null: return nil
        case .integer(let integer): number = Double(integer)
        case .number(let fraction): number = fraction
        case .string(let text): number = Double(text)
        default: number = nil
        }
        guard let number, range.contains(number) else {
            place.report("must be a number between \(range.lowerBound) and \(range.upperBound)")
            return nil
        }
        return number
    }

    /// One of the cases of an enumeration, without regard to case.
    package func enumeration<Value: RawRepresentable<String> & CaseIterable>(_ name: String, of type: Value.Type)
        -> Value?
    {
        let place = self[name]
        guard let text = place.asString() else { return nil }
        if let value = Value.allCases.first(where: {
            $0.rawValue.lowercased() == text.lowercased().filter { $0 != " " }
        }) {
            return value
        }
        let choices = Value.allCases.map(\.rawValue).joined(separator: ", ")
        place.report("'\(text)' is not one of \(choices)")
        return nil
    }

    /// An enumeration's member that must be there.
    package func requiredEnumeration<Value: RawRepresentable<String> & CaseIterable>(
        _ name: String, of type: Value.Type
    ) -> Value? {
        guard self[name].isPresent else {
            self[name].report("is required")
            return nil
        }
        return enumeration(name, of: type)
    }

    /// A map of texts. Numbers and booleans are taken as their text, null members as absent.
    package func stringMap(_ name: String) -> [String: String]? {
        map(name) { $0.asText() }
    }

    /// A map of integers within `range`.
    package func integerMap(_ name: String, in range: ClosedRange<Int>) -> [String: Int]? {
        map(name) { $0.asInteger(in: range) }
    }

    /// A map whose members are read one by one; nil when absent.
    package func map<Value>(_ name: String, _ read: (BodyReader) -> Value?) -> [String: Value]? {
        let place = object(name)
        guard let members = place.members else { return nil }
        var result: [String: Value] = [:]
        for member in members.members where member.value != .null {
            let child = BodyReader(value: member.value, path: "\(place.path).\(member.name)", problems: problems)
            if let value = read(child) { result[member.name] = value }
        }
        return result
    }

    /// A map whose members are objects.
    package func objectMap<Value>(_ name: String, _ read: (BodyReader) -> Value?) -> [String: Value]? {
        map(name) { child in
            guard child.members != nil else {
                child.reportType("an object")
                return nil
            }
            return read(child)
        }
    }

    /// Names of the members, in order.
    package var memberNames: [String] { members?.members.map(\.name) ?? [] }

    /// A list of texts.
    package func strings(_ name: String) -> [String]? {
        list(name) { child in
            if !child.isPresent { child.reportType("a string") }
            return child.asString()
        }
    }

    /// A list of whole numbers within `range`.
    package func integers(_ name: String, in range: ClosedRange<Int>) -> [Int]? {
        list(name) { $0.asInteger(in: range) }
    }

    /// A list of objects; what `read` answers nil for is left out.
    package func objects<Value>(_ name: String, _ read: (BodyReader) -> Value?) -> [Value]? {
        list(name) { child in
            guard child.members != nil else {
                child.reportType("an object")
                return nil
            }
            return read(child)
        }
    }

    /// Whether a list is absent or has no element.
    package func isEmptyList(_ name: String) -> Bool {
        guard case .array(let elements) = self[name].value else { return !self[name].isPresent }
        return elements.isEmpty
    }

    /// The place as an object; nil for anything else.
    package var object: JSONObject? { members }

    private func list<Value>(_ name: String, _ read: (BodyReader) -> Value?) -> [Value]? {
        let place = self[name]
        guard place.isPresent else { return nil }
        guard case .array(let elements) = place.value else {
            place.reportType("an array")
            return nil
        }
        return elements.indices.compactMap { read(element(name, $0)) }
    }

    /// An element of a list, which may be absent.
    package func element(_ name: String, _ index: Int) -> BodyReader {
        let place = self[name]
        var value: JSONValue?
        if case .array(let elements) = place.value, elements.indices.contains(index) { value = elements[index] }
        return BodyReader(value: value, path: "\(place.path)[\(index)]", problems: problems)
    }

    // MARK: The place itself

    private var members: JSONObject? {
        if case .object(let members) = value { members } else { nil }
    }

    package func asString() -> String? {
        switch value {
        case nil, .null: return nil
        case .string(let text): return text
        default:
            reportType("a string")
            return nil
        }
    }

    private func asText() -> String? {
        switch value {
        case .integer(let number): return String(number)
        case .number(let number): return String(number)
        case .boolean(let flag): return flag ? "true" : "false"
        default: return asString()
        }
    }

    package func asInteger(in range: ClosedRange<Int>) -> Int? {
        let number: Int?
        switch value {
        case nil, .null: return nil
        case .integer(let integer): number = Int(integer)
        case .number(let fraction): number = Int(exactly: fraction)
        case .string(let text): number = Int(text)
        default: number = nil
        }
        guard let number, range.contains(number) else {
            let limit =
                range.upperBound == Int.max
                ? "at least \(range.lowerBound)" : "between \(range.lowerBound) and \(range.upperBound)"
            report("must be an integer \(limit), not \(number.map(String.init) ?? value?.typeName ?? "absent")")
            return nil
        }
        return number
    }

    private func reportType(_ expected: String) {
        report("must be \(expected), not \(value?.typeName ?? "absent")")
    }
}
