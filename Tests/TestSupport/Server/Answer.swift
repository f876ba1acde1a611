package import Foundation
import Resources

/// A response as tests look at it.
package struct Answer: Sendable {
    package let status: Int
    package let headers: [(name: String, value: String)]
    package let body: Data

    package var text: String { String(decoding: body, as: UTF8.self) }
    package var json: JSONView { JSONView(try? JSONParser.parse(body)) }  // a response that is no JSON has none

    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// A text of the body, by dotted path.
    package subscript(path: String) -> String? { json[path].text }

    /// Code of an ARM error.
    package var errorCode: String? { self["error.code"] }
}

/// A value somewhere in a JSON document; absent ones have neither text nor items.
package struct JSONView: Sendable, Equatable {
    private let value: JSONValue?

    init(_ value: JSONValue?) {
        self.value = value
    }

    /// By names and indexes between dots: `error.details.0.target`.
    package subscript(path: String) -> JSONView {
        path.split(separator: ".").reduce(self) { view, part in
            switch view.value {
            case .object(let object): JSONView(object[String(part)])
            case .array(let items): JSONView(Int(part).flatMap { items.indices.contains($0) ? items[$0] : nil })
            default: JSONView(nil)
            }
        }
    }

    /// By one name that may hold dots.
    package func member(_ name: String) -> JSONView {
        if case .object(let object) = value { JSONView(object[name]) } else { JSONView(nil) }
    }

    package var isPresent: Bool { value != nil }
    package var isNull: Bool { value == .null }

    /// Of a string, or a number or truth value written out.
    package var text: String? {
        switch value {
        case .string(let text): text
        case .integer(let number): String(number)
        case .number(let number): String(number)
        case .boolean(let flag): String(flag)
        default: nil
        }
    }

    package var number: Int? {
        if case .integer(let number) = value { Int(number) } else { nil }
    }

    package var items: [JSONView] {
        if case .array(let items) = value { items.map { JSONView($0) } } else { [] }
    }

    package var memberNames: [String] {
        if case .object(let object) = value { object.members.map(\.name) } else { [] }
    }

    /// Texts at a path in each item.
    package func texts(_ path: String) -> [String] {
        items.compactMap { $0[path].text }
    }

    /// The document again as text, for putting back what was read.
    package var source: String {
        guard let value else { return "null" }
        return Self.write(value)
    }

    private static func write(_ value: JSONValue) -> String {
        switch value {
        case .null: return "null"
        case .boolean(let flag): return String(flag)
        case .integer(let number): return String(number)
        case .number(let number): return String(number)
        case .string(let text): return quoted(text)
        case .array(let items): return "[" + items.map(write).joined(separator: ",") + "]"
        case .object(let object):
            return "{" + object.members.map { "\(quoted($0.name)):\(write($0.value))" }.joined(separator: ",") + "}"
        }
    }

    /// A text as a JSON string.
    package static func quoted(_ text: String) -> String {
        let escaped = text.unicodeScalars.map { scalar -> String in
            switch scalar {
            case "\"": "\\\""
            case "\\": "\\\\"
            case "\n": "\\n"
            case "\r": "\\r"
            case "\t": "\\t"
            default: scalar.value < 0x20 ? String(format: "\\u%04x", scalar.value) : String(scalar)
            }
        }
        return "\"" + escaped.joined() + "\""
    }
}
