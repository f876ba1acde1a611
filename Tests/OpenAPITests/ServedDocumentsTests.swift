import Foundation
import Resources
import TestSupport
import Testing

/// The documents of `openapi/` themselves.
@Suite struct ServedDocumentsTests {
    private let document: OpenAPIDocument
    private let contract: OpenAPIContract

    init() throws {
        document = try OpenAPIDocument(directory: OpenAPIDocument.repositoryDirectory)
        contract = try OpenAPIContract(document: document)
    }

    private var everything: [(place: String, value: JSONValue)] {
        document.paths.map { ($0.name, $0.value) } + document.components.map { ($0.key, $0.value) }
    }

    /// Every value below `value`, itself first, with its place.
    private static func descendants(of value: JSONValue, at place: String) -> [(place: String, value: JSONValue)] {
        let members = value.members.map { ("\(place)/\($0.name)", $0.value) }
        let elements = value.elements.enumerated().map { ("\(place)/\($0.offset)", $0.element) }
        return [(place, value)] + (members + elements).flatMap { descendants(of: $0.1, at: $0.0) }
    }

    private func operation(_ id: String) throws -> JSONValue {
        let found = try #require(contract.operations.first { $0.id == id })
        let item = try #require(document.paths.first { $0.name == found.path })
        return try #require(item.value[exactly: found.method.lowercased()])
    }

    @Test func `every reference leads somewhere`() {
        for (place, value) in everything {
            for (place, part) in Self.descendants(of: value, at: place) where part[exactly: "$ref"]?.text != nil {
                #expect(document.resolve(part) != nil, "\(place)")
            }
        }
    }

    @Test func `every operation has an id of its own`() {
        let ids = contract.operations.map(\.id)
        #expect(Set(ids).count == ids.count)
        #expect(ids.allSatisfy { StringPattern.operationID.matches($0) })
    }

    @Test func `the parameters of a path are those of its operations`() throws {
        for operation in contract.operations {
            let parameters = try self.operation(operation.id)[exactly: "parameters"]?.elements ?? []
            let resolved = try parameters.map { try #require(document.resolve($0)) }
            let inPath = resolved.filter { $0[exactly: "in"]?.text == "path" }
            let names = inPath.compactMap { $0[exactly: "name"]?.text }
            #expect(Set(names) == Set(PathTemplate.parameters(of: operation.path)), "\(operation.id)")
            #expect(inPath.allSatisfy { $0[exactly: "required"] == .boolean(true) }, "\(operation.id)")
            let keys = resolved.map { "\($0[exactly: "in"]?.text ?? "") \($0[exactly: "name"]?.text ?? "")" }
            #expect(Set(keys).count == keys.count, "\(operation.id) repeats a parameter")
        }
    }

    @Test func `every answer is described, and errors have a form`() throws {
        for operation in contract.operations {
            let responses = try #require(self.operation(operation.id)[exactly: "responses"]?.members)
            for (status, response) in responses {
                let text = document.resolve(response)?[exactly: "description"]?.text
                #expect(text?.isEmpty == false, "\(operation.id) \(status)")
            }
            #expect(responses.contains { $0.name == "default" }, "\(operation.id)")
        }
    }

    @Test func `every operation says who may call it`() throws {
        for operation in contract.operations {
            let schemes = try #require(self.operation(operation.id)[exactly: "security"]?.elements, "\(operation.id)")
            for name in schemes.flatMap(\.members).map(\.name) {
                #expect(document.components["securitySchemes/\(name)"] != nil, "\(operation.id) \(name)")
            }
        }
    }

    @Test func `operations of ARM need an api-version and a token`() throws {
        for operation in contract.operations where StringPattern.armPath.matches(operation.path) {
            let definition = try self.operation(operation.id)
            let parameters = (definition[exactly: "parameters"]?.elements ?? []).compactMap(document.resolve)
            let version = parameters.first { $0[exactly: "name"]?.text == "api-version" }
            #expect(version?[exactly: "required"] == .boolean(true), "\(operation.id)")
            #expect(definition[exactly: "security"]?.elements.isEmpty == false, "\(operation.id)")
        }
    }

    // MARK: Schemas

    /// Every schema object, found by where schemas stand.
    private var schemas: [(place: String, value: JSONValue)] {
        everything.flatMap { Self.descendants(of: $0.value, at: $0.place) }.filter { place, value in
            guard case .object = value else { return false }
            let parts = place.split(separator: "/").suffix(2).map(String.init)
            guard let last = parts.last else { return false }
            let isMap = parts.count == 2 && ["properties", "schemas"].contains(parts[0])
            let isList = parts.count == 2 && ["allOf", "oneOf", "anyOf"].contains(parts[0])
            return isMap || isList || ["schema", "items", "additionalProperties"].contains(last)
        }
    }

    @Test func `schemas use only what is checked`() {
        let words = SchemaValidator.checkedWords.union(SchemaValidator.descriptiveWords)
        // A schema's own members that are called like a word of schemas hold their schemas one level deeper.
        for (place, schema) in schemas
        where schema[exactly: "properties"]?.text == nil && !place.hasSuffix("properties/properties") {
            let unknown = schema.members.map(\.name).filter { !words.contains($0) }
            #expect(unknown == [], "\(place)")
        }
    }

    @Test func `patterns are regular expressions`() {
        for (place, schema) in schemas {
            guard let pattern = schema[exactly: "pattern"]?.text else { continue }
            #expect(throws: Never.self, "\(place)") { try NSRegularExpression(pattern: pattern) }
        }
    }

    @Test func `what is required is described`() {
        for (place, schema) in schemas {
            let names = schema[exactly: "required"]?.elements.compactMap(\.text) ?? []
            for name in names { #expect(schema[exactly: "properties"]?[exactly: name] != nil, "\(place) \(name)") }
        }
    }

    @Test func `bodies of answers are closed`() throws {
        for operation in contract.operations {
            for (status, response) in try #require(self.operation(operation.id)[exactly: "responses"]?.members) {
                for media in document.resolve(response)?[exactly: "content"]?.members ?? [] {
                    guard operation.id != "Sluice_OpenApi_Get", let schema = media.value[exactly: "schema"] else {
                        continue
                    }
                    for place in open(schema, at: "\(operation.id) \(status)") { Issue.record("\(place) is open") }
                }
            }
        }
    }

    /// Places of object schemas below `schema` that allow any member.
    private func open(_ schema: JSONValue, at place: String, within references: Set<String> = []) -> [String] {
        var references = references
        if let reference = schema[exactly: "$ref"]?.text, !references.insert(reference).inserted { return [] }
        guard let schema = document.resolve(schema) else { return [] }
        let others = schema[exactly: "additionalProperties"]
        let isNull = schema[exactly: "enum"] == .array([.null])
        let isOpen =
            schema[exactly: "type"] == .string("object") && (others == nil || others == .boolean(true)) && !isNull
        var parts = (schema[exactly: "properties"]?.members ?? []).map { ("\(place).\($0.name)", $0.value) }
        if let items = schema[exactly: "items"] { parts.append(("\(place)[]", items)) }
        if let others, others.flag == nil { parts.append(("\(place).*", others)) }
        parts += (schema[exactly: "oneOf"]?.elements ?? []).map { (place, $0) }
        return (isOpen ? [place] : []) + parts.flatMap { open($0.1, at: $0.0, within: references) }
    }

    // MARK: In step with the code

    @Test func `the error codes are those of the service`() {
        let code = document.components["schemas/ErrorDetail"]?[exactly: "properties"]?[exactly: "code"]
        let documented = code?[exactly: "enum"]?.elements.compactMap(\.text) ?? []
        #expect(Set(documented) == Set(ARMErrorCode.allCases.map(\.rawValue)))
    }

    @Test func `the api-versions are those of the service`() {
        let schema = document.components["parameters/ApiVersionMachineLearning"]?[exactly: "schema"]
        let documented = schema?[exactly: "enum"]?.elements.compactMap(\.text) ?? []
        #expect(documented == APIVersion.machineLearning.map(\.description))
    }

    @Test func `the states are those of the service`() {
        func states(_ schema: String, _ member: String) -> Set<String> {
            let form = document.components["schemas/\(schema)"]?[exactly: "properties"]?[exactly: member]
            return Set(form?[exactly: "enum"]?.elements.compactMap(\.text) ?? [])
        }
        let all = Set(ProvisioningState.allCases.map(\.rawValue))
        #expect(states("OnlineDeploymentProperties", "provisioningState") == all)
        #expect(states("OnlineEndpointProperties", "provisioningState") == all.subtracting(["Scaling"]))
        #expect(states("OperationStatus", "status") == Set(OperationState.allCases.map(\.wireStatus)))
    }
}

/// Forms of names in the documents.
enum StringPattern: String {
    case operationID = "^[A-Za-z]+(_[A-Za-z]+)+$"
    case armPath = "^/(subscriptions|tenants|providers)"

    func matches(_ text: String) -> Bool {
        text.range(of: rawValue, options: .regularExpression) != nil
    }
}
