import Resources

/// One call of a built-in function: its arguments, evaluated when they are asked for, and checked for their types.
struct FunctionCall {
    let function: BuiltInFunction
    let arguments: [Expression]
    let evaluator: Evaluator
    let frame: Frame

    var count: Int { arguments.count }

    func value(_ index: Int) throws(EvaluationFailure) -> JSONValue {
        try evaluator.evaluate(arguments[index], in: frame)
    }

    /// All arguments from one on.
    func values(from index: Int = 0) throws(EvaluationFailure) -> [JSONValue] {
        var values: [JSONValue] = []
        for index in arguments.indices.dropFirst(index) { values.append(try value(index)) }
        return values
    }

    func text(_ index: Int) throws(EvaluationFailure) -> String {
        let value = try value(index)
        guard case .string(let text) = value else { throw mismatch(index, "a string", value) }
        try spend(text.utf8.count / 64)
        return text
    }

    func integer(_ index: Int) throws(EvaluationFailure) -> Int64 {
        let value = try value(index)
        guard let number = Self.integer(of: value) else { throw mismatch(index, "an integer", value) }
        return number
    }

    /// Also of a number without fraction, as `float` makes.
    static func integer(of value: JSONValue) -> Int64? {
        switch value {
        case .integer(let number): number
        case .number(let number): Int64(exactly: number)
        default: nil
        }
    }

    func boolean(_ index: Int) throws(EvaluationFailure) -> Bool {
        let value = try value(index)
        guard case .boolean(let flag) = value else { throw mismatch(index, "a boolean", value) }
        return flag
    }

    func array(_ index: Int) throws(EvaluationFailure) -> [JSONValue] {
        let value = try value(index)
        guard case .array(let elements) = value else { throw mismatch(index, "an array", value) }
        return elements
    }

    func object(_ index: Int) throws(EvaluationFailure) -> JSONObject {
        let value = try value(index)
        guard case .object(let object) = value else { throw mismatch(index, "an object", value) }
        return object
    }

    func spend(_ steps: Int) throws(EvaluationFailure) {
        try evaluator.budget.spend(steps)
    }

    /// A text that the function made, if it is not too long.
    func made(_ text: String) throws(EvaluationFailure) -> JSONValue {
        let count = text.utf8.count
        try spend(count / 32)
        guard count <= EvaluationBudget.textLimit else {
            throw tooLarge("would make a text of more than \(EvaluationBudget.textLimit) bytes")
        }
        return .string(text)
    }

    /// An array that the function made, if it is neither too long nor too deep.
    func made(_ elements: [JSONValue], isDeeper: Bool = false) throws(EvaluationFailure) -> JSONValue {
        try spend(elements.count / 8)
        guard elements.count <= EvaluationBudget.countLimit else {
            throw tooLarge("would make an array of more than \(EvaluationBudget.countLimit) elements")
        }
        let value = JSONValue.array(elements)
        if isDeeper { try evaluator.budget.checkDepth(of: value) }
        return value
    }

    /// An object that the function made.
    func made(_ members: [(name: String, value: JSONValue)], isDeeper: Bool = true) throws(EvaluationFailure)
        -> JSONValue
    {
        try spend(members.count)
        let value = JSONValue.object(JSONObject(members))
        if isDeeper { try evaluator.budget.checkDepth(of: value) }
        return value
    }

    /// The JSON text of a value, if it is not too long: values that share their parts can be endless as texts.
    func written(_ value: JSONValue, quote: Unicode.Scalar = "\"") throws(EvaluationFailure) -> String {
        guard let size = JSONWriter.size(of: value, limit: EvaluationBudget.textLimit) else {
            try spend(EvaluationBudget.textLimit / 10)
            throw tooLarge("would make a text of more than \(EvaluationBudget.textLimit) bytes")
        }
        try spend(size / 10)
        return JSONWriter.text(of: value, quote: quote)
    }

    /// Makes room for more elements, before they are copied.
    func spend(appending more: Int, to count: Int) throws(EvaluationFailure) {
        try spend(more / 8)
        guard count + more <= EvaluationBudget.countLimit else {
            throw tooLarge("would make an array of more than \(EvaluationBudget.countLimit) elements")
        }
    }

    /// An error that begins with the function's name.
    func fail(_ reason: String) -> EvaluationFailure {
        .problem("The template language function '\(function.rawValue)' \(reason).")
    }

    /// What the switch of a group of functions says of all others. Nobody sees it: `Evaluator.dispatch` names every
    /// function, each with the group that has it.
    var isOfAnotherGroup: EvaluationFailure { fail("is of another group") }

    private func tooLarge(_ reason: String) -> EvaluationFailure {
        .problem(TemplateProblem(.tooLarge, "The template language function '\(function.rawValue)' \(reason)."))
    }

    func mismatch(_ index: Int, _ expected: String, _ value: JSONValue) -> EvaluationFailure {
        fail("expects its argument \(index + 1) to be \(expected); it is \(value.typeName)")
    }
}

extension JSONValue {
    /// Equal as the language sees it: the order of members does not matter, 1 and 1.0 are the same.
    func isSame(as other: JSONValue, spending budget: inout EvaluationBudget) throws(EvaluationFailure) -> Bool {
        try budget.spend(1)
        switch (self, other) {
        case (.integer(let first), .number(let second)), (.number(let second), .integer(let first)):
            return Double(first) == second
        case (.array(let first), .array(let second)):
            guard first.count == second.count else { return false }
            for (one, another) in zip(first, second) {
                guard try one.isSame(as: another, spending: &budget) else { return false }
            }
            return true
        case (.object(let first), .object(let second)):
            guard first.members.count == second.members.count else { return false }
            try budget.spend(first.members.count)
            let values = Dictionary(
                second.members.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
            for member in first.members {
                guard let value = values[member.name], try member.value.isSame(as: value, spending: &budget) else {
                    return false
                }
            }
            return true
        case (.string(let first), .string(let second)):
            try budget.spend(first.utf8.count / 10)
            return first.utf8.elementsEqual(second.utf8)
        default: return self == other
        }
    }
}
