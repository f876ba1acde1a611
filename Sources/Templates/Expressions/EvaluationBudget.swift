/// What one evaluation may still cost, so that no template can hang the service or fill its memory.
///
/// A step is about one value touched or ten bytes of text made.
struct EvaluationBudget {
    private var steps: Int
    private var depth = 0

    /// Steps of one evaluation: some hundred times what the largest templates that are allowed need.
    static let stepLimit = 30_000_000
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
        depth += 1
        guard depth <= Self.depthLimit else {
            throw .problem(
                TemplateProblem(
                    .tooLarge, "The template's expressions are nested deeper than \(Self.depthLimit) levels."))
        }
    }

    mutating func leave() {
        depth -= 1
    }
}
