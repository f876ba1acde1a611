package import Resources

/// A template's resources, expanded and in the order of its graph.
package struct Expansion: Sendable {
    package let program: DeploymentProgram
    /// In the order in which they are written; `dependencies` are positions here.
    package let resources: [PlannedResource]
    /// Places of resources that are not among them, in order: what they are depends on parameters that are not known yet.
    package let undetermined: [String]
    /// With the names of the resources, for `reference`.
    let environment: Environment

    /// The body to send: members without value are left out. Throws `needs` until `runtime` holds what it refers to.
    package func body(
        of resource: PlannedResource, _ runtime: RuntimeValues
    ) throws(EvaluationFailure) -> JSONObject {
        try body(of: resource, Evaluator(environment, runtime: runtime))
    }

    private func body(of resource: PlannedResource, _ evaluator: Evaluator) throws(EvaluationFailure) -> JSONObject {
        let value = try evaluator.evaluate(resource.body, in: resource.frame, at: resource.path)
        try evaluator.checkSize(
            of: value, TemplateLimits.resourceBytes, "The resource '\(resource.name.prefix(200))'", resource.path)
        // A parameter of a nested deployment may be null.
        guard case .object(let object) = resource.isDeployment ? value : value.withoutNulls else { return JSONObject() }
        return object
    }

    /// What is known of a resource before it is deployed: its body, and every mistake in it.
    package struct Preview: Sendable {
        /// Expressions stand for themselves where only the running system knows their value.
        package var body: JSONObject
        package var problems: [TemplateProblem]
        /// What the running system was asked for and had no response to.
        package var needs: [RuntimeRequest]
        /// What it was made with.
        var runtime: RuntimeValues

        /// Nothing in it waits for the running system.
        package var isComplete: Bool { needs.isEmpty && problems.isEmpty }
    }

    package func preview(of resource: PlannedResource, _ runtime: RuntimeValues = RuntimeValues()) -> Preview {
        let (body, survey) = survey(runtime) { evaluator throws(EvaluationFailure) in
            do throws(EvaluationFailure) {
                return try self.body(of: resource, evaluator)
            } catch {
                throw error.located(at: resource.path)
            }
        }
        return Preview(
            body: body ?? JSONObject(), problems: survey.problems, needs: survey.needs, runtime: runtime)
    }

    /// Evaluates within what may be spent on finding mistakes, and goes on behind them; see `Survey`.
    func survey<Value>(
        _ runtime: RuntimeValues, _ evaluate: (Evaluator) throws(EvaluationFailure) -> Value
    ) -> (value: Value?, survey: Survey) {
        let evaluator = Evaluator(environment, runtime: runtime)
        let budget = environment.allowance.budget
        evaluator.budget = budget
        defer { environment.allowance.take(whatWasSpentOf: evaluator.budget, from: budget) }
        evaluator.survey = Survey()
        var value: Value?
        do throws(EvaluationFailure) {
            value = try evaluate(evaluator)
        } catch {
            evaluator.survey?.note(error)
        }
        return (value, evaluator.survey ?? Survey())
    }

    // MARK: Outputs

    /// A value that a deployment answers.
    package struct OutputValue: Sendable, Equatable {
        package var name: String
        package var typeName: String
        package var value: JSONValue
        package var isSecure: Bool
    }

    /// All outputs, after every resource succeeded; those whose condition is false are left out.
    package func outputs(_ runtime: RuntimeValues) throws(EvaluationFailure) -> [OutputValue] {
        let evaluator = Evaluator(environment, runtime: runtime)
        var values: [OutputValue] = []
        for output in program.template.outputs {
            if let value = try evaluate(output, evaluator) { values.append(value) }
        }
        return values
    }

    /// Mistakes in outputs that can be told before anything runs.
    package func outputProblems() -> [TemplateProblem] {
        survey(RuntimeValues()) { evaluator throws(EvaluationFailure) in
            for output in program.template.outputs {
                do throws(EvaluationFailure) {
                    _ = try evaluate(output, evaluator)
                } catch {
                    evaluator.survey?.note(error.located(at: output.path))
                }
            }
        }.survey.problems
    }

    private func evaluate(_ output: Template.Output, _ evaluator: Evaluator) throws(EvaluationFailure) -> OutputValue? {
        let frame = Frame(place: .output, copies: program.copies)
        if let condition = output.declaration["condition"] {
            let flag = try evaluator.evaluate(condition, in: frame, at: "\(output.path).condition")
            guard flag.asCondition != false else { return nil }
        }
        let value: JSONValue
        let before = evaluator.survey.map { $0.problems.count + $0.needs.count }
        if let copy = output.declaration["copy"], let count = copy["count"], let input = copy["input"] {
            let loop = PropertyLoop(name: copy["name"]?.text ?? output.name, count: count, input: input)
            value = .array(try evaluator.evaluate(loop, in: frame, at: "\(output.path).copy"))
        } else {
            value = try evaluator.evaluate(
                output.declaration["value"] ?? .null, in: frame, at: "\(output.path).value")
        }
        let isWhole = evaluator.survey.map { $0.problems.count + $0.needs.count == before } ?? true
        try evaluator.checkSize(of: value, TemplateLimits.templateBytes, "The output '\(output.name)'", output.path)
        let definitions = program.template.definitions
        if isWhole, let problem = output.schema.problems(of: value, at: "\(output.path).value", definitions).first {
            throw .problem(
                TemplateProblem(
                    .invalidTemplate, "The output '\(output.name)' is not valid: it \(problem.message).",
                    path: problem.path))
        }
        return OutputValue(
            name: output.name, typeName: output.schema.typeName(definitions), value: value,
            isSecure: output.schema.isSecure(definitions))
    }
}

extension JSONValue {
    /// Without members that are null, at any depth.
    var withoutNulls: JSONValue {
        switch self {
        case .object(let object):
            .object(
                JSONObject(
                    unique: object.members.compactMap { member in
                        if case .null = member.value { nil } else { (member.name, member.value.withoutNulls) }
                    }))
        case .array(let elements): .array(elements.map(\.withoutNulls))
        default: self
        }
    }

    /// A boolean, or the text of one; nil for anything else.
    var asCondition: Bool? {
        switch self {
        case .boolean(let flag): flag
        case .string(let text) where text.lowercased() == "true": true
        case .string(let text) where text.lowercased() == "false": false
        default: nil
        }
    }
}
