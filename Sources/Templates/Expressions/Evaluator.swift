import Foundation
import Resources

/// An evaluation that finds everything at once: where an expression has no value, it notes why and takes null, or the
/// expression itself where only the running system knows the value.
struct Survey {
    var problems: [TemplateProblem] = []
    /// What was asked of the running system; the result is not complete.
    var needs: [RuntimeRequest] = []

    mutating func note(_ failure: EvaluationFailure) {
        switch failure {
        case .problem(let problem):
            if problems.count < TemplateLimits.problems { problems.append(problem) }
        case .needs(let request): needs.append(request)
        }
    }
}

/// Evaluates the values of a template in an environment. Short-lived: it remembers variables and parsed expressions.
final class Evaluator {
    var environment: Environment
    let runtime: RuntimeValues
    var budget = EvaluationBudget()
    private var parsed: [String: TemplateText] = [:]
    private(set) var variables: [String: JSONValue]
    private var trail = Trail("$")
    private var variablesInProgress: Set<String> = []
    /// What was wrong so far, when the evaluation goes on behind a mistake or an unknown; see `Survey`.
    var survey: Survey?
    /// Defaults that are being bound: asked for by name in lower case when another default needs them.
    var bindParameter: ((String) throws(EvaluationFailure) -> JSONValue?)?
    /// For `newGuid` and `utcNow`, which are allowed only while parameters are bound.
    var inputs: BindingInputs?

    init(_ environment: Environment, runtime: RuntimeValues = RuntimeValues()) {
        (self.environment, self.runtime) = (environment, runtime)
        variables = environment.variableValues
    }

    // MARK: Values

    /// The value with all expressions in it evaluated, in names and values; `path` is told in errors.
    func evaluate(_ value: JSONValue, in frame: Frame, at path: String) throws(EvaluationFailure) -> JSONValue {
        let outer = trail
        trail = Trail(path)
        defer { trail = outer }
        do {
            return try evaluate(value, in: frame)
        } catch {
            throw error.located(at: trail.text)
        }
    }

    /// The trail is left as it is by who throws, so that it tells where.
    private func evaluate(_ value: JSONValue, in frame: Frame) throws(EvaluationFailure) -> JSONValue {
        try budget.spend(1)
        switch value {
        case .null, .boolean, .integer, .number: return value
        case .string(let text):
            do {
                return try evaluate(text: text, in: frame)
            } catch {
                // A variable with an unknown in it is unknown as a whole, to each expression that uses it.
                if case .needs = error, !variablesInProgress.isEmpty { throw error }
                guard survey != nil else { throw error }
                survey?.note(error.located(at: trail.text))
                return if case .needs = error { value } else { .null }
            }
        case .array(let elements):
            try budget.enter()
            defer { budget.leave() }
            return .array(try evaluate(elements, in: frame))
        case .object(let object):
            try budget.enter()
            defer { budget.leave() }
            return .object(try evaluate(object, in: frame))
        }
    }

    private func evaluate(_ elements: [JSONValue], in frame: Frame) throws(EvaluationFailure) -> [JSONValue] {
        var result: [JSONValue] = []
        result.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            trail.enter(.element(index))
            result.append(try evaluate(element, in: frame))
            trail.leave()
        }
        return result
    }

    private func evaluate(_ object: JSONObject, in frame: Frame) throws(EvaluationFailure) -> JSONObject {
        var members: [(name: String, value: JSONValue)] = []
        members.reserveCapacity(object.members.count)
        // Names that are made may be there twice.
        var isMade = false
        for member in object.members {
            if let loops = PropertyLoop.read(member) {
                isMade = true
                for (index, loop) in loops.enumerated() {
                    var loop = loop
                    loop.name = try evaluateName(loop.name, in: frame)
                    members.append(
                        (loop.name, .array(try evaluate(loop, in: frame, at: "\(trail.text).copy[\(index)]"))))
                }
                continue
            }
            trail.enter(.member(member.name))
            let name = try evaluateName(member.name, in: frame)
            isMade = isMade || name.utf8.count != member.name.utf8.count || name != member.name
            members.append((name, try evaluate(member.value, in: frame)))
            trail.leave()
        }
        return isMade ? JSONObject(members) : JSONObject(unique: members)
    }

    /// The elements of a property's loop.
    func evaluate(_ loop: PropertyLoop, in frame: Frame, at path: String) throws(EvaluationFailure) -> [JSONValue] {
        let count = try evaluateCount(loop.count, of: loop.name, in: frame.at(.resourceHeader), at: "\(path).count")
        var elements: [JSONValue] = []
        for index in 0..<count {
            let inside = frame.inLoop(loop.name, at: index)
            elements.append(try evaluate(loop.input, in: inside, at: "\(path).input"))
        }
        return elements
    }

    /// The number of iterations of a loop, 0 to 800.
    func evaluateCount(
        _ value: JSONValue, of name: String, in frame: Frame, at path: String
    ) throws(EvaluationFailure) -> Int {
        let count = try evaluate(value, in: frame, at: path)
        guard case .integer(let number) = count, (0...Int64(TemplateLimits.loop)).contains(number) else {
            throw EvaluationFailure.problem(
                "The count of the loop '\(name)' must be an integer from 0 to \(TemplateLimits.loop), "
                    + "not \(Self.described(count))."
            ).located(at: path)
        }
        return Int(number)
    }

    private func evaluateName(_ name: String, in frame: Frame) throws(EvaluationFailure) -> String {
        guard name.utf8.first == UInt8(ascii: "[") else { return name }
        let value = try evaluate(.string(name), in: frame)
        guard case .string(let text) = value else {
            throw .problem("The name of a property must be a string, not \(value.typeName).")
        }
        return text
    }

    /// Refuses a value that is too large or too deep to be kept, before anybody walks all of it.
    func checkSize(
        of value: JSONValue, _ limit: Int, _ subject: String, _ path: String
    ) throws(EvaluationFailure) {
        guard let size = JSONWriter.size(of: value, limit: limit) else {
            // What it cost to find that out.
            try budget.spend(limit / 10)
            throw .problem(TemplateProblem(.tooLarge, "\(subject) is larger than \(limit) bytes.", path: path))
        }
        try budget.spend(size / 10)
        do {
            try budget.checkDepth(of: value)
        } catch {
            throw error.located(at: path)
        }
    }

    private func evaluate(text: String, in frame: Frame) throws(EvaluationFailure) -> JSONValue {
        switch try parse(text) {
        case .literal(let literal): .string(literal)
        case .expression(let expression): try evaluate(expression, in: frame)
        }
    }

    func parse(_ text: String) throws(EvaluationFailure) -> TemplateText {
        guard text.utf8.first == UInt8(ascii: "[") else { return .literal(text) }
        if let known = environment.expressions[text] ?? parsed[text] { return known }
        try budget.spend(text.utf8.count / 4)
        do {
            let read = try TemplateText.read(text)
            parsed[text] = read
            return read
        } catch {
            throw .problem(error)
        }
    }

    // MARK: Expressions

    func evaluate(_ expression: Expression, in frame: Frame) throws(EvaluationFailure) -> JSONValue {
        try budget.spend(1)
        switch expression {
        case .text(let text): return .string(text)
        case .integer(let number): return .integer(number)
        case .call(let callee, let arguments):
            try budget.spend(2)
            try budget.enter()
            defer { budget.leave() }
            return try call(callee, arguments, in: frame)
        case .member(let base, let name):
            try budget.enter()
            defer { budget.leave() }
            return try member(name, of: try evaluate(base, in: frame))
        case .element(let base, let index):
            try budget.enter()
            defer { budget.leave() }
            return try element(of: try evaluate(base, in: frame), at: try evaluate(index, in: frame))
        }
    }

    private func call(
        _ callee: Expression.Callee, _ arguments: [Expression], in frame: Frame
    ) throws(EvaluationFailure) -> JSONValue {
        switch callee {
        case .builtIn(let function):
            return try dispatch(FunctionCall(function: function, arguments: arguments, evaluator: self, frame: frame))
        case .list(let verb): return try list(verb, arguments, in: frame)
        case .user(let name): return try callUser(name, arguments, in: frame)
        }
    }

    private func member(_ name: String, of base: JSONValue) throws(EvaluationFailure) -> JSONValue {
        switch base {
        case .object(let object):
            try budget.spend(object.members.count / 8)
            guard let value = object[name] else {
                let names = object.members.prefix(20).map { String($0.name.prefix(60)) }.joined(separator: ", ")
                throw .problem(
                    "The language expression property '\(name.prefix(100))' doesn't exist, available properties are "
                        + "'\(names)'.")
            }
            return value
        case .null:
            throw .problem(
                "The language expression property '\(name.prefix(100))' can't be evaluated: its object is null.")
        default:
            throw .problem(
                "The language expression property '\(name.prefix(100))' can't be evaluated: it is asked of "
                    + "\(base.typeName).")
        }
    }

    private func element(of base: JSONValue, at index: JSONValue) throws(EvaluationFailure) -> JSONValue {
        switch (base, index) {
        case (.array(let elements), .integer(let number)):
            guard let position = Int(exactly: number), elements.indices.contains(position) else {
                throw .problem(
                    "The language expression property array index '\(number)' is out of bounds: the array has "
                        + "\(elements.count) elements.")
            }
            return elements[position]
        case (_, .string(let name)): return try member(name, of: base)
        case (.array, _):
            throw .problem("The index of an array must be an integer, not \(index.typeName).")
        default:
            throw .problem(
                "The language expression property '\(Self.described(index))' can't be evaluated: it is asked of "
                    + "\(base.typeName).")
        }
    }

    // MARK: Names

    func parameter(_ name: String, in frame: Frame) throws(EvaluationFailure) -> JSONValue {
        let lowered = name.lowercased()
        if let arguments = frame.arguments {
            guard let value = arguments[lowered] else {
                throw .problem("The user-defined function has no parameter '\(name.prefix(100))'.")
            }
            return value
        }
        if let value = environment.parameters[lowered] { return value }
        if environment.undeterminedParameters.contains(lowered) { throw .needs(.undetermined(name: lowered)) }
        if let bindParameter, let value = try bindParameter(lowered) { return value }
        throw .problem("The template parameter '\(name.prefix(100))' is not found.")
    }

    func variable(_ name: String, in frame: Frame) throws(EvaluationFailure) -> JSONValue {
        guard frame.arguments == nil, frame.place != .userFunction else {
            throw .problem("The function 'variables' is not allowed in a user-defined function.")
        }
        guard frame.place != .parameterDefault else {
            throw .problem("The function 'variables' is not allowed in the default value of a parameter.")
        }
        let lowered = name.lowercased()
        if let value = variables[lowered] { return value }
        guard let written = environment.variables[lowered] else {
            throw .problem("The template variable '\(name.prefix(100))' is not found.")
        }
        guard variablesInProgress.insert(lowered).inserted else {
            throw .problem("The template variable '\(name.prefix(100))' refers to itself.")
        }
        defer { variablesInProgress.remove(lowered) }
        let (frame, path) = (Frame(place: .variable), "$.variables.\(name)")
        let value: JSONValue
        switch written {
        case .value(let plain): value = try evaluate(plain, in: frame, at: path)
        case .loop(let loop): value = .array(try evaluate(loop, in: frame, at: path))
        }
        try budget.checkDepth(of: value)
        variables[lowered] = value
        return value
    }

    private func callUser(
        _ name: String, _ arguments: [Expression], in frame: Frame
    ) throws(EvaluationFailure) -> JSONValue {
        guard let function = environment.functions[name] else {
            throw .problem("The template has no user-defined function '\(name)'.")
        }
        guard arguments.count == function.parameters.count else {
            throw .problem(
                "The user-defined function '\(name)' takes \(function.parameters.count) arguments, not \(arguments.count)."
            )
        }
        var values: [String: JSONValue] = [:]
        for (parameter, argument) in zip(function.parameters, arguments) {
            let value = try evaluate(argument, in: frame)
            try check(value, parameter.schema, "The argument '\(parameter.name)' of '\(name)'")
            values[parameter.name.lowercased()] = value
        }
        let inside = Frame(place: .userFunction, arguments: values)
        let result = try evaluate(function.output, in: inside, at: function.path)
        try budget.checkDepth(of: result)
        try check(result, function.outputSchema, "The output of '\(name)'")
        return result
    }

    private func check(_ value: JSONValue, _ schema: TypeSchema, _ subject: String) throws(EvaluationFailure) {
        let problems = schema.problems(of: value, at: "value", environment.definitions)
        guard let first = problems.first else { return }
        throw .problem("\(subject) is not valid: \(first.message)")
    }

    /// A value in an error message: never a long one.
    static func described(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): "'\(text.prefix(60))'"
        case .integer, .number, .boolean, .null: JSONWriter.text(of: value)
        case .array, .object: value.typeName
        }
    }
}
