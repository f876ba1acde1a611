import Resources

/// Finds parameters and variables that a template names and does not have.
///
/// An evaluation ends at the first value that is not known yet, and what stands behind it is looked at only when the
/// deployment runs. The names there can be checked before.
struct NameCheck {
    private let evaluator: Evaluator
    private let environment: Environment
    private var trail = Trail("$")
    private(set) var problems: [TemplateProblem] = []

    init(_ evaluator: Evaluator) {
        self.evaluator = evaluator
        environment = evaluator.environment
    }

    mutating func walk(_ value: JSONValue, at path: String) throws(EvaluationFailure) {
        trail = Trail(path)
        try walk(value)
    }

    private mutating func walk(_ value: JSONValue) throws(EvaluationFailure) {
        try evaluator.budget.spend(1)
        guard problems.count < TemplateLimits.problems else { return }
        switch value {
        case .string(let text): check(text)
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                trail.enter(.element(index))
                try walk(element)
                trail.leave()
            }
        case .object(let object):
            for member in object.members where !isLeftOut(member) {
                trail.enter(.member(member.name))
                check(member.name)
                try walk(member.value)
                trail.leave()
            }
        default: break
        }
    }

    /// Templates inside of this one are checked when they are expanded.
    private func isLeftOut(_ member: (name: String, value: JSONValue)) -> Bool {
        switch member.name.lowercased() {
        case "template": member.value["$schema"] != nil
        case "metadata", "comments": true
        default: false
        }
    }

    private mutating func check(_ text: String) {
        guard text.utf8.first == UInt8(ascii: "["),
            // What can't be read is told where it is evaluated.
            case .expression(let expression)? = try? evaluator.parse(text)
        else { return }
        let path = trail
        expression.forEachCall { callee, arguments in
            guard case .builtIn(let function) = callee, case .text(let name)? = arguments.first,
                let message = problem(function, name.lowercased(), name)
            else { return }
            problems.append(TemplateProblem(.invalidTemplate, message, path: path.text))
        }
    }

    private func problem(_ function: BuiltInFunction, _ key: String, _ name: String) -> String? {
        switch function {
        case .parameters where environment.parameters[key] == nil && !environment.undeterminedParameters.contains(key):
            "The template parameter '\(name.prefix(100))' is not found."
        case .variables where environment.variables[key] == nil:
            "The template variable '\(name.prefix(100))' is not found."
        default: nil
        }
    }
}
