import Resources

extension DeploymentProgram {
    /// Expands loops, evaluates names and conditions, and orders the resources. Throws everything that is wrong.
    package func expand() throws(TemplateProblems) -> Expansion {
        var expander = Expander(self)
        return try expander.expand()
    }
}

/// Makes planned resources of declared ones.
private struct Expander {
    private let program: DeploymentProgram
    private let evaluator: Evaluator
    private var resources: [PlannedResource] = []
    private var problems: [TemplateProblem] = []
    /// Loops by name in lower case, to find one that is there twice.
    private var loops: Set<String> = []
    private var emptyLoops: Set<String> = []
    /// Places of what can't be planned until a parameter has its value, and their symbolic names in lower case.
    private var undetermined: [String] = []
    private var undeterminedSymbols: Set<String> = []
    /// What is sent of each declaration, by its path.
    private var bodies: [String: JSONValue] = [:]

    init(_ program: DeploymentProgram) {
        self.program = program
        evaluator = Evaluator(program.environment)
    }

    private mutating func report(_ failure: EvaluationFailure, at path: String) {
        guard problems.count < TemplateLimits.problems else { return }
        switch failure.located(at: path) {
        case .problem(let problem): problems.append(problem)
        case .needs: problems.append(TemplateProblem(.invalidTemplate, "It needs the running system.", path: path))
        }
    }

    private mutating func report(_ kind: TemplateProblem.Kind, _ message: String, at path: String) {
        report(.problem(TemplateProblem(kind, message)), at: path)
    }

    mutating func expand() throws(TemplateProblems) -> Expansion {
        for declared in program.template.resources {
            expand(declared.declaration, declared.symbolicName, at: declared.path, below: nil, copies: program.copies)
        }
        if resources.count > TemplateLimits.resources {
            report(
                .tooLarge,
                "The template deploys \(resources.count) resources; at most \(TemplateLimits.resources) are allowed.",
                at: "$.resources")
        }
        checkUnique()
        checkNames()
        guard problems.isEmpty else { throw TemplateProblems(problems) }
        var environment = named()
        environment.variableValues = allVariables()
        var graph = DependencyGraph(
            resources, environment: environment, symbols: program.template.hasSymbolicNames, emptyLoops: emptyLoops)
        resources = try graph.connect()
        return Expansion(
            program: program, resources: resources, undetermined: undetermined, environment: environment)
    }

    // MARK: Loops

    /// The parent of a resource that is written inside of another.
    private struct Parent {
        var type: String
        var name: String
    }

    private mutating func expand(
        _ declaration: JSONObject, _ symbol: String?, at path: String, below parent: Parent?, copies: [Frame.Copy]
    ) {
        let frame = Frame(place: .resourceHeader, copies: copies)
        guard let copy = declaration["copy"], copy != .null else {
            return plan(declaration, symbol, at: path, below: parent, frame, turn: nil)
        }
        let place = "\(path).copy"
        do {
            let loop = try evaluator.evaluateLoop(copy, in: frame, at: place)
            if parent == nil, !loops.insert(loop.name.lowercased()).inserted {
                report(.invalidTemplate, "The loop '\(loop.name.prefix(100))' is there twice.", at: "\(place).name")
            }
            if loop.count == 0 { emptyLoops.insert(loop.name.lowercased()) }
            for index in 0..<loop.count {
                guard resources.count <= TemplateLimits.resources, problems.count < TemplateLimits.problems else {
                    return
                }
                let turn = PlannedResource.Turn(loop: loop.name, index: index, batchSize: loop.batchSize)
                plan(
                    declaration, symbol, at: path, below: parent, frame.inLoop(loop.name, at: index), turn: turn)
            }
        } catch .needs(.undetermined) {
            leaveOut(symbol, at: path)
        } catch {
            report(error, at: place)
        }
    }

    /// A resource of a nested template whose name, condition or count is known only when its parent has run.
    private mutating func leaveOut(_ symbol: String?, at path: String) {
        if let symbol { undeterminedSymbols.insert(symbol.lowercased()) }
        if undetermined.last != path { undetermined.append(path) }
    }

    // MARK: One resource

    private mutating func plan(
        _ declaration: JSONObject, _ symbol: String?, at path: String, below parent: Parent?, _ frame: Frame,
        turn: PlannedResource.Turn?
    ) {
        do {
            if declaration["import"] != nil || declaration["extension"] != nil {
                return report(
                    .unsupported, "Resources of extensions are a preview of Azure's and not supported.", at: path)
            }
            let isDeployed = try flag("condition", declaration, frame, path) ?? true
            let isExisting = try flag("existing", declaration, frame, path) ?? false
            let type = Self.fullType(try text("type", declaration, frame, path), below: parent)
            let name = Self.fullName(try text("name", declaration, frame, path), below: parent)
            let version = try apiVersion(declaration, frame, path)
            let names = ResourceAddress.segments(of: name).map(String.init)
            try check(type, names, at: path)
            // What is not deployed need not have a place.
            let scope = isDeployed ? try scope(type, declaration, frame, path) : program.target.id
            let address = ResourceAddress(scope: scope, type: type, names: names)
            resources.append(
                PlannedResource(
                    address: address, apiVersion: version, path: path, symbolicName: symbol, turn: turn,
                    isDeployed: isDeployed, isExisting: isExisting, declaration: declaration,
                    body: body(declaration, isDeployment: PlannedResource.isDeployment(type), at: path),
                    frame: frame.at(.resourceBody)))
            // Children of a resource that is not deployed are not either.
            if isDeployed { expandChildren(declaration, at: path, below: Parent(type: type, name: name), frame.copies) }
        } catch .needs(.undetermined) {
            leaveOut(symbol, at: path)
        } catch {
            report(error, at: path)
        }
    }

    private mutating func expandChildren(
        _ declaration: JSONObject, at path: String, below parent: Parent, _ copies: [Frame.Copy]
    ) {
        // `resources` of a nested deployment's properties are its template's own.
        switch declaration["resources"] {
        case .array(let children)?:
            for (index, child) in children.enumerated() {
                guard case .object(let object) = child else {
                    report(
                        .invalidTemplate, "A resource must be an object, not \(child.typeName).",
                        at: "\(path).resources[\(index)]")
                    continue
                }
                expand(object, nil, at: "\(path).resources[\(index)]", below: parent, copies: copies)
            }
        case .object(let children)?:
            for child in children.members {
                guard case .object(let object) = child.value else { continue }
                expand(object, child.name, at: "\(path).resources.\(child.name)", below: parent, copies: copies)
            }
        default: break
        }
    }

    private func flag(
        _ member: String, _ declaration: JSONObject, _ frame: Frame, _ path: String
    ) throws(EvaluationFailure) -> Bool? {
        guard let written = declaration[member] else { return nil }
        let value = try evaluator.evaluate(written, in: frame, at: "\(path).\(member)")
        guard let flag = value.asCondition else {
            throw EvaluationFailure.problem(
                "The '\(member)' of a resource must be a boolean, not \(Evaluator.described(value))."
            )
            .located(at: "\(path).\(member)")
        }
        return flag
    }

    private func text(
        _ member: String, _ declaration: JSONObject, _ frame: Frame, _ path: String
    ) throws(EvaluationFailure) -> String {
        let place = "\(path).\(member)"
        guard let written = declaration[member], written != .null else {
            throw EvaluationFailure.problem("The resource has no '\(member)'.").located(at: place)
        }
        let value = try evaluator.evaluate(written, in: frame, at: place)
        guard case .string(let text) = value, text.utf8.count <= Self.nameLimit else {
            guard case .string = value else {
                throw Self.noName(member, value).located(at: place)
            }
            throw .problem(
                TemplateProblem(
                    .tooLarge, "The '\(member)' of a resource is longer than \(Self.nameLimit) bytes.", path: place))
        }
        guard !text.isEmpty else { throw Self.noName(member, value).located(at: place) }
        return text
    }

    private static func noName(_ member: String, _ value: JSONValue) -> EvaluationFailure {
        .problem(
            "The '\(member)' of a resource must be a string that is not empty, not \(Evaluator.described(value)).")
    }

    /// Longest name, type, version or scope.
    private static let nameLimit = 4_096

    /// Members that direct the deployment and are no part of the resource.
    private static let directives: Set<String> = [
        "copy", "condition", "dependson", "name", "type", "apiversion", "resources", "comments", "scope", "existing",
        "metadata", "resourcegroup", "subscriptionid", "@options", "import", "extension",
    ]

    private mutating func body(_ declaration: JSONObject, isDeployment: Bool, at path: String) -> JSONValue {
        if let known = bodies[path] { return known }
        var members = declaration.members.filter { !Self.directives.contains($0.name.lowercased()) }
        // A nested template is read when its turn comes, unless an expression makes it.
        if isDeployment {
            for (index, member) in members.enumerated() where member.name.lowercased() == "properties" {
                let rest = member.value.members.filter { $0.name.lowercased() != "template" || $0.value.text != nil }
                if case .object = member.value { members[index].value = .object(JSONObject(unique: rest)) }
            }
        }
        let body = JSONValue.object(JSONObject(unique: members))
        bodies[path] = body
        return body
    }

    /// A profile stands for versions of its types; the newest that is served will do.
    private func apiVersion(
        _ declaration: JSONObject, _ frame: Frame, _ path: String
    ) throws(EvaluationFailure) -> String {
        if declaration["apiVersion"] == nil, program.template.apiProfile != nil { return "2024-04-01" }
        return try text("apiVersion", declaration, frame, path)
    }

    private static func fullType(_ type: String, below parent: Parent?) -> String {
        guard let parent, !type.lowercased().hasPrefix(parent.type.lowercased() + "/") else { return type }
        // A resource of another provider inside of one extends it: `providers/locks` and the like.
        return "\(parent.type)/\(type)"
    }

    private static func fullName(_ name: String, below parent: Parent?) -> String {
        guard let parent, !name.lowercased().hasPrefix(parent.name.lowercased() + "/") else { return name }
        return "\(parent.name)/\(name)"
    }

    private func check(_ type: String, _ names: [String], at path: String) throws(EvaluationFailure) {
        let segments = ResourceAddress.segments(of: type)
        guard segments.count >= 2, segments.allSatisfy({ !$0.isEmpty }) else {
            throw EvaluationFailure.problem(
                "The type '\(type.prefix(200))' must be a namespace and types below it, with slashes between them."
            ).located(at: "\(path).type")
        }
        guard segments.count == names.count + 1, names.allSatisfy({ !$0.isEmpty }) else {
            let failure = TemplateProblem(
                .mismatchingSegments,
                "The name '\(names.joined(separator: "/").prefix(200))' must have \(segments.count - 1) segments for "
                    + "the type '\(type.prefix(200))', one for each type; it has \(names.count).",
                path: "\(path).name")
            throw .problem(failure)
        }
    }

    /// Where the resource goes: its own scope if it names one, else the deployment's.
    private func scope(
        _ type: String, _ declaration: JSONObject, _ frame: Frame, _ path: String
    ) throws(EvaluationFailure) -> String {
        if declaration["scope"] != nil {
            let scope = try text("scope", declaration, frame, path)
            guard scope != "/" else { return "" }
            guard !scope.hasPrefix("/") else { return scope.hasSuffix("/") ? String(scope.dropLast()) : scope }
            return try relativeScope(scope, path)
        }
        var target = program.target
        guard type.lowercased() == ResourceID.deploymentType.lowercased() else { return target.id }
        if declaration["subscriptionId"] != nil {
            target.subscriptionID = try text("subscriptionId", declaration, frame, path)
            target.resourceGroup = nil
        }
        if declaration["resourceGroup"] != nil {
            target.resourceGroup = try text("resourceGroup", declaration, frame, path)
        }
        return target.id
    }

    /// `Microsoft.Storage/storageAccounts/name`, as older templates name what they extend.
    private func relativeScope(_ text: String, _ path: String) throws(EvaluationFailure) -> String {
        let parts = text.split(separator: "/").map(String.init)
        guard parts.count >= 3, parts.count.isMultiple(of: 2) == false else {
            throw EvaluationFailure.problem("The scope '\(text.prefix(200))' is no resource's id.")
                .located(at: "\(path).scope")
        }
        return "\(program.target.id)/providers/\(text)"
    }

    // MARK: All resources

    /// Where evaluation stops at what is not known yet; everywhere else the evaluation itself finds it.
    private mutating func checkNames() {
        guard !program.environment.undeterminedParameters.isEmpty else { return }
        var check = NameCheck(evaluator)
        do {
            for resource in program.template.resources {
                try check.walk(.object(resource.declaration), at: resource.path)
            }
            for output in program.template.outputs { try check.walk(.object(output.declaration), at: output.path) }
        } catch {
            report(error, at: "$.resources")
        }
        // What was evaluated told its own already.
        let told = Set(problems.map(\.path))
        problems += check.problems.filter { !told.contains($0.path) }.prefix(TemplateLimits.problems - problems.count)
    }

    private mutating func checkUnique() {
        var seen: Set<String> = []
        for resource in resources where resource.isDeployed && !resource.isExisting {
            guard !seen.insert(resource.key).inserted else { continue }
            report(
                .invalidTemplate,
                "The resource '\(resource.type)/\(resource.name)' is defined more than once in the template.",
                at: resource.path)
        }
    }

    /// Variables do not depend on their place: evaluated once, they are known to the body of every resource.
    private func allVariables() -> [String: JSONValue] {
        for name in program.environment.variables.keys.sorted() {
            // A mistake is told where the variable is used; one that is not used may be wrong.
            _ = try? evaluator.variable(name, in: Frame(place: .variable))
        }
        return evaluator.variables
    }

    /// The environment with the names that `reference` may use.
    private func named() -> Environment {
        var environment = program.environment
        if !undetermined.isEmpty { environment.hasUndeterminedResources = true }
        for resource in resources {
            let id = resource.id
            environment.deployedVersions[resource.key] = resource.apiVersion
            if let symbol = resource.symbolicName, !undeterminedSymbols.contains(symbol.lowercased()) {
                environment.symbols[
                    symbol.lowercased(),
                    default: SymbolTarget(ids: [], isLoop: resource.turn != nil, apiVersion: resource.apiVersion)
                ].ids.append(id)
            }
            guard resource.isDeployed || environment.resourceNames[resource.spellings[0]] == nil else { continue }
            for name in resource.spellings { environment.resourceNames[name, default: []].append(id) }
        }
        // The last part of a child's name will do where nothing else has that name.
        for resource in resources where resource.address.names.count > 1 && resource.isDeployed {
            let last = (resource.address.names.last ?? "").lowercased()
            if environment.resourceNames[last] == nil { environment.resourceNames[last] = [resource.id] }
        }
        // A loop without iterations has a name too.
        for declared in program.template.resources {
            guard let symbol = declared.symbolicName?.lowercased(), environment.symbols[symbol] == nil,
                !undeterminedSymbols.contains(symbol)
            else { continue }
            environment.symbols[symbol] = SymbolTarget(ids: [], isLoop: declared.declaration["copy"] != nil)
        }
        return environment
    }
}
