import Foundation
import Resources
import Templates

/// What must hold of any text that somebody sends as a template.
package enum TemplateCheck {
    /// What does not hold, if anything. The first byte says what the rest stands for: a template as text (`t`), one
    /// expression (`e`), or the choices of a generated template (`g`) or expression (`x`).
    package static func complaint(about input: [UInt8]) -> String? {
        let rest = Array(input.dropFirst())
        switch input.first {
        case UInt8(ascii: "t"): return text(rest)
        case UInt8(ascii: "e"): return expression(String(decoding: rest, as: UTF8.self))
        case UInt8(ascii: "g"):
            var maker = TemplateMaker(rest)
            return template(maker.template())
        case UInt8(ascii: "x"):
            var maker = ExpressionMaker(ByteSource(rest))
            return expression(maker.text())
        default: return nil
        }
    }

    /// The template that an input stands for, to be shown with a complaint.
    package static func spelling(of input: [UInt8]) -> String {
        let rest = Array(input.dropFirst())
        switch input.first {
        case UInt8(ascii: "g"):
            var maker = TemplateMaker(rest)
            return JSONWriter.text(of: maker.template())
        case UInt8(ascii: "x"):
            var maker = ExpressionMaker(ByteSource(rest))
            return maker.text()
        default: return String(decoding: rest, as: UTF8.self)
        }
    }

    private static func text(_ bytes: [UInt8]) -> String? {
        // What is no JSON is refused, and that is all there is to say.
        guard let document = try? JSONParser.parse(bytes, as: .template) else { return nil }
        return roundTrip(document, "the document") ?? template(document)
    }

    private static func expression(_ text: String) -> String? {
        let document = JSONValue.object(
            JSONObject([
                ("$schema", .string("https://a/deploymentTemplate.json")), ("contentVersion", .string("1.0.0.0")),
                (
                    "parameters",
                    .object(
                        JSONObject([
                            ("p0", .object(JSONObject([("type", .string("string")), ("defaultValue", .string(text))])))
                        ]))
                ),
                ("resources", .array([])),
                (
                    "outputs",
                    .object(
                        JSONObject([
                            (
                                "o",
                                .object(JSONObject([("type", .string("object")), ("value", .array([.string(text)]))]))
                            )
                        ]))
                ),
            ]))
        return template(document)
    }

    private static func template(_ document: JSONValue) -> String? {
        do {
            let program = try DeploymentProgram(
                try Template(reading: document), supplied: nil, context: Surroundings.context("rg"),
                inputs: Surroundings.inputs)
            return try check(program)
        } catch let problems as TemplateProblems {
            return complaint(about: problems.list)
        } catch let failure as EvaluationFailure {
            if case .problem(let problem) = failure { return complaint(about: [problem]) }
            return nil
        } catch {
            return "an error of another type: \(error)"
        }
    }

    private static func check(_ program: DeploymentProgram) throws -> String? {
        let expansion = try program.expand()
        guard expansion.resources.count <= TemplateLimits.resources else {
            return "\(expansion.resources.count) resources"
        }
        for (position, resource) in expansion.resources.enumerated() {
            guard !resource.dependencies.contains(position) else { return "a resource waits for itself" }
        }
        for resource in expansion.resources.prefix(10) where resource.isDeployed {
            let preview = expansion.preview(of: resource)
            if let found = complaint(about: preview.problems) ?? roundTrip(.object(preview.body), "a preview") {
                return found
            }
            var system = Surroundings()
            let body: JSONObject? = try system.answering { runtime in try expansion.body(of: resource, runtime) }
            guard let body else { continue }
            guard JSONWriter.size(of: .object(body), limit: TemplateLimits.resourceBytes) != nil else {
                return "a body is too large"
            }
            if let found = roundTrip(.object(body), "a body") { return found }
            guard resource.isDeployment, !resource.isExisting else { continue }
            if let found = try nested(expansion, resource, &system) { return found }
        }
        if let found = complaint(about: expansion.outputProblems()) { return found }
        var system = Surroundings()
        let outputs: [Expansion.OutputValue]? = try system.answering { runtime in try expansion.outputs(runtime) }
        for output in outputs ?? [] {
            if let found = roundTrip(output.value, "the output \(output.name)") { return found }
        }
        return nil
    }

    private static func nested(
        _ expansion: Expansion, _ resource: PlannedResource, _ system: inout Surroundings
    ) throws -> String? {
        let nested: NestedDeployment? = try system.answering { runtime in try expansion.nested(resource, runtime) }
        guard let nested, case .inline(let document) = nested.source else { return nil }
        var context = Surroundings.context(nested.target.resourceGroup)
        context.scope = nested.target
        return try check(
            try expansion.program(
                nested, template: document, of: resource, context: context, inputs: Surroundings.inputs))
    }

    /// Problems are there, few, and short enough to be sent and logged.
    private static func complaint(about problems: [TemplateProblem]) -> String? {
        guard problems.count <= TemplateLimits.problems + 1 else { return "\(problems.count) problems" }
        // What `fail` is given is the template's own.
        for problem in problems where problem.message.isEmpty && problem.path == nil { return "an empty problem" }
        return nil
    }

    private static func roundTrip(_ value: JSONValue, _ subject: String) -> String? {
        let written = JSONWriter.text(of: value)
        do {
            let again = try JSONParser.parse(written.utf8, as: .template)
            return again == value
                ? nil : "\(subject) is read as another value than was written: \(written.prefix(2_000))"
        } catch {
            return "\(subject) can't be read again: \(error): \(written.prefix(2_000))"
        }
    }
}
