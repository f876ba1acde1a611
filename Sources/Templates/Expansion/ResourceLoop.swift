import Resources

/// `copy` of a resource, evaluated: how often the resource is made, and how many at once.
struct ResourceLoop: Sendable {
    var name: String
    var count: Int
    /// Iterations of a serial loop that run side by side; nil where all do.
    var batchSize: Int?
}

extension Evaluator {
    /// Every member of a loop may be an expression: how it runs is known before anything does.
    func evaluateLoop(_ copy: JSONValue, in frame: Frame, at path: String) throws(EvaluationFailure) -> ResourceLoop {
        guard let name = copy["name"]?.text, let count = copy["count"] else {
            throw EvaluationFailure.problem("A loop must have a 'name' and a 'count'.").located(at: path)
        }
        guard case .string(let name) = try evaluate(.string(name), in: frame, at: "\(path).name"), !name.isEmpty else {
            throw EvaluationFailure.problem("The name of a loop must be a string that is not empty.")
                .located(at: "\(path).name")
        }
        let number = try evaluateCount(count, of: name, in: frame, at: "\(path).count")
        let isSerial = try evaluateMode(copy["mode"], of: name, in: frame, at: "\(path).mode")
        let size = try evaluateBatchSize(
            copy["batchSize"], of: name, within: isSerial ? number : 0, in: frame, at: "\(path).batchSize")
        return ResourceLoop(name: name, count: number, batchSize: isSerial ? size : nil)
    }

    private func evaluateMode(
        _ written: JSONValue?, of name: String, in frame: Frame, at path: String
    ) throws(EvaluationFailure) -> Bool {
        guard let written, written != .null else { return false }
        let mode = try evaluate(written, in: frame, at: path)
        switch mode.text?.lowercased() {
        case "parallel": return false
        case "serial": return true
        default:
            throw EvaluationFailure.problem(
                "The mode of the loop '\(name.prefix(100))' must be 'Parallel' or 'Serial', not "
                    + "\(Self.described(mode))."
            ).located(at: path)
        }
    }

    /// A batch can't be larger than its loop. Of a loop that has no iterations any size will do, as its count may come
    /// from an array that happens to be empty; so will it of a loop that does not run in batches (`count` is 0).
    private func evaluateBatchSize(
        _ written: JSONValue?, of name: String, within count: Int, in frame: Frame, at path: String
    ) throws(EvaluationFailure) -> Int {
        guard let written, written != .null else { return 1 }
        let size = try evaluate(written, in: frame, at: path)
        guard case .integer(let number) = size, number >= 1, count == 0 || number <= count else {
            let rule = count == 0 ? "from 1 on" : "from 1 to \(count), the count of the loop"
            throw EvaluationFailure.problem(
                "The batchSize of the loop '\(name.prefix(100))' must be an integer \(rule), not "
                    + "\(Self.described(size))."
            ).located(at: path)
        }
        return Int(clamping: number)
    }
}
