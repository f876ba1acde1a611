package import Resources

/// What a resource of type `Microsoft.Resources/deployments` asks for.
package struct NestedDeployment: Sendable {
    package enum Source: Sendable {
        /// In the parent's template.
        case inline(JSONValue)
        /// `templateLink`: to be fetched.
        case link(JSONValue)
    }

    package let name: String
    package let target: DeploymentScope
    package let location: String?
    package let source: Source
    /// Evaluated by the parent; `{name: {"value": …}}`.
    package var parameters: JSONValue?
    /// Those of its parameters whose values are known only when the parent runs, by name in lower case.
    var undeterminedParameters: Set<String> = []
    /// Not even the names of its parameters are known yet.
    var hasUndeterminedParameters = false
    package let parametersLink: JSONValue?
    /// Expressions are the parent's.
    package let isOuter: Bool
    package let debugSetting: JSONValue?
}

extension Expansion {
    /// Reads a nested deployment; throws `needs` until `runtime` holds what its parameters refer to.
    package func nested(
        _ resource: PlannedResource, _ runtime: RuntimeValues
    ) throws(EvaluationFailure) -> NestedDeployment {
        let body = try body(of: resource, runtime)
        return try read(body, resource)
    }

    /// The same from what is known before it is deployed. Parameters that wait for the running system stay undetermined;
    /// nil when what is needed to read the template waits for it too.
    package func nested(
        _ resource: PlannedResource, previewed preview: Preview
    ) throws(TemplateProblems) -> NestedDeployment? {
        guard preview.problems.isEmpty else { throw TemplateProblems(preview.problems) }
        do throws(EvaluationFailure) {
            guard !preview.isComplete else { return try read(preview.body, resource) }
            let parts = surveyParts(of: resource, preview.runtime)
            guard parts.isTemplateKnown else { return nil }
            var nested = try read(preview.body, resource)
            nested.undeterminedParameters = parts.undetermined
            nested.hasUndeterminedParameters = parts.areParametersUndetermined
            return nested
        } catch {
            guard case .problem(let problem) = error.located(at: resource.path) else {
                throw TemplateProblems(
                    TemplateProblem(.invalidTemplate, "It needs the running system.", path: resource.path))
            }
            throw TemplateProblems(problem)
        }
    }

    /// Which parts of a nested deployment wait for the running system.
    private struct Parts {
        var isTemplateKnown = true
        var areParametersUndetermined = false
        var undetermined: Set<String> = []
    }

    private func surveyParts(of resource: PlannedResource, _ runtime: RuntimeValues) -> Parts {
        var parts = Parts()
        guard case .object(let properties)? = resource.body["properties"] else {
            parts.isTemplateKnown = false
            return parts
        }
        for member in properties.members {
            let path = "\(resource.path).properties.\(member.name)"
            guard member.name.lowercased() == "parameters" else {
                if survey(JSONObject([member]), of: resource, at: path, runtime) != nil {
                    parts.isTemplateKnown = false
                }
                continue
            }
            guard case .object(let parameters) = member.value else {
                parts.areParametersUndetermined = survey(JSONObject([member]), of: resource, at: path, runtime) != nil
                continue
            }
            for parameter in parameters.members {
                let waiting = survey(JSONObject([parameter]), of: resource, at: "\(path).\(parameter.name)", runtime)
                parts.undetermined.formUnion(waiting ?? [])
            }
        }
        return parts
    }

    /// The names of the members that come of these, when one of them waits for the running system; nil when none does.
    private func survey(
        _ members: JSONObject, of resource: PlannedResource, at path: String, _ runtime: RuntimeValues
    ) -> [String]? {
        let (value, survey) = self.survey(runtime) { evaluator throws(EvaluationFailure) in
            try evaluator.evaluate(.object(members), in: resource.frame, at: path)
        }
        guard !survey.needs.isEmpty else { return nil }
        return value?.members.map { $0.name.lowercased() } ?? []
    }

    private func read(_ body: JSONObject, _ resource: PlannedResource) throws(EvaluationFailure) -> NestedDeployment {
        let properties = body["properties"]
        let place = "\(resource.path).properties"
        if let mode = properties?["mode"]?.text, mode.lowercased() != "incremental" {
            throw EvaluationFailure.problem(
                "A nested deployment can only have the mode Incremental, not '\(mode.prefix(40))'."
            )
            .located(at: "\(place).mode")
        }
        // Written in place, or made by an expression.
        let inline = properties?["template"] ?? resource.declaration["properties"]?["template"]
        let link = properties?["templateLink"]
        let source: NestedDeployment.Source
        switch (inline, link) {
        case (let template?, nil): source = .inline(template)
        case (nil, let link?): source = .link(link)
        default:
            throw EvaluationFailure.problem("A nested deployment must have either 'template' or 'templateLink'.")
                .located(at: place)
        }
        let isInner = try isInner(properties?["expressionEvaluationOptions"]?["scope"], place)
        return NestedDeployment(
            name: resource.name, target: try target(of: resource), location: body["location"]?.text, source: source,
            parameters: properties?["parameters"], parametersLink: properties?["parametersLink"],
            isOuter: inline != nil && !isInner, debugSetting: properties?["debugSetting"])
    }

    private func isInner(_ scope: JSONValue?, _ place: String) throws(EvaluationFailure) -> Bool {
        guard let scope, scope != .null else { return false }
        switch scope.text?.lowercased() {
        case "inner": return true
        case "outer", "notspecified": return false
        default:
            throw EvaluationFailure.problem(
                "The scope of expressionEvaluationOptions must be 'inner' or 'outer', not \(Evaluator.described(scope))."
            ).located(at: "\(place).expressionEvaluationOptions.scope")
        }
    }

    private func target(of resource: PlannedResource) throws(EvaluationFailure) -> DeploymentScope {
        if let scope = DeploymentScope(id: resource.address.scope) { return scope }
        throw EvaluationFailure.problem(
            "A deployment goes to a subscription or a resource group, not to '\(resource.address.scope.prefix(200))'."
        ).located(at: "\(resource.path).scope")
    }

    /// The program of a nested deployment whose template is there. `context` is its own, of its target.
    package func program(
        _ nested: NestedDeployment, template document: JSONValue, of resource: PlannedResource,
        context: DeploymentContext, inputs: BindingInputs
    ) throws(TemplateProblems) -> DeploymentProgram {
        let place = "\(resource.path).properties.template"
        guard program.nesting + 1 < DeploymentProgram.nestingLimit else {
            throw TemplateProblems(
                TemplateProblem(
                    .tooLarge, "Templates are nested deeper than \(DeploymentProgram.nestingLimit) levels.", path: place
                ))
        }
        let isInline = if case .inline = nested.source { true } else { false }
        let template = try Template(
            reading: document, at: isInline ? place : "$",
            enclosingFunctions: nested.isOuter ? Set(environment.functions.keys) : [])
        guard nested.isOuter else {
            return try DeploymentProgram(
                template, nested: nested, context: context, inputs: inputs, nesting: program.nesting + 1,
                allowance: environment.allowance)
        }
        var environment = environment
        environment.expressions.merge(template.expressions) { known, _ in known }
        return DeploymentProgram(
            template: template, parameters: [], target: nested.target, environment: environment,
            copies: resource.frame.copies, nesting: program.nesting + 1)
    }
}
