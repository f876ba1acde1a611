package import Resources

/// A parameter with the value that it has for a whole deployment.
package struct BoundParameter: Sendable, Equatable {
    package var name: String
    /// As answers spell it: `String`, `SecureString`, …
    package var typeName: String
    package var value: JSONValue
    /// The value is a secret: it is kept sealed and never shown.
    package var isSecure: Bool

    package init(name: String, typeName: String, value: JSONValue, isSecure: Bool) {
        (self.name, self.typeName, self.value, self.isSecure) = (name, typeName, value, isSecure)
    }
}

/// Gives every parameter of a template its value: the supplied one, or its default.
final class ParameterBinder {
    private let template: Template
    private let evaluator: Evaluator
    private let byName: [String: Template.Parameter]
    private var inProgress: Set<String> = []
    private var problems: [TemplateProblem] = []

    private init(
        _ template: Template, _ context: DeploymentContext, _ inputs: BindingInputs, _ undetermined: Set<String>
    ) {
        self.template = template
        byName = Dictionary(
            template.parameters.map { ($0.name.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
        evaluator = Evaluator(Environment(template, context))
        evaluator.inputs = inputs
        evaluator.environment.undeterminedParameters = undetermined
    }

    /// What the parameters of a template are, as far as it is known.
    struct Binding {
        var bound: [BoundParameter]
        /// Those whose values are not known yet: supplied as such, or with a default that refers to one of them.
        var undetermined: Set<String>
    }

    /// `supplied` is the request's `parameters`: `{name: {"value": …}}`; the values of those in `undetermined`, by name
    /// in lower case, do not count. Throws everything that is wrong.
    static func bind(
        _ template: Template, supplied: JSONValue?, undetermined: Set<String> = [], context: DeploymentContext,
        inputs: BindingInputs
    ) throws(TemplateProblems) -> Binding {
        let binder = ParameterBinder(template, context, inputs, undetermined)
        binder.take(supplied)
        let bound = binder.bindAll()
        guard binder.problems.isEmpty else { throw TemplateProblems(binder.problems) }
        return Binding(bound: bound, undetermined: binder.evaluator.environment.undeterminedParameters)
    }

    private func report(_ message: String, at path: String) {
        guard problems.count < TemplateLimits.problems else { return }
        problems.append(TemplateProblem(.parameter, message, path: path))
    }

    private func take(_ supplied: JSONValue?) {
        switch supplied {
        case nil, .null: return
        case .object(let object):
            for member in object.members { take(member.name, member.value) }
        case let other?: report("'parameters' must be an object, not \(other.typeName).", at: "$.parameters")
        }
    }

    private func take(_ name: String, _ supplied: JSONValue) {
        let place = "$.parameters.\(name)"
        guard let parameter = byName[name.lowercased()] else {
            let known = template.parameters.prefix(30).map(\.name).joined(separator: ", ")
            return report(
                "The parameter '\(name.prefix(100))' is supplied, but the template has no parameter of that name. The "
                    + "template's parameters are: \(known).", at: place)
        }
        guard !evaluator.environment.undeterminedParameters.contains(name.lowercased()) else { return }
        guard case .object(let object) = supplied else {
            return report(
                "The parameter '\(name)' must be supplied as an object with a 'value', not as \(supplied.typeName).",
                at: place)
        }
        // Null, which compilers pass on, is no value: the default counts.
        if object["value"] == .null { return }
        guard let value = object["value"] else {
            let problem =
                object["reference"] != nil
                ? "The parameter '\(name)' refers to a key vault, and there are none here; supply its value."
                : "The parameter '\(name)' is supplied without a 'value'."
            return report(problem, at: place)
        }
        for problem in parameter.schema.problems(of: value, at: "\(place).value", template.definitions) {
            report(
                "The value of the parameter '\(parameter.name)' is not valid: it \(problem.message).",
                at: problem.path ?? place)
        }
        evaluator.environment.parameters[name.lowercased()] = value
    }

    private func bindAll() -> [BoundParameter] {
        evaluator.bindParameter = { [unowned self] name throws(EvaluationFailure) in try bindDefault(name) }
        var bound: [BoundParameter] = []
        for parameter in template.parameters {
            let lowered = parameter.name.lowercased()
            guard !evaluator.environment.undeterminedParameters.contains(lowered) else { continue }
            do throws(EvaluationFailure) {
                var found = evaluator.environment.parameters[lowered]
                if found == nil { found = try bindDefault(lowered) }
                guard let value = found else { continue }
                bound.append(
                    BoundParameter(
                        name: parameter.name, typeName: parameter.schema.typeName(template.definitions), value: value,
                        isSecure: parameter.schema.isSecure(template.definitions)))
            } catch .problem(let problem) {
                if problems.count < TemplateLimits.problems { problems.append(problem) }
            } catch .needs(.undetermined) {
                evaluator.environment.undeterminedParameters.insert(lowered)
            } catch {
                report("The default value of '\(parameter.name)' needs the running system.", at: parameter.path)
            }
        }
        evaluator.bindParameter = nil
        return bound
    }

    /// The value of a parameter that was not supplied; nil for an unknown name.
    private func bindDefault(_ name: String) throws(EvaluationFailure) -> JSONValue? {
        guard let parameter = byName[name] else { return nil }
        let place = "\(parameter.path).defaultValue"
        guard let written = parameter.defaultValue else {
            guard parameter.schema.isNullable(template.definitions) else {
                throw .problem(
                    TemplateProblem(
                        .parameter, "The value for the template parameter '\(parameter.name)' is not provided.",
                        path: "$.parameters.\(parameter.name)"))
            }
            evaluator.environment.parameters[name] = .null
            return .null
        }
        guard inProgress.insert(name).inserted else {
            throw .problem(
                TemplateProblem(
                    .circularDependency, "The default value of the parameter '\(parameter.name)' refers to itself.",
                    path: place))
        }
        defer { inProgress.remove(name) }
        let value = try evaluator.evaluate(written, in: Frame(place: .parameterDefault), at: place)
        if let problem = parameter.schema.problems(of: value, at: place, template.definitions).first {
            throw .problem(
                TemplateProblem(
                    .parameter,
                    "The default value of the parameter '\(parameter.name)' is not valid: it \(problem.message).",
                    path: problem.path))
        }
        try evaluator.checkSize(
            of: value, TemplateLimits.templateBytes, "The default value of '\(parameter.name)'", place)
        evaluator.environment.parameters[name] = value
        return value
    }
}

extension Environment {
    /// A template's own names, without values for its parameters yet.
    init(_ template: Template, _ context: DeploymentContext) {
        var summary = JSONObject([
            ("$schema", template.document["$schema"] ?? .null), ("contentVersion", .string(template.contentVersion)),
        ])
        if let metadata = template.document["metadata"] { summary.set("metadata", metadata) }
        self.init(
            context: context, parameters: [:], variables: template.variables, functions: template.functions,
            definitions: template.definitions, expressions: template.expressions, templateSummary: .object(summary))
    }
}
