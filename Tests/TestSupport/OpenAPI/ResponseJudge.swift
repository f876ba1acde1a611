import Foundation
import Resources

/// Holds a response's headers and body against its documented form.
struct ResponseJudge {
    let document: OpenAPIDocument
    /// HEAD is answered without a body, whatever its form says.
    let isHead: Bool

    func problems(of response: JSONValue, headers: [(String, String)], body: Data) -> [String] {
        headerProblems(response, headers) + bodyProblems(response, headers, body)
    }

    // MARK: Headers

    private func headerProblems(_ response: JSONValue, _ headers: [(String, String)]) -> [String] {
        (response[exactly: "headers"]?.members ?? []).flatMap { name, form -> [String] in
            guard let form = document.resolve(form) else { return ["header \(name): its $ref leads nowhere"] }
            let values = headers.filter { $0.0.lowercased() == name.lowercased() }.map(\.1)
            guard !values.isEmpty else {
                return form[exactly: "required"]?.flag == true ? ["header \(name): is missing (required)"] : []
            }
            guard let schema = form[exactly: "schema"] else { return [] }
            return values.flatMap { text in
                SchemaValidator(document).problems(
                    of: Self.value(of: text, schema, document), schema, at: "header \(name)")
            }
        }
    }

    /// A header's text as a value of the type that its schema names; the text itself where it is no such value.
    private static func value(of text: String, _ schema: JSONValue, _ document: OpenAPIDocument) -> JSONValue {
        switch document.resolve(schema)?[exactly: "type"]?.text {
        case "integer": Int64(text).map(JSONValue.integer) ?? .string(text)
        case "number": Double(text).map(JSONValue.number) ?? .string(text)
        case "boolean": Bool(text).map(JSONValue.boolean) ?? .string(text)
        default: .string(text)
        }
    }

    // MARK: Body

    private func bodyProblems(_ response: JSONValue, _ headers: [(String, String)], _ body: Data) -> [String] {
        let media = response[exactly: "content"]?.members ?? []
        if isHead { return body.isEmpty ? [] : ["body: HEAD is answered without one"] }
        guard !media.isEmpty else { return body.isEmpty ? [] : ["body: \(body.count) bytes where none are documented"] }
        if body.isEmpty {
            return response[exactly: Self.optionalBody]?.flag == true ? [] : ["body: is missing (content)"]
        }
        guard !media.contains(where: { $0.name == "*/*" }) else { return [] }
        guard let type = headers.first(where: { $0.0.lowercased() == "content-type" })?.1 else {
            return ["header Content-Type: is missing"]
        }
        let name = type.prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
        guard let form = media.first(where: { $0.name.lowercased() == name }) else {
            return ["header Content-Type: '\(type)' is none of \(media.map(\.name).joined(separator: ", ")) (content)"]
        }
        guard name.hasSuffix("json"), let schema = form.value[exactly: "schema"] else { return [] }
        do {
            return SchemaValidator(document).problems(of: try JSONParser.parse(body), schema, at: "$")
        } catch {
            return ["$: is not JSON: \(error.description)"]
        }
    }

    /// Our own word for a response whose content may be absent, which OpenAPI has no word for.
    private static let optionalBody = "x-sluice-optional-body"
}
