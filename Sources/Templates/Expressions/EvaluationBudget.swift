import Resources
import Synchronization

/// What one evaluation may still cost, so that no template can hang the service or fill its memory.
///
/// A step is about one value touched or some bytes of text made: a tenth of a microsecond, ten times that in a debug
/// build.
struct EvaluationBudget {
    private(set) var steps: Int
    private var depth = 0

    /// Steps of one evaluation: more than ten times what the largest templates that are allowed need.
    static let stepLimit = 1_000_000
    /// How deep evaluations may be nested: expressions in variables in user functions in lambdas.
    static let depthLimit = 400
    /// Longest text and longest array that a function may make.
    static let textLimit = 4 * 1_024 * 1_024
    static let countLimit = 100_000

    init(steps: Int = stepLimit) {
        self.steps = steps
    }

    mutating func spend(_ count: Int) throws(EvaluationFailure) {
        steps -= count
        guard steps >= 0 else {
            throw .problem(TemplateProblem(.tooLarge, "The template takes too much work to evaluate."))
        }
    }

    mutating func enter() throws(EvaluationFailure) {
        guard depth < Self.depthLimit else {
            throw .problem(
                TemplateProblem(
                    .tooLarge, "The template's expressions are nested deeper than \(Self.depthLimit) levels."))
        }
        depth += 1
    }

    mutating func leave() {
        depth -= 1
    }

    /// Refuses a value that is nested too deep: who walks it must not run out of stack.
    mutating func checkDepth(
        of value: JSONValue, _ levels: Int = JSONParser.templateDepthLimit
    ) throws(EvaluationFailure) {
        switch value {
        case .array(let elements):
            try enterPart(of: elements.count, levels)
            for element in elements { try checkDepth(of: element, levels - 1) }
        case .object(let object):
            try enterPart(of: object.members.count, levels)
            for member in object.members { try checkDepth(of: member.value, levels - 1) }
        default: break
        }
    }

    private mutating func enterPart(of count: Int, _ levels: Int) throws(EvaluationFailure) {
        try spend(1 + count / 4)
        guard levels > 0 else {
            throw .problem(
                TemplateProblem(
                    .tooLarge,
                    "The template makes a value that is nested deeper than \(JSONParser.templateDepthLimit) levels."))
        }
    }
}

/// Steps for looking through all resources of a template and of those inside of it, before anything runs: many cheap
/// resources or a few dear ones.
final class SurveyAllowance: Sendable {
    private let steps = Mutex(10 * EvaluationBudget.stepLimit)

    /// A budget of its own for one evaluation, within the allowance.
    var budget: EvaluationBudget {
        EvaluationBudget(steps: min(EvaluationBudget.stepLimit, steps.withLock { $0 }))
    }

    func take(whatWasSpentOf budget: EvaluationBudget, from before: EvaluationBudget) {
        steps.withLock { $0 = max(0, $0 - (before.steps - budget.steps)) }
    }
}
