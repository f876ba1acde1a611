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
        switch object["allowedValues"] {
        case .array(let values)?: allowedValues = values
        case nil, .null?: break
        case let other?: Self.refuse(other, "allowedValues", "an array", path, &problems)
        }
        minimum = Self.integer("minValue", object, path, &problems)
        maximum = Self.integer("maxValue", object, path, &problems)
        minimumLength = Self.integer("minLength", object, path, &problems)
        maximumLength = Self.integer("maxLength", object, path, &problems)
        guard isLanguage2 else { return }
        readParts(object, at: path, &problems)
    }

    private mutating func readParts(_ object: JSONObject, at path: String, _ problems: inout [TemplateProblem]) {
        isNullable = Self.flag("nullable", object, path, &problems)
        for member in object["properties"]?.members ?? [] {
            let schema = TypeSchema(
                member.value, at: "\(path).properties.\(member.name)", isLanguage2: true, &problems)
            properties.append((member.name, schema))
        }
        additionalProperties = Self.rest(object["additionalProperties"], "\(path).additionalProperties", &problems)
        if Self.flag("sealed", object, path, &problems) { additionalProperties = .nothing }
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

    // Constraints are no expressions in Azure either. One that can't be read must not be dropped: what it was to keep
    // out would come in.

    private static func integer(
        _ name: String, _ object: JSONObject, _ path: String, _ problems: inout [TemplateProblem]
    ) -> Int64? {
        guard let value = object[name], value != .null else { return nil }
        if value.number == nil { refuse(value, name, "an integer", path, &problems) }
        return value.number
    }

    private static func flag(
        _ name: String, _ object: JSONObject, _ path: String, _ problems: inout [TemplateProblem]
    ) -> Bool {
        guard let value = object[name], value != .null else { return false }
        if value.flag == nil { refuse(value, name, "a boolean", path, &problems) }
        return value.flag ?? false
    }

    private static func refuse(
        _ value: JSONValue, _ name: String, _ wanted: String, _ path: String, _ problems: inout [TemplateProblem]
    ) {
        problems.append(
            TemplateProblem(
                .invalidTemplate, "'\(name)' must be \(wanted), not \(Evaluator.described(value)).",
                path: "\(path).\(name)"))
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
