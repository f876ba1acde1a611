package import Resources

extension Template {
    /// Reads a template's sections and parses every expression in it; throws all that is wrong with its form.
    ///
    /// A template inside of another has its place in `path`, and with outer scope the functions of the other.
    package init(
        reading document: JSONValue, at path: String = "$", enclosingFunctions: Set<String> = []
    ) throws(TemplateProblems) {
        var reader = TemplateReader(path: path, enclosingFunctions: enclosingFunctions)
        let template = reader.read(document)
        guard let template, reader.problems.isEmpty else { throw TemplateProblems(reader.problems) }
        self = template
    }
}

/// Collects the sections of a document and what is wrong with them.
private struct TemplateReader {
    let path: String
    let enclosingFunctions: Set<String>
    var problems: [TemplateProblem] = []

    init(path: String, enclosingFunctions: Set<String>) {
        (self.path, self.enclosingFunctions) = (path, enclosingFunctions)
    }

    private mutating func report(_ message: String, at place: String, _ kind: TemplateProblem.Kind = .invalidTemplate) {
        guard problems.count < TemplateLimits.problems else { return }
        problems.append(TemplateProblem(kind, message, path: place))
    }

    mutating func read(_ document: JSONValue) -> Template? {
        guard case .object(let object) = document else {
            report("The template must be a JSON object, not \(document.typeName).", at: path)
            return nil
        }
        for name in ["languageVersion", "apiProfile"] {
            guard let value = object[name], value != .null, value.text == nil else { continue }
            report("'\(name)' must be a string, not \(Evaluator.described(value)).", at: "\(path).\(name)")
        }
        let version = object["languageVersion"]?.text
        let hasSymbols = readVersion(version, object["resources"])
        let level = readLevel(object["$schema"])
        if object["contentVersion"]?.text == nil {
            report("The template must have a 'contentVersion' such as 1.0.0.0.", at: "\(path).contentVersion")
        }
        refusePreviews(object)
        let definitions = readDefinitions(object["definitions"], hasSymbols)
        let parameters = readParameters(object["parameters"], hasSymbols)
        let functions = readFunctions(object["functions"], hasSymbols)
        let outputs = readOutputs(object["outputs"], hasSymbols)
        let variables = readVariables(object["variables"])
        let resources = readResources(object["resources"], hasSymbols)
        checkReferences(definitions, parameters, outputs)
        var check = ExpressionCheck(functions: enclosingFunctions.union(functions.keys))
        check.walk(document, at: path)
        for problem in check.problems { report(problem.message, at: problem.path ?? path, problem.kind) }
        guard let level else { return nil }
        return Template(
            level: level, contentVersion: object["contentVersion"]?.text ?? "", languageVersion: version,
            apiProfile: object["apiProfile"]?.text, hasSymbolicNames: hasSymbols, parameters: parameters,
            definitions: definitions, variables: variables, functions: functions, resources: resources,
            outputs: outputs, expressions: check.expressions, document: document)
    }

    /// Whether resources have symbolic names.
    private mutating func readVersion(_ version: String?, _ resources: JSONValue?) -> Bool {
        guard let version else { return false }
        switch version.lowercased() {
        case "1.0": return false
        case "2.0", "1.9-experimental", "1.10-experimental", "2.1-experimental", "2.2-experimental", "1.10", "2.1",
            "2.2":
            return true
        default:
            report(
                "The languageVersion '\(version.prefix(40))' is not known; 1.0 and 2.0 are.",
                at: "\(path).languageVersion")
            return false
        }
    }

    private mutating func readLevel(_ schema: JSONValue?) -> Template.Level? {
        let place = "\(path).$schema"
        guard let text = schema?.text else {
            report("The template must have a '$schema'.", at: place)
            return nil
        }
        let name = text.split(separator: "/").last.map { $0.lowercased().replacing("#", with: "") } ?? ""
        switch name {
        case "deploymenttemplate.json": return .resourceGroup
        case "subscriptiondeploymenttemplate.json": return .subscription
        case "managementgroupdeploymenttemplate.json", "tenantdeploymenttemplate.json":
            report(
                "Templates of management groups and tenants are not supported; they end at subscriptions here.",
                at: place,
                .unsupported)
        case "deploymentparameters.json", "subscriptiondeploymentparameters.json":
            report("The document is a parameter file, not a template.", at: place)
        default: report("The schema '\(text.prefix(200))' is not that of a deployment template.", at: place)
        }
        return nil
    }

    private mutating func refusePreviews(_ object: JSONObject) {
        for name in ["extensions", "imports", "asserts"] {
            guard let value = object[name], !value.elements.isEmpty || !value.members.isEmpty else { continue }
            report(
                "The section '\(name)' is a preview of Azure's and not supported.", at: "\(path).\(name)", .unsupported)
        }
    }

    private mutating func section(_ value: JSONValue?, _ name: String, limit: Int) -> [(name: String, value: JSONValue)]
    {
        switch value {
        case nil, .null: return []
        case .object(let object):
            if object.members.count > limit {
                report(
                    "The template has \(object.members.count) \(name); at most \(limit) are allowed.",
                    at: "\(path).\(name)",
                    .tooLarge)
            }
            var seen: Set<String> = []
            for member in object.members where !seen.insert(member.name.lowercased()).inserted {
                report("'\(member.name.prefix(100))' is there twice.", at: "\(path).\(name).\(member.name)")
            }
            return object.members
        case let other?:
            report("The section '\(name)' must be an object, not \(other.typeName).", at: "\(path).\(name)")
            return []
        }
    }

    private mutating func readDefinitions(_ value: JSONValue?, _ isLanguage2: Bool) -> TypeDefinitions {
        guard isLanguage2 else { return [:] }
        var definitions: TypeDefinitions = [:]
        for member in section(value, "definitions", limit: TemplateLimits.resources) {
            definitions[member.name.lowercased()] = TypeSchema(
                member.value, at: "\(path).definitions.\(member.name)", isLanguage2: true, &problems)
        }
        return definitions
    }

    private mutating func readParameters(_ value: JSONValue?, _ isLanguage2: Bool) -> [Template.Parameter] {
        section(value, "parameters", limit: TemplateLimits.parameters).map { member in
            let place = "\(path).parameters.\(member.name)"
            return Template.Parameter(
                name: member.name,
                schema: TypeSchema(member.value, at: place, isLanguage2: isLanguage2, &problems),
                defaultValue: member.value["defaultValue"], path: place)
        }
    }

    private mutating func readOutputs(_ value: JSONValue?, _ isLanguage2: Bool) -> [Template.Output] {
        section(value, "outputs", limit: TemplateLimits.outputs).compactMap { member in
            let place = "\(path).outputs.\(member.name)"
            let schema = TypeSchema(member.value, at: place, isLanguage2: isLanguage2, &problems)
            guard case .object(let declaration) = member.value else { return nil }
            if let copy = declaration["copy"], copy != .null {
                if copy["count"] == nil || copy["input"] == nil {
                    report("The loop of an output must have a 'count' and an 'input'.", at: "\(place).copy")
                }
            } else if declaration["value"] == nil {
                report("The output has neither 'value' nor 'copy'.", at: place)
            }
            return Template.Output(name: member.name, schema: schema, declaration: declaration, path: place)
        }
    }

    private mutating func readVariables(_ value: JSONValue?) -> [String: TemplateVariable] {
        var variables: [String: TemplateVariable] = [:]
        for member in section(value, "variables", limit: TemplateLimits.variables + 1) {
            guard let loops = PropertyLoop.read(member) else {
                variables[member.name.lowercased()] = .value(member.value)
                continue
            }
            for (index, loop) in loops.enumerated() {
                if loop.name.utf8.first == UInt8(ascii: "[") {
                    report(
                        "The name of a variable can't be an expression, as other expressions name it.",
                        at: "\(path).variables.copy[\(index)].name")
                }
                variables[loop.name.lowercased()] = .loop(loop)
            }
        }
        return variables
    }

    private mutating func readFunctions(_ value: JSONValue?, _ isLanguage2: Bool) -> [String: UserFunction] {
        var functions: [String: UserFunction] = [:]
        for (index, space) in (value?.elements ?? []).enumerated() {
            let place = "\(path).functions[\(index)]"
            guard let namespace = space["namespace"]?.text else {
                report("The group of functions has no 'namespace'.", at: place)
                continue
            }
            for member in space["members"]?.members ?? [] {
                let place = "\(place).members.\(member.name)"
                functions["\(namespace).\(member.name)".lowercased()] = readFunction(member.value, place, isLanguage2)
            }
        }
        return functions
    }

    private mutating func readFunction(_ value: JSONValue, _ place: String, _ isLanguage2: Bool) -> UserFunction {
        let parameters = (value["parameters"]?.elements ?? []).enumerated().map { index, parameter in
            UserFunction.Parameter(
                name: parameter["name"]?.text ?? "",
                schema: TypeSchema(parameter, at: "\(place).parameters[\(index)]", isLanguage2: isLanguage2, &problems))
        }
        if value["output"]?["value"] == nil { report("The function has no 'output' with a 'value'.", at: place) }
        return UserFunction(
            parameters: parameters, output: value["output"]?["value"] ?? .null,
            outputSchema: TypeSchema(
                value["output"] ?? .object(JSONObject([("type", .string("object"))])), at: "\(place).output",
                isLanguage2: isLanguage2, &problems), path: "\(place).output.value")
    }

    private mutating func readResources(_ value: JSONValue?, _ hasSymbols: Bool) -> [Template.Resource] {
        let place = "\(path).resources"
        var resources: [Template.Resource] = []
        switch value {
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                guard case .object(let object) = element else {
                    report("A resource must be an object, not \(element.typeName).", at: "\(place)[\(index)]")
                    continue
                }
                resources.append(
                    Template.Resource(symbolicName: nil, declaration: object, path: "\(place)[\(index)]"))
            }
        case .object(let object) where hasSymbols:
            for member in object.members {
                guard case .object(let inner) = member.value else {
                    report("A resource must be an object, not \(member.value.typeName).", at: "\(place).\(member.name)")
                    continue
                }
                resources.append(
                    Template.Resource(symbolicName: member.name, declaration: inner, path: "\(place).\(member.name)"))
            }
        case .object:
            report("'resources' must be an array; symbolic names need languageVersion 2.0.", at: place)
        case nil, .null: report("The template must have 'resources'.", at: place)
        case let other?: report("'resources' must be an array, not \(other.typeName).", at: place)
        }
        return resources
    }

    /// Definitions that are referred to must be there.
    private mutating func checkReferences(
        _ definitions: TypeDefinitions, _ parameters: [Template.Parameter], _ outputs: [Template.Output]
    ) {
        for (schema, place) in parameters.map({ ($0.schema, $0.path) }) + outputs.map({ ($0.schema, $0.path) }) {
            guard let name = schema.reference, definitions[name] == nil else { continue }
            report("The definition '\(name)' is not there.", at: "\(place).$ref")
        }
    }
}

/// Parses every expression of a document, so that a mistake in a branch that is not taken is found too.
private struct ExpressionCheck {
    let functions: Set<String>
    var problems: [TemplateProblem] = []
    var expressions: [String: TemplateText] = [:]
    private var trail = Trail("")

    init(functions: Set<String>) {
        self.functions = functions
    }

    /// Members whose texts are never expressions.
    private static let literals: Set<String> = [
        "$schema", "contentversion", "languageversion", "apiprofile", "metadata", "comments",
    ]

    mutating func walk(_ document: JSONValue, at path: String) {
        trail = Trail(path)
        walk(document)
    }

    private mutating func walk(_ value: JSONValue) {
        guard problems.count < TemplateLimits.problems else { return }
        switch value {
        case .string(let text): check(text)
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                trail.enter(.element(index))
                walk(element)
                trail.leave()
            }
        case .object(let object):
            for member in object.members where !Self.literals.contains(member.name.lowercased()) {
                trail.enter(.member(member.name))
                check(member.name)
                // Nested templates have functions of their own, and are read when their turn comes.
                let isNested = member.name.lowercased() == "template" && member.value["$schema"] != nil
                if !isNested { walk(member.value) }
                trail.leave()
            }
        default: break
        }
    }

    private mutating func check(_ text: String) {
        guard text.utf8.first == UInt8(ascii: "["), expressions[text] == nil else { return }
        do {
            let read = try TemplateText.read(text)
            expressions[text] = read
            guard case .expression(let expression) = read else { return }
            expression.forEachCall { callee, arguments in
                guard case .user(let name) = callee, !functions.contains(name) else { return }
                problems.append(
                    TemplateProblem(
                        .invalidTemplate, "The template function '\(name)' is not known.", path: trail.text))
            }
        } catch {
            problems.append(error.located(at: trail.text))
        }
    }
}
