import Resources

/// Functions that take `lambda('name', …, body)`.
enum LambdaFunctions {
    static func evaluate(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        switch call.function {
        case .lambda: throw call.fail("is allowed only as an argument of filter, map, reduce, sort and the like")
        case .filter:
            let lambda = try Lambda(call, 1, names: 1...2)
            var kept: [JSONValue] = []
            for (index, element) in try call.array(0).enumerated() {
                let value = try lambda.apply([element, .integer(Int64(index))])
                guard case .boolean(let isKept) = value else { throw call.mismatch(1, "a lambda of a boolean", value) }
                if isKept { kept.append(element) }
            }
            return try call.made(kept)
        case .map:
            let lambda = try Lambda(call, 1, names: 1...2)
            var mapped: [JSONValue] = []
            for (index, element) in try call.array(0).enumerated() {
                mapped.append(try lambda.apply([element, .integer(Int64(index))]))
            }
            return try call.made(mapped, isDeeper: true)
        case .reduce:
            let lambda = try Lambda(call, 2, names: 2...3)
            var current = try call.value(1)
            for (index, element) in try call.array(0).enumerated() {
                current = try lambda.apply([current, element, .integer(Int64(index))])
            }
            return current
        case .sort:
            let lambda = try Lambda(call, 1, names: 2...2)
            return try call.made(try sorted(try call.array(0), by: lambda, call))
        case .toObject: return try toObject(call)
        case .groupBy: return try groupBy(call)
        case .mapValues:
            let lambda = try Lambda(call, 1, names: 1...1)
            var members: [(name: String, value: JSONValue)] = []
            for member in try call.object(0).members {
                members.append((member.name, try lambda.apply([member.value])))
            }
            return try call.made(members)
        default: throw call.isOfAnotherGroup
        }
    }

    private struct Lambda {
        let names: [String]
        let body: Expression
        let call: FunctionCall

        init(_ call: FunctionCall, _ index: Int, names allowed: ClosedRange<Int>) throws(EvaluationFailure) {
            guard case .call(.builtIn(.lambda), let parts) = call.arguments[index], let body = parts.last else {
                throw call.fail("expects its argument \(index + 1) to be a lambda")
            }
            var names: [String] = []
            for part in parts.dropLast() {
                guard case .text(let name) = part else {
                    throw call.fail("is given a lambda whose variables are not named by texts")
                }
                names.append(name.lowercased())
            }
            guard allowed.contains(names.count) else {
                let text =
                    allowed.lowerBound == allowed.upperBound
                    ? "\(allowed.lowerBound)" : "\(allowed.lowerBound) or \(allowed.upperBound)"
                throw call.fail("expects a lambda of \(text) variables, not \(names.count)")
            }
            (self.names, self.body, self.call) = (names, body, call)
        }

        func apply(_ values: [JSONValue]) throws(EvaluationFailure) -> JSONValue {
            var frame = call.frame
            try call.spend(2 + frame.lambdaVariables.count / 4)
            for (name, value) in zip(names, values) { frame.lambdaVariables[name] = value }
            return try call.evaluator.evaluate(body, in: frame)
        }
    }

    /// A merge sort: stable, and safe for an order that contradicts itself.
    private static func sorted(
        _ elements: [JSONValue], by lambda: Lambda, _ call: FunctionCall
    ) throws(EvaluationFailure) -> [JSONValue] {
        guard elements.count > 1 else { return elements }
        let middle = elements.count / 2
        var left = try sorted(Array(elements[..<middle]), by: lambda, call)[...]
        var right = try sorted(Array(elements[middle...]), by: lambda, call)[...]
        var result: [JSONValue] = []
        while let first = left.first, let second = right.first {
            let comesFirst = try lambda.apply([second, first])
            guard case .boolean(let isBefore) = comesFirst else {
                throw call.mismatch(1, "a lambda of a boolean", comesFirst)
            }
            result.append(isBefore ? right.removeFirst() : left.removeFirst())
        }
        return result + left + right
    }

    private static func toObject(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        var members: [(name: String, value: JSONValue)] = []
        for (key, value) in try keyed(call) { members.append((key, value)) }
        return try call.made(members)
    }

    private static func groupBy(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        var names: [String] = []
        var groups: [String: [JSONValue]] = [:]
        for (key, value) in try keyed(call) {
            if groups[key] == nil { names.append(key) }
            groups[key, default: []].append(value)
        }
        return try call.made(names.map { ($0, .array(groups[$0] ?? [])) })
    }

    /// Each element's key, and its value by the second lambda or itself.
    private static func keyed(_ call: FunctionCall) throws(EvaluationFailure) -> [(key: String, value: JSONValue)] {
        let keyLambda = try Lambda(call, 1, names: 1...1)
        let valueLambda = call.count > 2 ? try Lambda(call, 2, names: 1...1) : nil
        var result: [(key: String, value: JSONValue)] = []
        for element in try call.array(0) {
            let key = try keyLambda.apply([element])
            guard let name = TextFunctions.scalar(key), key != .null else {
                throw call.mismatch(1, "a lambda of a string", key)
            }
            result.append((name, try valueLambda?.apply([element]) ?? element))
        }
        return result
    }
}
