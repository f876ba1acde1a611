import Resources

/// Finds what each resource waits for: what `dependsOn` names, what its expressions refer to, its parent, and the batch
/// before its own in a serial loop.
struct DependencyGraph {
    private var resources: [PlannedResource]
    private let environment: Environment
    private let hasSymbols: Bool
    private let evaluator: Evaluator
    private var problems: [TemplateProblem] = []
    /// Positions by id, by full name, by `type/name`, by loop and by symbol, all in lower case.
    private var byID: [String: [Int]] = [:]
    private var byName: [String: [Int]] = [:]
    private var byLoop: [String: [Int]] = [:]
    private var bySymbol: [String: [Int]] = [:]
    /// Loops without iterations leave no resource, yet may be named.
    private let emptyLoops: Set<String>
    /// Expressions of a declaration that ask the running system, by its path: most have none.
    private var asking: [String: [Expression]] = [:]
    /// What `dependsOn` names, by position.
    private var named: [Set<Int>] = []

    init(_ resources: [PlannedResource], environment: Environment, symbols: Bool, emptyLoops: Set<String>) {
        (self.resources, self.environment) = (resources, environment)
        hasSymbols = symbols
        self.emptyLoops = emptyLoops
        evaluator = Evaluator(environment)
        for (position, resource) in resources.enumerated() {
            byID[resource.key, default: []].append(position)
            for name in resource.spellings { byName[name, default: []].append(position) }
            if let turn = resource.turn { byLoop[turn.loop.lowercased(), default: []].append(position) }
            if let symbol = resource.symbolicName { bySymbol[symbol.lowercased(), default: []].append(position) }
        }
    }

    /// The resources with their dependencies; throws for names that are not there, and for circles.
    mutating func connect() throws(TemplateProblems) -> [PlannedResource] {
        named = resources.indices.map { declared($0) }
        for position in resources.indices {
            var found = named[position]
            do {
                try referred(position, &found)
            } catch .problem(let problem) where problem.kind == .tooLarge {
                problems.append(problem.located(at: resources[position].path))
                break
            } catch {
                // Other mistakes are reported by who evaluates the body.
            }
            parents(position, &found)
            batches(position, &found)
            found.remove(position)
            resources[position].dependencies = found.filter { resources[$0].isDeployed }.sorted()
        }
        guard problems.isEmpty else { throw TemplateProblems(problems) }
        try checkCircles()
        return resources
    }

    private mutating func report(_ message: String, at path: String) {
        guard problems.count < TemplateLimits.problems else { return }
        problems.append(TemplateProblem(.invalidTemplate, message, path: path))
    }

    // MARK: dependsOn

    private mutating func declared(_ position: Int) -> Set<Int> {
        let resource = resources[position]
        guard let written = resource.declaration["dependsOn"], written != .null else { return [] }
        var found: Set<Int> = []
        let place = "\(resource.path).dependsOn"
        do {
            let frame = resource.frame.at(.resourceHeader)
            let value = try evaluator.evaluate(written, in: frame, at: place)
            guard case .array(let entries) = value else {
                report("'dependsOn' must be an array of strings, not \(value.typeName).", at: place)
                return []
            }
            try evaluator.budget.spend(entries.count * 2)
            for (index, entry) in entries.enumerated() where entry != .null {
                guard case .string(let text) = entry else {
                    report("'dependsOn' must be an array of strings, not \(entry.typeName).", at: "\(place)[\(index)]")
                    continue
                }
                // What is not deployed is not waited for, an empty text is a condition that does not hold.
                guard resource.isDeployed, !text.isEmpty else { continue }
                let positions = try positions(of: text, at: "\(place)[\(index)]")
                try evaluator.budget.spend(positions.count)
                found.formUnion(positions)
            }
        } catch .problem(let problem) {
            if problems.count < TemplateLimits.problems { problems.append(problem.located(at: place)) }
        } catch .needs(.undetermined) {
            // What it waits for is known when the parent has run.
        } catch {
            report("'dependsOn' can't refer to the running system.", at: place)
        }
        return found
    }

    private func positions(of text: String, at path: String) throws(EvaluationFailure) -> [Int] {
        let lowered = text.lowercased()
        let (name, index) = SymbolName.split(lowered)
        if hasSymbols, let all = bySymbol[name] {
            guard let index else { return all }
            guard all.indices.contains(index) else {
                if environment.hasUndeterminedResources { return [] }
                throw EvaluationFailure.problem("'\(text)' has no iteration \(index): the loop has \(all.count).")
                    .located(at: path)
            }
            return [all[index]]
        }
        // A loop without iterations is nothing to wait for.
        if hasSymbols, environment.symbols[name] != nil { return [] }
        if lowered.hasPrefix("/") {
            if let positions = deployed(lowered) { return positions }
        } else if let positions = byName[lowered] {
            guard positions.count == 1 || Set(positions.map { resources[$0].key }).count == 1 else {
                throw EvaluationFailure.problem(
                    "The name '\(text.prefix(200))' in 'dependsOn' is that of \(positions.count) resources; use "
                        + "resourceId()."
                ).located(at: path)
            }
            return positions
        } else if let positions = byLoop[lowered] {
            return positions
        }
        if emptyLoops.contains(lowered) { return [] }
        if let ids = environment.resourceNames[lowered] { return ids.flatMap { byID[$0.lowercased()] ?? [] } }
        // It may be one that gets its name later.
        if environment.hasUndeterminedResources { return [] }
        throw EvaluationFailure.problem("The resource '\(text.prefix(300))' is not defined in the template.")
            .located(at: path)
    }

    /// Those of an id in lower case, also of `subscriptionResourceId('Microsoft.Resources/resourceGroups', …)`.
    private func deployed(_ id: String) -> [Int]? {
        if let positions = byID[id] { return positions }
        return byID[id.replacing("/providers/microsoft.resources/resourcegroups/", with: "/resourcegroups/")]
    }

    // MARK: References

    /// Resources of the template that the expressions in a body refer to.
    private mutating func referred(_ position: Int, _ found: inout Set<Int>) throws(EvaluationFailure) {
        let resource = resources[position]
        guard resource.isDeployed else { return }
        for expression in try asking(resource) { try scan(expression, resource.frame, &found) }
    }

    private mutating func asking(_ resource: PlannedResource) throws(EvaluationFailure) -> [Expression] {
        if let known = asking[resource.path] { return known }
        var expressions: [Expression] = []
        for member in resource.declaration.members {
            switch member.name.lowercased() {
            case "copy", "condition", "dependson", "name", "type", "apiversion", "resources", "comments", "metadata":
                continue
            default: try collect(member.value, of: resource, &expressions)
            }
        }
        asking[resource.path] = expressions
        return expressions
    }

    private func collect(
        _ value: JSONValue, of resource: PlannedResource, _ expressions: inout [Expression]
    ) throws(EvaluationFailure) {
        try evaluator.budget.spend(1)
        switch value {
        case .string(let text): collect(text, &expressions)
        case .array(let elements):
            for element in elements { try collect(element, of: resource, &expressions) }
        case .object(let object):
            for member in object.members {
                // A template of inner scope speaks of its own resources.
                if resource.isDeployment, member.name.lowercased() == "template", member.value.text == nil,
                    isInner(object["expressionEvaluationOptions"], resource.frame)
                {
                    continue
                }
                collect(member.name, &expressions)
                try collect(member.value, of: resource, &expressions)
            }
        default: break
        }
    }

    /// Whether options say that a nested template is evaluated by itself; what they can't say is told by who reads the
    /// deployment.
    private func isInner(_ options: JSONValue?, _ frame: Frame) -> Bool {
        guard let options, let value = try? evaluator.evaluate(options, in: frame, at: "$") else { return false }
        return value["scope"]?.text?.lowercased() == "inner"
    }

    private func collect(_ text: String, _ expressions: inout [Expression]) {
        guard text.utf8.first == UInt8(ascii: "[") else { return }
        // What can't be read is reported by who evaluates it.
        guard case .expression(let expression)? = try? evaluator.parse(text) else { return }
        var isAsking = false
        expression.forEachCall { callee, _ in isAsking = isAsking || Self.asksSystem(callee) }
        if isAsking { expressions.append(expression) }
    }

    private func scan(
        _ expression: Expression, _ frame: Frame, _ found: inout Set<Int>
    ) throws(EvaluationFailure) {
        try evaluator.budget.spend(1)
        switch expression {
        case .text, .integer: break
        case .member(let base, _): try scan(base, frame, &found)
        case .element(let base, let index):
            try scan(base, frame, &found)
            try scan(index, frame, &found)
        case .call(.builtIn(.if), let arguments):
            try scan(arguments[0], frame, &found)
            // Only the branch that will be taken, where that is known already.
            guard case .boolean(let flag)? = try? evaluator.evaluate(arguments[0], in: frame) else {
                try scan(arguments[1], frame, &found)
                try scan(arguments[2], frame, &found)
                return
            }
            try scan(arguments[flag ? 1 : 2], frame, &found)
        case .call(let callee, let arguments):
            if Self.asksSystem(callee), let first = arguments.first { addTarget(first, frame, &found) }
            for argument in arguments { try scan(argument, frame, &found) }
        }
    }

    private static func asksSystem(_ callee: Expression.Callee) -> Bool {
        switch callee {
        case .list, .builtIn(.reference), .builtIn(.references): true
        default: false
        }
    }

    private func addTarget(_ argument: Expression, _ frame: Frame, _ found: inout Set<Int>) {
        // A target that is known only later can't be waited for.
        guard case .string(let text)? = try? evaluator.evaluate(argument, in: frame) else { return }
        let lowered = text.lowercased()
        if lowered.hasPrefix("/") {
            found.formUnion(deployed(lowered) ?? [])
            return
        }
        let (name, index) = SymbolName.split(lowered)
        if let all = bySymbol[name] {
            if let index {
                if all.indices.contains(index) { found.insert(all[index]) }
            } else {
                found.formUnion(all)
            }
            return
        }
        for id in environment.resourceNames[lowered] ?? [] { found.formUnion(byID[id.lowercased()] ?? []) }
    }

    // MARK: Parents and batches

    /// A child waits for its parents, and what extends a resource for that resource, though nothing says so.
    private func parents(_ position: Int, _ found: inout Set<Int>) {
        let address = resources[position].address
        var ancestor = resources[position].key[...]
        for _ in address.names.dropFirst() {
            // Without the last name, and without its type.
            for _ in 0..<2 {
                ancestor = ancestor[..<(ancestor.utf8.lastIndex(of: UInt8(ascii: "/")) ?? ancestor.startIndex)]
            }
            found.formUnion((byID[String(ancestor)] ?? []).filter { !waits($0, for: position) })
        }
        if let owner = byID[address.scope.lowercased()] {
            found.formUnion(owner.filter { !waits($0, for: position) })
        }
    }

    /// Whether `dependsOn` already says the opposite: then that counts.
    private func waits(_ position: Int, for other: Int) -> Bool {
        named[position].contains(other)
    }

    private func batches(_ position: Int, _ found: inout Set<Int>) {
        guard let turn = resources[position].turn, let size = turn.batchSize, turn.index >= size else { return }
        let batch = turn.index / size
        for other in byLoop[turn.loop.lowercased()] ?? [] {
            if let index = resources[other].turn?.index, index / size == batch - 1 { found.insert(other) }
        }
    }

    // MARK: Circles

    private func checkCircles() throws(TemplateProblems) {
        var open = resources.map(\.dependencies.count)
        var dependents: [[Int]] = Array(repeating: [], count: resources.count)
        for (position, resource) in resources.enumerated() {
            for dependency in resource.dependencies { dependents[dependency].append(position) }
        }
        var ready = open.indices.filter { open[$0] == 0 }
        var done = 0
        while let next = ready.popLast() {
            done += 1
            for dependent in dependents[next] {
                open[dependent] -= 1
                if open[dependent] == 0 { ready.append(dependent) }
            }
        }
        guard done < resources.count else { return }
        let circle = open.indices.filter { open[$0] > 0 }
        let names = circle.prefix(10).map { "'\(resources[$0].type)/\(resources[$0].name)'" }.joined(separator: ", ")
        throw TemplateProblems(
            TemplateProblem(
                .circularDependency, "Circular dependency detected among the resources \(names).",
                path: circle.first.map { resources[$0].path }))
    }
}
