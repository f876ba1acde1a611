import Foundation
package import Resources

/// Holds a value against a schema object (OpenAPI 3.0.3, section 4.7.24).
package struct SchemaValidator {
    private let document: OpenAPIDocument

    package init(_ document: OpenAPIDocument) {
        self.document = document
    }

    /// Words of schemas that are checked here.
    package static let checkedWords: Set<String> = [
        "$ref", "allOf", "oneOf", "anyOf", "type", "nullable", "enum", "format", "pattern", "minLength", "maxLength",
        "minimum", "maximum", "items", "minItems", "maxItems", "properties", "required", "additionalProperties",
        "minProperties", "maxProperties",
    ]
    /// Words that say nothing about the validity of a value.
    package static let descriptiveWords: Set<String> = ["title", "description", "default", "example"]

    /// What is wrong with `value`; `path` is its place, and each text ends with the rule that is broken.
    package func problems(of value: JSONValue, _ schema: JSONValue, at path: String) -> [String] {
        guard let schema = document.resolve(schema) else {
            return ["\(path): the schema's reference leads nowhere ($ref)"]
        }
        if let choices = schema[exactly: "enum"]?.elements, !choices.contains(value) {
            return ["\(path): \(Self.show(value)) is none of \(choices.map(Self.show).joined(separator: ", ")) (enum)"]
        }
        if let type = schema[exactly: "type"]?.text {
            if value == .null, schema[exactly: "nullable"]?.flag == true { return [] }
            guard Self.isOf(type, value) else {
                return ["\(path): must be of type \(type), not \(value.typeName) (type)"]
            }
        }
        return combinations(value, schema, path) + contents(value, schema, path)
    }

    private func contents(_ value: JSONValue, _ schema: JSONValue, _ path: String) -> [String] {
        switch value {
        case .string(let text): StringRules.problems(of: text, schema, at: path)
        case .integer, .number: numbers(value.quantity ?? 0, schema, path)
        case .array(let elements): list(elements, schema, path)
        case .object(let object): members(object.members, schema, path)
        case .null, .boolean: []
        }
    }

    private static func isOf(_ type: String, _ value: JSONValue) -> Bool {
        switch (type, value) {
        case ("object", .object), ("array", .array), ("string", .string), ("boolean", .boolean), ("integer", .integer),
            ("number", .integer), ("number", .number):
            true
        case ("integer", .number(let number)): number == number.rounded()
        default: false
        }
    }

    // MARK: Combinations

    private func combinations(_ value: JSONValue, _ schema: JSONValue, _ path: String) -> [String] {
        var found: [String] = []
        for part in schema[exactly: "allOf"]?.elements ?? [] {
            found += problems(of: value, part, at: path)
        }
        for (word, isExclusive) in [("oneOf", true), ("anyOf", false)] {
            guard let parts = schema[exactly: word]?.elements else { continue }
            let results = parts.map { problems(of: value, $0, at: path) }
            let count = results.count { $0.isEmpty }
            if count > 1, isExclusive { found.append("\(path): fits \(count) of the forms, not one (\(word))") }
            // Of the forms that do not fit, the nearest says most.
            if count == 0, let nearest = results.min(by: { $0.count < $1.count }) {
                found.append("\(path): fits none of \(parts.count) forms (\(word))")
                found += nearest
            }
        }
        return found
    }

    // MARK: Numbers and lists

    private func numbers(_ number: Double, _ schema: JSONValue, _ path: String) -> [String] {
        var found: [String] = []
        if let least = schema[exactly: "minimum"]?.quantity, number < least {
            found.append("\(path): \(number) is less than \(least) (minimum)")
        }
        if let most = schema[exactly: "maximum"]?.quantity, number > most {
            found.append("\(path): \(number) is more than \(most) (maximum)")
        }
        return found
    }

    private func list(_ elements: [JSONValue], _ schema: JSONValue, _ path: String) -> [String] {
        let sizes = size(elements.count, schema, least: "minItems", most: "maxItems", path)
        guard let form = schema[exactly: "items"] else { return sizes }
        return sizes
            + elements.enumerated().flatMap { index, element in problems(of: element, form, at: "\(path)[\(index)]") }
    }

    private func size(_ count: Int, _ schema: JSONValue, least: String, most: String, _ path: String) -> [String] {
        if let limit = schema[exactly: least]?.quantity, Double(count) < limit {
            return ["\(path): holds \(count), fewer than \(Int(limit)) (\(least))"]
        }
        if let limit = schema[exactly: most]?.quantity, Double(count) > limit {
            return ["\(path): holds \(count), more than \(Int(limit)) (\(most))"]
        }
        return []
    }

    // MARK: Objects

    private func members(
        _ members: [(name: String, value: JSONValue)], _ schema: JSONValue, _ path: String
    ) -> [String] {
        var found = size(members.count, schema, least: "minProperties", most: "maxProperties", path)
        let names = Set(members.map(\.name))
        for name in schema[exactly: "required"]?.elements.compactMap(\.text) ?? [] where !names.contains(name) {
            found.append("\(path).\(name): is missing (required)")
        }
        let known = schema[exactly: "properties"]
        let others = schema[exactly: "additionalProperties"]
        for (name, value) in members {
            let place = "\(path).\(name)"
            if let form = known?[exactly: name] {
                found += problems(of: value, form, at: place)
            } else if others?.flag == false {
                found.append("\(place): is not documented (additionalProperties)")
            } else if let others, others.flag == nil {
                found += problems(of: value, others, at: place)
            }
        }
        return found
    }

    /// A value in a message.
    private static func show(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): "'\(text.prefix(80))'"
        case .integer(let integer): String(integer)
        case .number(let number): String(number)
        case .boolean(let flag): String(flag)
        case .null, .array, .object: value.typeName
        }
    }
}
