import Resources

extension TypeSchema {
    /// Everything about a value that does not fit; empty when it fits.
    func problems(of value: JSONValue, at path: String, _ definitions: TypeDefinitions) -> [TemplateProblem] {
        var check = TypeCheck(definitions: definitions)
        check.check(value, self, at: path, references: 0)
        return check.problems
    }
}

/// One walk over a value beside its schema.
private struct TypeCheck {
    let definitions: TypeDefinitions
    var problems: [TemplateProblem] = []
    private var budget = EvaluationBudget()

    /// Longest chain of definitions that refer to each other.
    private static let referenceLimit = 32

    init(definitions: TypeDefinitions) {
        self.definitions = definitions
    }

    private mutating func report(_ message: String, _ path: String) {
        guard problems.count < TemplateLimits.problems else { return }
        problems.append(TemplateProblem(.parameter, message, path: path))
    }

    mutating func check(_ value: JSONValue, _ schema: TypeSchema, at path: String, references: Int) {
        // Types that refer to each other can ask the same of one value again and again.
        guard (try? budget.spend(8)) != nil else {
            if problems.isEmpty { report("has a type that takes too much work to check", path) }
            return
        }
        if value == .null, schema.isNullable(definitions) { return }
        if let reference = schema.reference {
            guard let definition = definitions[reference] else {
                return report(
                    "has a type that refers to the definition '\(reference)', which the template does not have", path)
            }
            guard references < Self.referenceLimit else {
                return report("has a type that refers to itself", path)
            }
            check(value, definition, at: path, references: references + 1)
        }
        guard checkKind(value, schema.kind, at: path) else { return }
        checkAllowed(value, schema, at: path)
        checkRange(value, schema, at: path)
        switch value {
        case .object(let object): check(object, schema, at: path, references: references)
        case .array(let elements): check(elements, schema, at: path)
        default: break
        }
    }

    private mutating func checkKind(_ value: JSONValue, _ kind: TypeSchema.Kind?, at path: String) -> Bool {
        guard let kind else { return true }
        let fits: Bool
        let expected: String
        switch (kind, value) {
        case (.string, .string), (.secureString, .string), (.int, .integer), (.bool, .boolean), (.object, .object),
            (.secureObject, .object), (.array, .array):
            return true
        // A number without fraction is an integer, however it is written.
        case (.int, .number(let number)): (fits, expected) = (Int64(exactly: number) != nil, "an integer")
        case (.string, _), (.secureString, _): (fits, expected) = (false, "a string")
        case (.int, _): (fits, expected) = (false, "an integer")
        case (.bool, _): (fits, expected) = (false, "a boolean")
        case (.object, _), (.secureObject, _): (fits, expected) = (false, "an object")
        case (.array, _): (fits, expected) = (false, "an array")
        }
        if !fits { report("must be \(expected), not \(value.typeName)", path) }
        return fits
    }

    /// Any of the values; for an array each of its elements may be one instead of the whole.
    private mutating func checkAllowed(_ value: JSONValue, _ schema: TypeSchema, at path: String) {
        guard let allowed = schema.allowedValues else { return }
        if isOne(value, of: allowed) { return }
        if case .array(let elements) = value, elements.allSatisfy({ isOne($0, of: allowed) }) { return }
        let list = allowed.prefix(20).map { Evaluator.described($0) }.joined(separator: ", ")
        // Values of secure parameters are not repeated.
        let other = schema.kind?.isSecure == true ? "" : ", not \(Evaluator.described(value))"
        report("must be one of the allowed values \(list)\(other)", path)
    }

    private mutating func isOne(_ value: JSONValue, of allowed: [JSONValue]) -> Bool {
        for candidate in allowed {
            // A budget that is used up answers no.
            if (try? candidate.isSame(as: value, spending: &budget)) == true { return true }
        }
        return false
    }

    private mutating func checkRange(_ value: JSONValue, _ schema: TypeSchema, at path: String) {
        if let number = FunctionCall.integer(of: value) {
            if let minimum = schema.minimum, number < minimum {
                report("must be at least \(minimum), not \(number)", path)
            }
            if let maximum = schema.maximum, number > maximum {
                report("must be at most \(maximum), not \(number)", path)
            }
        }
        let length: Int
        let unit: String
        switch value {
        case .string(let text): (length, unit) = (text.utf16.count, "characters")
        case .array(let elements): (length, unit) = (elements.count, "elements")
        default: return
        }
        if let minimum = schema.minimumLength, length < minimum {
            report("must have at least \(minimum) \(unit), not \(length)", path)
        }
        if let maximum = schema.maximumLength, length > maximum {
            report("must have at most \(maximum) \(unit), not \(length)", path)
        }
    }

    private mutating func check(_ object: JSONObject, _ schema: TypeSchema, at path: String, references: Int) {
        for (name, property) in schema.properties {
            if let value = object[name] {
                check(value, property, at: "\(path).\(name)", references: 0)
            } else if !property.isNullable(definitions) {
                report("must have a property '\(name)'", path)
            }
        }
        if let discriminator = schema.discriminator {
            check(object, discriminator, at: path, references: references)
            return
        }
        let known = Set(schema.properties.map { $0.name.lowercased() })
        for member in object.members where !known.contains(member.name.lowercased()) {
            switch schema.additionalProperties {
            case .anything: break
            case .nothing: report("has a property '\(member.name.prefix(100))', which its type does not allow", path)
            case .schema(let inner): check(member.value, inner, at: "\(path).\(member.name)", references: 0)
            }
        }
    }

    private mutating func check(
        _ object: JSONObject, _ discriminator: TypeSchema.Discriminator, at path: String, references: Int
    ) {
        let names = discriminator.mapping.keys.sorted().joined(separator: ", ")
        guard let value = object[discriminator.propertyName]?.text else {
            return report("must have a property '\(discriminator.propertyName)', one of \(names)", path)
        }
        guard let schema = discriminator.mapping[value] else {
            return report("must be one of \(names), not '\(value.prefix(60))'", "\(path).\(discriminator.propertyName)")
        }
        guard references < Self.referenceLimit else { return report("has a type that refers to itself", path) }
        check(.object(object), schema, at: path, references: references + 1)
    }

    private mutating func check(_ elements: [JSONValue], _ schema: TypeSchema, at path: String) {
        for (index, element) in elements.enumerated() {
            let place = "\(path)[\(index)]"
            if schema.prefixItems.indices.contains(index) {
                check(element, schema.prefixItems[index], at: place, references: 0)
                continue
            }
            switch schema.items {
            case .anything: break
            case .nothing: return report("has more than \(schema.prefixItems.count) elements", path)
            case .schema(let inner): check(element, inner, at: place, references: 0)
            }
        }
        if elements.count < schema.prefixItems.count {
            report("must have \(schema.prefixItems.count) elements, not \(elements.count)", path)
        }
    }
}
