import Resources
import Templates

/// Expands a deployment and everything nested in it without changing anything, and finds all that is wrong.
struct TemplatePlanner: Sendable {
    let compiler: TemplateCompiler
    let access: AccessService
    let providers: ResourceProviders

    /// Problems that are told at once.
    private static let problemLimit = 50
    /// Rounds of asking the running system for what expressions refer to: one for each step of a chain.
    private static let roundLimit = 8

    /// A deployment's tree with the documents that its links led to.
    struct Plan: Sendable {
        var tree: DeploymentTree
        var linked: [String: JSONValue]
    }

    /// Expands everything; throws `InvalidTemplate` with all mistakes of the language.
    func plan(
        _ compiled: TemplateCompiler.Compiled, at address: TemplateDeploymentAddress, _ origin: DeploymentOrigin
    ) async throws -> Plan {
        var linked = compiled.linked
        var problems: [ARMError] = []
        let tree = try await tree(compiled.program, at: address, origin, Surroundings(), &linked, &problems)
        problems += tree.map { Self.sharedNames($0, at: address) } ?? []
        if let error = ARMError(combining: problems) { throw error }
        guard let tree else { throw ARMError(.invalidTemplate, "The template is not valid.") }
        return Plan(tree: tree, linked: linked)
    }

    /// Deployments of one tree each need a name of their own in their scope: its history has one entry for a name.
    private static func sharedNames(_ tree: DeploymentTree, at address: TemplateDeploymentAddress) -> [ARMError] {
        var seen = [address.id.lowercased()]
        return tree.deployments.compactMap { resource -> ARMError? in
            let id = resource.id.lowercased()
            guard seen.contains(id) else {
                seen.append(id)
                return nil
            }
            return TemplateProblem(
                .invalidTemplate,
                "The deployment '\(resource.name)' is nested in a deployment that has its name, or is there twice; "
                    + "give each deployment to a scope a name of its own.", path: resource.path
            ).error
        }
    }

    private func tree(
        _ program: DeploymentProgram, at address: TemplateDeploymentAddress, _ origin: DeploymentOrigin,
        _ around: Surroundings, _ linked: inout [String: JSONValue], _ problems: inout [ARMError]
    ) async throws -> DeploymentTree? {
        let expansion: Expansion
        do throws(TemplateProblems) {
            expansion = try program.expand()
        } catch {
            problems += error.list.map(\.error)
            return nil
        }
        let deployed = expansion.resources.enumerated().filter { $0.element.isDeployed && !$0.element.isExisting }
        let own = Set(deployed.map { $0.element.id.lowercased() })
        var nodes: [DeploymentTree.Node] = []
        for (position, resource) in deployed {
            let preview = try await preview(of: resource, in: expansion, origin, except: own)
            problems += preview.problems.map(\.error)
            nodes.append(DeploymentTree.Node(resource: resource, position: position, preview: preview))
        }
        problems += expansion.outputProblems().map(\.error)
        var tree = DeploymentTree(address: address, expansion: expansion, nodes: nodes)
        try await addChildren(to: &tree, origin, around, &linked, &problems)
        return tree
    }

    /// What there is, or will be, beside the resources of the database when a nested deployment begins.
    private struct Surroundings {
        var planned = PlannedResources()
        /// Something is deployed before it that is not known yet.
        var isOpen = false

        mutating func add(_ tree: DeploymentTree) {
            tree.insert(into: &planned)
            if !tree.isWhole { isOpen = true }
        }
    }

    /// Plans the nested deployments, each after those that it waits for: it may go to a group that they make.
    private func addChildren(
        to tree: inout DeploymentTree, _ origin: DeploymentOrigin, _ around: Surroundings,
        _ linked: inout [String: JSONValue], _ problems: inout [ARMError]
    ) async throws {
        var beside = around
        tree.insert(into: &beside.planned)
        if !tree.expansion.undetermined.isEmpty { beside.isOpen = true }
        for entry in DeploymentOrder(tree).entries {
            guard problems.count < Self.problemLimit else { break }
            var before = beside
            for node in entry.earlier {
                if let child = tree.nodes[node].child { before.add(child) } else { before.isOpen = true }
            }
            try await addChild(to: &tree.nodes[entry.node], in: tree.expansion, origin, before, &linked, &problems)
        }
    }

    /// What is known of a body, with references to resources that this deployment does not change answered.
    private func preview(
        of resource: PlannedResource, in expansion: Expansion, _ origin: DeploymentOrigin, except own: Set<String>
    ) async throws -> Expansion.Preview {
        var runtime = RuntimeValues()
        var preview = expansion.preview(of: resource, runtime)
        for _ in 0..<Self.roundLimit where !preview.needs.isEmpty {
            var hasNews = false
            for request in Set(preview.needs) {
                guard case .resource(let id, let version?) = request, !own.contains(id.lowercased()),
                    let response = try await read(id, version, origin)
                else { continue }
                runtime[request] = response
                hasNews = true
            }
            guard hasNews else { break }
            preview = expansion.preview(of: resource, runtime)
        }
        return preview
    }

    /// A resource as it is now; nil when it is not there, or not of ours.
    private func read(_ id: String, _ version: String, _ origin: DeploymentOrigin) async throws -> JSONValue? {
        guard let address = ResourceAddress(id: id),
            // What is not served is told when the reference is evaluated.
            let (provider, version) = try? providers.find(address.type, apiVersion: version)
        else { return nil }
        let call = origin.call(version)
        do {
            try await access.check(
                origin.caller, Right(.read, address))
        } catch is ARMError {
            // What the caller may not see stays unknown; the deployment itself will say so.
            return nil
        }
        return try await provider.get(address, call)
    }

    private func addChild(
        to node: inout DeploymentTree.Node, in expansion: Expansion, _ origin: DeploymentOrigin,
        _ before: Surroundings, _ linked: inout [String: JSONValue], _ problems: inout [ARMError]
    ) async throws {
        guard node.preview.problems.isEmpty else { return }
        do {
            let read: NestedDeployment?
            do throws(TemplateProblems) {
                read = try expansion.nested(node.resource, previewed: node.preview)
            } catch {
                throw error.error
            }
            try await access.check(origin.caller, Right(.write, node.resource.address))
            guard let nested = read else {
                node.shortCircuit = .template
                return
            }
            let (program, _) = try await compiler.program(
                nested, of: node.resource, in: expansion, origin, linked: &linked, planned: before.planned)
            let address = TemplateDeploymentAddress(scope: nested.target, name: nested.name)
            node.child = try await tree(program, at: address, origin, before, &linked, &problems)
        } catch let error as ARMError where error.code == .resourceGroupNotFound && before.isOpen {
            node.shortCircuit = .resourceGroup
        } catch let error as ARMError {
            problems += error.problems
        }
    }

    // MARK: Preflight

    /// Asks the provider of every body that is complete, and for the right to delete what the mode Complete would;
    /// throws `InvalidTemplateDeployment` with all it finds.
    func preflight(_ plan: Plan, _ mode: TemplateDeploymentMode, _ origin: DeploymentOrigin) async throws {
        let planned = plan.tree.planned
        let rights = try await access.rights(of: origin.caller)
        var problems: [ARMError] = []
        for node in plan.tree.leaves {
            guard problems.count < Self.problemLimit else { break }
            for problem in try await self.problems(of: node, origin, rights, planned) {
                problems.append(problem.placed(below: node.resource.path))
            }
        }
        if mode == .complete, let group = plan.tree.address.scope.resourceGroup {
            problems += try await ResourceInventory(providers: providers).superfluous(
                subscription: plan.tree.address.scope.subscriptionID, resourceGroup: group, keeping: planned.ids,
                origin.caller
            ).compactMap { _, address in rights.problem(Right(.delete, address)) }
        }
        guard !problems.isEmpty else { return }
        throw ARMError(
            .invalidTemplateDeployment,
            "The template deployment '\(plan.tree.address.name)' is not valid according to the validation procedure. The "
                + "tracking id is '\(origin.caller.correlationID)'. See inner errors for details.", details: problems)
    }

    private func problems(
        of node: DeploymentTree.Node, _ origin: DeploymentOrigin, _ rights: CallerRights, _ planned: PlannedResources
    ) async throws -> [ARMError] {
        let resource = node.resource
        do {
            let (provider, version) = try providers.find(resource.type, apiVersion: resource.apiVersion)
            try rights.check(Right(.write, resource.address))
            guard node.preview.isComplete else { return [] }
            let call = origin.call(version)
            return try await provider.preflight(resource.address, .object(node.preview.body), call, planned: planned)
        } catch let error as ARMError {
            return error.problems
        }
    }
}

extension ARMError {
    /// The same error about a place in a template: a target that begins with `$` is a place in the resource's body, and
    /// names are in `name`.
    func placed(below path: String) -> ARMError {
        var copy = self
        let place = code == .invalidResourceName ? "$.name" : target ?? ""
        let inner = place.hasPrefix("$") ? String(place.dropFirst()) : ""
        copy.target = path + inner
        copy.additionalInfo = [
            ARMErrorInfo(
                templateViolation: ARMErrorInfo.TemplatePlace(lineNumber: 0, linePosition: 0, path: path + inner))
        ]
        return copy
    }
}
