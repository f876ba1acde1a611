import Foundation
import Resources
import Testing

@testable import Templates

/// Every template of the shared fixtures: it evaluates, or fails with the documented error.
@Suite struct FixtureTests {
    /// What a template comes to.
    private enum Outcome {
        case resources([Evaluated], outputs: Int)
        case refused([TemplateProblem])
    }

    /// A resource as it would be sent, with null for what only the running system knows.
    private struct Evaluated: Equatable {
        var id: String
        var apiVersion: String
        var body: String
        var isExisting: Bool
    }

    @Test(.enabled(if: SharedFixtures.directory != nil, "the shared fixtures are not here"))
    func everyTemplateEvaluatesOrFailsAsDocumented() throws {
        let directory = try #require(SharedFixtures.directory)
        var lines: [String] = []
        for file in try Self.templates(below: directory) {
            let name = file.path.dropFirst(directory.path.count + 1)
            let outcome = Self.outcome(of: file)
            switch outcome {
            case .resources(let resources, let outputs):
                lines.append("\(name): \(resources.count) resources, \(outputs) outputs")
                #expect(Self.refusals[String(name)] == nil, "\(name) must fail")
            case .refused(let problems):
                let text = problems.map { "\($0.kind) at \($0.path ?? "?"): \($0.message)" }.joined(separator: "\n    ")
                lines.append("\(name): refused\n    \(text)")
                let expected = Self.refusals[String(name)]
                #expect(expected != nil && text.contains(expected ?? ""), "\(name) is refused:\n    \(text)")
            }
        }
        #expect(lines.count > 100)
        print(lines.joined(separator: "\n"))
    }

    @Test(.enabled(if: SharedFixtures.directory != nil, "the shared fixtures are not here"))
    func bothDialectsOfOneSourceAreEqual() throws {
        let directory = try #require(SharedFixtures.directory).appending(path: "arm-templates/bicep-baselines")
        var pairs = 0
        for folder in try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil) {
            let classic = Self.outcome(of: folder.appending(path: "main.json"))
            let symbolic = Self.outcome(of: folder.appending(path: "main.symbolicnames.json"))
            pairs += 1
            switch (classic, symbolic) {
            case (.resources(let first, let outputs), .resources(let second, let otherOutputs)):
                let first = first.filter { !$0.isExisting }
                let deployed = second.filter { !$0.isExisting }
                #expect(first.map(\.id).sorted() == deployed.map(\.id).sorted(), "\(folder.lastPathComponent)")
                for resource in first {
                    let counterpart = deployed.first { $0.id == resource.id }
                    #expect(resource.body == counterpart?.body, "\(folder.lastPathComponent): \(resource.id)")
                    #expect(resource.apiVersion == counterpart?.apiVersion)
                }
                #expect(outputs == otherOutputs)
            case (.refused(let first), .refused(let second)):
                #expect(first.map(\.message) == second.map(\.message), "\(folder.lastPathComponent)")
            default: Issue.record("the dialects of \(folder.lastPathComponent) differ: \(classic), \(symbolic)")
            }
        }
        #expect(pairs > 15)
    }

    /// Parts of the errors of templates that must be refused, by their path.
    private static let refusals: [String: String] = [
        // The source deploys some names twice.
        "arm-templates/bicep-baselines/LoopsIndexed_LF/main.json": "is defined more than once",
        "arm-templates/bicep-baselines/LoopsIndexed_LF/main.symbolicnames.json": "is defined more than once",
        "arm-templates/bicep-baselines/NestedResources_LF/main.json": "is defined more than once",
        "arm-templates/bicep-baselines/NestedResources_LF/main.symbolicnames.json": "is defined more than once",
        // An output's value is not of the output's type.
        "arm-templates/bicep-baselines/Outputs_CRLF/main.json": "it must be a string, not a boolean",
        "arm-templates/bicep-baselines/Outputs_CRLF/main.symbolicnames.json": "it must be a string, not a boolean",
        // Defaults that do not fit their parameters.
        "arm-templates/psrule/Resources.Copy.Template.1.json": "it must be a string, not an array",
        "arm-templates/psrule/Resources.Copy.Template.2.json": "it must be a string, not an array",
        "arm-templates/psrule/Template.CustomTypes.1.json": "it must have at least 3 characters",
        // Loops must have names of their own.
        "arm-templates/psrule/Resources.Template.json": "The loop 'routeIndex' is there twice",
        // Scopes above subscriptions.
        "arm-templates/psrule/Template.Parsing.6.json": "management groups and tenants are not supported",
        "arm-templates/schema-template-tests/ManagementGroupTemplate.2019-08-01.json":
            "management groups and tenants are not supported",
        "arm-templates/schema-template-tests/TenantTemplate.2019-08-01.json":
            "management groups and tenants are not supported",
        // Beyond the longest expression.
        "arm-templates/psrule/Template.Parsing.9.json": "at most 24576 are allowed",
        // Parameters out of a key vault.
        "arm-templates/psrule/Tests.Bicep.7.json": "refers to a key vault",
        "arm-templates/psrule/Tests.Bicep.9.json": "refers to a key vault",
        // A template of outer scope that uses its own parameters.
        "arm-templates/schema-template-tests/SubscriptionTemplate.2018-05-01.json":
            "The template parameter 'storageAccountName' is not found",
        // Written for schemas only: they depend on what is not there, and one expression is broken.
        "arm-templates/schema-template-tests/Template_1.2019-04-01.json": "is not defined in the template",
        "arm-templates/schema-template-tests/Template_2.2019-04-01.json": "is not valid: ')' was not expected",
        "arm-templates/schema-template-tests/Template_3.2019-04-01.json": "'vmlocation' is there twice",
    ]

    private static func templates(below directory: URL) throws -> [URL] {
        let files = FileManager.default.enumerator(at: directory, includingPropertiesForKeys: nil)
        var found: [URL] = []
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == "json", let document = try? SharedFixtures.read(file),
                document["$schema"]?.text?.lowercased().contains("deploymenttemplate.json") ?? false
            else { continue }
            found.append(file)
        }
        return found.sorted { $0.path < $1.path }
    }

    /// Whether the elements of arrays without a type are objects or texts is tried out.
    private static func outcome(of file: URL) -> Outcome {
        let first = outcome(of: file, elements: .objects)
        guard case .refused = first else { return first }
        let second = outcome(of: file, elements: .texts)
        if case .resources = second { return second }
        return first
    }

    private static func outcome(of file: URL, elements: SampleElements) -> Outcome {
        do {
            let document = try SharedFixtures.read(file)
            let template = try Template(reading: document)
            let context = TemplateFixture.context(group: template.level == .resourceGroup ? "rg" : nil)
            let program = try DeploymentProgram(
                template, supplied: try parameters(for: file, template, elements), context: context,
                inputs: TemplateFixture.inputs)
            return try evaluate(program)
        } catch let problems as TemplateProblems {
            return .refused(problems.list)
        } catch {
            return .refused([TemplateProblem(.invalidTemplate, "\(error)")])
        }
    }

    private static func evaluate(_ program: DeploymentProgram) throws -> Outcome {
        let expansion = try program.expand()
        var resources: [Evaluated] = []
        for resource in expansion.resources where resource.isDeployed {
            let preview = expansion.preview(of: resource)
            guard preview.problems.isEmpty else { return .refused(preview.problems) }
            resources.append(
                Evaluated(
                    id: resource.id, apiVersion: resource.apiVersion,
                    body: JSONWriter.text(of: withoutUnknowns(.object(preview.body))), isExisting: resource.isExisting))
            guard resource.isDeployment, !resource.isExisting else { continue }
            guard let nested = try expansion.nested(resource, previewed: preview) else { continue }
            guard case .inline(let inner) = nested.source, preview.isComplete else { continue }
            var context = TemplateFixture.context(group: nested.target.resourceGroup, name: resource.name)
            context.scope = nested.target
            let child = try expansion.program(
                nested, template: inner, of: resource, context: context, inputs: TemplateFixture.inputs)
            switch try evaluate(child) {
            case .resources(let inside, _): resources += inside
            case .refused(let problems): return .refused(problems)
            }
        }
        let problems = expansion.outputProblems()
        guard problems.isEmpty else { return .refused(problems) }
        return .resources(resources, outputs: program.template.outputs.count)
    }

    /// Null in place of expressions that wait for the running system: the dialects spell them differently.
    private static func withoutUnknowns(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text) where TemplateText.isExpression(text): .null
        case .array(let elements): .array(elements.map { withoutUnknowns($0) })
        case .object(let object): .object(JSONObject(object.members.map { ($0.name, withoutUnknowns($0.value)) }))
        default: value
        }
    }

    /// A word that Azure's own tests put a value in place of.
    private static func isPlaceholder(_ supplied: JSONValue) -> Bool {
        let text = supplied["value"]?.text ?? ""
        return text.hasPrefix("GEN-") || text.hasPrefix("GET-")
    }

    /// The values of the parameter file beside a template, and made-up ones for what has no value.
    private static func parameters(
        for file: URL, _ template: Template, _ elements: SampleElements
    ) throws -> JSONValue {
        var supplied = JSONObject()
        let beside = file.deletingPathExtension().appendingPathExtension("parameters.json")
        if let written = try? SharedFixtures.read(beside), case .object(let object)? = written["parameters"] {
            for member in object.members where member.value["value"] != nil && !isPlaceholder(member.value) {
                supplied.set(member.name, member.value)
            }
        }
        for parameter in template.parameters where parameter.defaultValue == nil && supplied[parameter.name] == nil {
            let value = parameter.schema.sample(template.definitions, named: parameter.name, elements)
            supplied.set(parameter.name, .object(JSONObject([("value", value)])))
        }
        return .object(supplied)
    }
}

/// What made-up arrays hold.
enum SampleElements {
    case objects
    case texts
}

extension TypeSchema {
    /// A value that fits; texts are made of the name, so that they differ.
    func sample(_ definitions: TypeDefinitions, named name: String, _ style: SampleElements) -> JSONValue {
        if let value = allowedValues?.first { return resolvedKind(definitions) == .array ? .array([value]) : value }
        if let reference, let definition = definitions[reference], kind == nil {
            return definition.sample(definitions, named: name, style)
        }
        if let discriminator, let (value, schema) = discriminator.mapping.min(by: { $0.key < $1.key }) {
            guard case .object(var object) = schema.sample(definitions, named: name, style) else { return .null }
            object.set(discriminator.propertyName, .string(value))
            return .object(object)
        }
        switch kind {
        case .string, .secureString:
            if name.lowercased().hasSuffix("resourceid") {
                return .string("/subscriptions/\(TemplateFixture.subscription)/resourceGroups/rg/providers/A.B/c/d")
            }
            let padded = name.lowercased() + String(repeating: "a", count: max(0, Int(minimumLength ?? 0) - name.count))
            return .string(String(padded.prefix(Int(maximumLength ?? 60))))
        case .int: return .integer(minimum ?? min(1, maximum ?? 1))
        case .bool: return .boolean(true)
        case .array:
            var elements = prefixItems.map { $0.sample(definitions, named: name, style) }
            while elements.count < max(2, Int(minimumLength ?? 0)), prefixItems.isEmpty {
                elements.append(element(definitions, "\(name)\(elements.count)", style))
            }
            return .array(elements)
        case .object, .secureObject, nil:
            return .object(
                JSONObject(
                    properties.filter { !$0.schema.isNullable(definitions) }.map {
                        ($0.name, $0.schema.sample(definitions, named: $0.name, style))
                    }))
        }
    }

    private func element(_ definitions: TypeDefinitions, _ name: String, _ style: SampleElements) -> JSONValue {
        if case .schema(let schema) = items { return schema.sample(definitions, named: name, style) }
        switch style {
        case .texts: return .string(name)
        case .objects:
            return .object(JSONObject([("name", .string(name)), ("location", .string("eastus"))]))
        }
    }
}
