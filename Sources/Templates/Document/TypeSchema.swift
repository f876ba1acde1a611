import Resources

/// Type and constraints of a parameter, an output, or a part of one (`arm-templates.md` §4).
struct TypeSchema: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        case string = "String"
        case secureString = "SecureString"
        case int = "Int"
        case bool = "Bool"
        case object = "Object"
        case secureObject = "SecureObject"
        case array = "Array"

        init?(text: String) {
            guard let kind = Kind.allCases.first(where: { $0.rawValue.lowercased() == text.lowercased() }) else {
                return nil
            }
            self = kind
        }

        var isSecure: Bool { self == .secureString || self == .secureObject }
    }

    /// What may stand where no other schema says what: anything, nothing, or values of a schema.
    indirect enum Rest: Sendable {
        case anything
        case nothing
        case schema(TypeSchema)
    }

    /// Nil takes any type: a reference's own, or that of a discriminated object.
    var kind: Kind?
    /// Name of a definition, in lower case.
    var reference: String?
    var allowedValues: [JSONValue]?
    var minimum: Int64?
    var maximum: Int64?
    var minimumLength: Int64?
    var maximumLength: Int64?
    var isNullable = false
    var properties: [(name: String, schema: TypeSchema)] = []
    var additionalProperties = Rest.anything
    var prefixItems: [TypeSchema] = []
    var items = Rest.anything
    var discriminator: Discriminator?

    struct Discriminator: Sendable {
        var propertyName: String
        /// By the property's value.
        var mapping: [String: TypeSchema]
    }
}

/// `definitions` of a template, by name in lower case.
typealias TypeDefinitions = [String: TypeSchema]

extension TypeSchema {
    /// Reads a declaration; what is wrong with it is added to `problems`.
    init(_ value: JSONValue, at path: String, isLanguage2: Bool, _ problems: inout [TemplateProblem]) {
        guard case .object(let object) = value else {
            problems.append(
                TemplateProblem(.invalidTemplate, "A type must be an object, not \(value.typeName).", path: path))
            return
        }
        if let text = object["type"] {
            kind = text.text.flatMap { Kind(text: $0) }
            if kind == nil {
                problems.append(
                    TemplateProblem(
                        .invalidTemplate,
                        "The type \(Evaluator.described(text)) is not one of "
                            + Kind.allCases.map(\.rawValue).joined(separator: ", ") + ".", path: "\(path).type"))
            }
        }
        if isLanguage2, let text = object["$ref"]?.text {
            let prefix = "#/definitions/"
            if text.lowercased().hasPrefix(prefix) {
                reference = text.dropFirst(prefix.count).lowercased()
            } else {
                problems.append(
                    TemplateProblem(
                        .invalidTemplate, "The reference '\(text.prefix(100))' does not begin with \(prefix).",
                        path: "\(path).$ref"))
            }
        }
        let isReference = isLanguage2 && object["$ref"] != nil
        if !isReference, object["type"] == nil, object["discriminator"] == nil {
            problems.append(TemplateProblem(.invalidTemplate, "The declaration has no type.", path: path))
        }
        if case .array(let values)? = object["allowedValues"] { allowedValues = values }
        minimum = object["minValue"]?.number
        maximum = object["maxValue"]?.number
        minimumLength = object["minLength"]?.number
        maximumLength = object["maxLength"]?.number
        guard isLanguage2 else { return }
        readParts(object, at: path, &problems)
    }

    private mutating func readParts(_ object: JSONObject, at path: String, _ problems: inout [TemplateProblem]) {
        isNullable = object["nullable"]?.flag ?? false
        for member in object["properties"]?.members ?? [] {
            let schema = TypeSchema(
                member.value, at: "\(path).properties.\(member.name)", isLanguage2: true, &problems)
            properties.append((member.name, schema))
        }
        additionalProperties = Self.rest(object["additionalProperties"], "\(path).additionalProperties", &problems)
        if object["sealed"]?.flag == true { additionalProperties = .nothing }
        for (index, item) in (object["prefixItems"]?.elements ?? []).enumerated() {
            prefixItems.append(
                TypeSchema(item, at: "\(path).prefixItems[\(index)]", isLanguage2: true, &problems))
        }
        items = Self.rest(object["items"], "\(path).items", &problems)
        if let written = object["discriminator"], let name = written["propertyName"]?.text {
            var mapping: [String: TypeSchema] = [:]
            for member in written["mapping"]?.members ?? [] {
                mapping[member.name] = TypeSchema(
                    member.value, at: "\(path).discriminator.mapping.\(member.name)", isLanguage2: true, &problems)
            }
            discriminator = Discriminator(propertyName: name, mapping: mapping)
        }
    }

    private static func rest(_ value: JSONValue?, _ path: String, _ problems: inout [TemplateProblem]) -> Rest {
        switch value {
        case nil, .boolean(true): .anything
        case .boolean(false): .nothing
        case let schema?: .schema(TypeSchema(schema, at: path, isLanguage2: true, &problems))
        }
    }

    /// Whether values of it must not be shown.
    func isSecure(_ definitions: TypeDefinitions) -> Bool {
        var schema = self
        for _ in 0..<32 {
            if let kind = schema.kind { return kind.isSecure }
            guard let next = schema.reference.flatMap({ definitions[$0] }) else { return false }
            schema = next
        }
        return false
    }

    /// The type's canonical name, as answers spell it.
    func typeName(_ definitions: TypeDefinitions) -> String {
        resolvedKind(definitions)?.rawValue ?? Kind.object.rawValue
    }

    func resolvedKind(_ definitions: TypeDefinitions) -> Kind? {
        var schema = self
        for _ in 0..<32 {
            if let kind = schema.kind { return kind }
            guard let next = schema.reference.flatMap({ definitions[$0] }) else { return nil }
            schema = next
        }
        return nil
    }

    func isNullable(_ definitions: TypeDefinitions) -> Bool {
        var schema = self
        for _ in 0..<32 {
            if schema.isNullable { return true }
            guard let next = schema.reference.flatMap({ definitions[$0] }) else { return false }
            schema = next
        }
        return false
    }
}
