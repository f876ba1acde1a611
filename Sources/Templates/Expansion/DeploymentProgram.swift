package import Resources

/// A template with everything that its expressions need but the running system: ready to be expanded and carried out.
///
/// ```swift
/// let template = try Template(reading: document)
/// let program = try DeploymentProgram(template, supplied: parameters, context: context, inputs: inputs)
/// let expansion = try program.expand()
/// for resource in expansion.resources { … try expansion.body(of: resource, runtime) … }
/// ```
package struct DeploymentProgram: Sendable {
    package let template: Template
    package let parameters: [BoundParameter]
    /// Where its resources go. The environment's own scope is the parent's for a nested template of outer scope.
    package let target: DeploymentScope
    private(set) var environment: Environment
    /// Loops of the parent around a nested template of outer scope.
    let copies: [Frame.Copy]
    /// How many templates are around it.
    package let nesting: Int

    /// Templates may be nested that deep.
    package static let nestingLimit = 16

    /// Binds the parameters; throws everything that is wrong with them.
    package init(
        _ template: Template, supplied: JSONValue?, context: DeploymentContext, inputs: BindingInputs,
        nesting: Int = 0
    ) throws(TemplateProblems) {
        let binding = try ParameterBinder.bind(template, supplied: supplied, context: context, inputs: inputs)
        try self.init(template, bound: binding.bound, context: context, nesting: nesting)
    }

    /// Of a template inside of another: both are surveyed within one allowance, and what the other one does not know
    /// yet is unknown here.
    init(
        _ template: Template, nested: NestedDeployment, context: DeploymentContext, inputs: BindingInputs, nesting: Int,
        allowance: SurveyAllowance
    ) throws(TemplateProblems) {
        let undetermined =
            nested.hasUndeterminedParameters
            ? Set(template.parameters.map { $0.name.lowercased() }) : nested.undeterminedParameters
        let binding = try ParameterBinder.bind(
            template, supplied: nested.hasUndeterminedParameters ? nil : nested.parameters, undetermined: undetermined,
            context: context, inputs: inputs)
        try self.init(template, bound: binding.bound, context: context, nesting: nesting)
        environment.undeterminedParameters = binding.undetermined
        environment.allowance = allowance
    }

    /// With values that were bound before.
    package init(
        _ template: Template, bound: [BoundParameter], context: DeploymentContext, nesting: Int = 0
    ) throws(TemplateProblems) {
        let isGroupLevel = context.scope.resourceGroup != nil
        guard (template.level == .resourceGroup) == isGroupLevel else {
            throw TemplateProblems(
                TemplateProblem(
                    .invalidTemplate,
                    isGroupLevel
                        ? "The template's schema is that of a subscription; it can't be deployed to a resource group."
                        : "The template's schema is that of a resource group; it can't be deployed to a subscription.",
                    path: "$.$schema"))
        }
        var environment = Environment(template, context)
        for parameter in bound { environment.parameters[parameter.name.lowercased()] = parameter.value }
        self.init(
            template: template, parameters: bound, target: context.scope, environment: environment, copies: [],
            nesting: nesting)
    }

    init(
        template: Template, parameters: [BoundParameter], target: DeploymentScope, environment: Environment,
        copies: [Frame.Copy], nesting: Int
    ) {
        (self.template, self.parameters, self.target) = (template, parameters, target)
        (self.environment, self.copies, self.nesting) = (environment, copies, nesting)
    }

    package var context: DeploymentContext { environment.context }

    /// The values of variables, for tests and for tools that show them.
    package func variable(_ name: String) throws(EvaluationFailure) -> JSONValue {
        try Evaluator(environment).variable(name, in: Frame(place: .resourceBody))
    }

    /// The value of one text in the place of a resource's property.
    package func evaluate(_ value: JSONValue) throws(EvaluationFailure) -> JSONValue {
        try Evaluator(environment).evaluate(value, in: Frame(place: .resourceBody), at: "$")
    }
}
