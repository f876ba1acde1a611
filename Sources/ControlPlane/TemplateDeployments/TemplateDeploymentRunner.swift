import Foundation
import Logging
import Postgres
import Resources
import Store
import Templates

/// Carries a template deployment out: the step of its operation.
///
/// What it has done stands in its steps; begun again after a kill it goes on behind them. A resource that was being put
/// is put again, which joins the operation that runs, or changes nothing.
package struct TemplateDeploymentRunner: Sendable {
    let database: Database
    let compiler: TemplateCompiler
    private let access: AccessService
    private let providers: ResourceProviders
    private let vault: SecretVault
    private let wait: OperationWait
    let time: TimeSource
    private let logger: Logger
    /// Called when a step was begun and when it has ended. For tests that break off there.
    private let observe: @Sendable (TemplateDeploymentStep) async throws -> Void

    /// Resources of one template that are put at once.
    private static let width = 32
    /// What an expression may ask of the running system before it must have its value.
    private static let requestLimit = 1_000

    init(
        database: Database, compiler: TemplateCompiler, access: AccessService, providers: ResourceProviders,
        vault: SecretVault,
        wait: OperationWait, time: TimeSource,
        observe: @escaping @Sendable (TemplateDeploymentStep) async throws -> Void, logger: Logger
    ) {
        (self.database, self.compiler, self.access) = (database, compiler, access)
        (self.providers, self.vault, self.wait, self.time) = (providers, vault, wait, time)
        (self.observe, self.logger) = (observe, logger)
    }

    func run(_ operation: ResourceOperation) async throws {
        let store = TemplateDeploymentStore(database)
        guard let deployment = try await store.find(id: operation.subjectID),
            let inputs = try await store.inputs(id: deployment.id)
        else { throw ARMError(.operationCanceled, "The deployment is gone.") }
        let origin = DeploymentOrigin(
            caller: Caller(
                objectID: inputs.callerObjectID, applicationID: inputs.callerApplicationID,
                correlationID: deployment.correlationID),
            baseURL: inputs.baseURL, operationID: operation.id, startedAt: deployment.startedAt)
        let address = TemplateDeploymentAddress(
            scope: DeploymentScope(subscriptionID: deployment.subscription, resourceGroup: deployment.resourceGroup),
            name: deployment.name)
        let context = try await compiler.context(
            address, location: deployment.location, mode: deployment.mode.rawValue,
            link: deployment.request["templateLink"], origin, planned: PlannedResources())
        let bound = try vault.openParameters(inputs.sealedParameters, deploymentID: deployment.id)
        let program: DeploymentProgram
        do throws(TemplateProblems) {
            program = try DeploymentProgram(try Template(reading: inputs.template), bound: bound, context: context)
        } catch {
            throw error.error
        }
        let linked = Dictionary(
            inputs.linkedTemplates.members.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        let run = Run(deployment: deployment, origin: origin, linked: linked, deadline: operation.deadlineAt)
        _ = run.names.begin(deployment.resourceID)
        try await carryOut(program, run)
    }

    // MARK: One deployment

    /// One deployment that is carried out: the root, or one nested in it.
    struct Run: Sendable {
        var deployment: TemplateDeployment
        var origin: DeploymentOrigin
        var linked: [String: JSONValue]
        var deadline: Date
        /// Shared by all of one operation.
        let names = BegunDeployments()
    }

    /// Runs the graph, the clean-up of the mode Complete, and the outputs. Throws `DeploymentFailed` for what failed.
    func carryOut(_ program: DeploymentProgram, _ run: Run) async throws {
        let store = TemplateDeploymentStore(database)
        guard try await store.markRunning(id: run.deployment.id, at: time.now()) else {
            throw ARMError(.operationCanceled, "The deployment was ended.")
        }
        let expansion: Expansion
        do throws(TemplateProblems) {
            expansion = try program.expand()
        } catch {
            throw error.error
        }
        let graph = DeploymentGraph(expansion, providers)
        let failures = try await perform(graph, expansion, run)
        guard failures.isEmpty else { throw Self.failed(run.deployment, failures) }
        if run.deployment.mode == .complete, !run.deployment.isNested {
            try await cleanUp(expansion, run, position: graph.nodes.count)
        }
        let outputs = try await outputs(expansion, run, position: graph.nodes.count + 1)
        let resources = graph.nodes.filter { !$0.isFirstOfTwo }.map { node in
            JSONValue.object(["id": .string(node.resource.id)])
        }
        try await store.setResults(id: run.deployment.id, outputs: outputs, resources: .array(resources))
    }

    private static func failed(_ deployment: TemplateDeployment, _ failures: [ARMError]) -> ARMError {
        ARMError(
            .deploymentFailed,
            "At least one resource deployment operation failed. Please list deployment operations for details. Please see "
                + "https://aka.ms/arm-deployment-operations for usage details.", target: deployment.resourceID,
            details: failures)
    }

    /// Puts what is ready, many at once, until nothing more can be. Answers the errors; what waits for a failed
    /// resource is left out.
    private func perform(_ graph: DeploymentGraph, _ expansion: Expansion, _ run: Run) async throws -> [ARMError] {
        let present = try await TemplateDeploymentStepStore(database).list(deploymentID: run.deployment.id)
        var done = Set(present.filter { $0.state == .succeeded }.map(\.position))
        var waiting = Set(graph.nodes.indices).subtracting(done)
        var failures: [ARMError] = []
        try await withThrowingTaskGroup(of: (Int, ARMError?).self) { group in
            var running = 0
            while true {
                // In the order of the template, so that siblings come in it.
                for node in waiting.sorted() where running < Self.width {
                    guard graph.nodes[node].dependencies.isSubset(of: done) else { continue }
                    waiting.remove(node)
                    running += 1
                    group.addTask { (node, try await self.perform(graph.nodes[node], node, expansion, run)) }
                }
                guard running > 0, let (node, failure) = try await group.next() else { return }
                running -= 1
                if let failure { failures.append(failure) } else { done.insert(node) }
            }
        }
        return failures
    }

    /// Puts one resource and waits until it is there; answers what went wrong.
    private func perform(
        _ node: DeploymentGraph.Node, _ position: Int, _ expansion: Expansion, _ run: Run
    ) async throws -> ARMError? {
        let resource = node.resource
        let step = TemplateDeploymentStep(
            deploymentID: run.deployment.id, position: position, kind: "Create", state: .running, target: resource.id,
            targetType: resource.type, targetName: resource.name, statusCode: "Accepted", startedAt: time.now(),
            changedAt: time.now())
        let outcome = try await record(step, run) {
            guard resource.isDeployment else { return ((), wasMade: try await self.put(node, expansion, run)) }
            try await self.access.check(run.origin.caller, Right(.write, resource.address))
            try await self.deploy(resource, expansion, run)
            return ((), wasMade: true)
        }
        if case .failure(let error) = outcome { return error }
        return nil
    }

    /// Writes a step around some work, which tells whether it made something new; answers what it came to, or what went
    /// wrong.
    private func record<Value: Sendable>(
        _ step: TemplateDeploymentStep, _ run: Run, _ work: @Sendable () async throws -> (Value, wasMade: Bool)
    ) async throws -> Result<Value, ARMError> {
        let store = TemplateDeploymentStepStore(database)
        let ended = ARMError(.operationCanceled, "The deployment was ended.")
        guard try await store.save(step, operation: run.origin.operationID) else { throw ended }
        try await observe(step)
        var step = step
        let outcome: Result<Value, ARMError>
        do {
            let (value, wasMade) = try await work()
            step.state = .succeeded
            step.statusCode = wasMade ? "Created" : "OK"
            outcome = .success(value)
        } catch let error as ARMError {
            step.state = .failed
            step.statusCode = error.code.status.rawValue
            step.error = error
            outcome = .failure(error)
        }
        step.changedAt = time.now()
        guard try await store.save(step, operation: run.origin.operationID) else { throw ended }
        try await observe(step)
        if let error = step.error {
            logger.info(
                "a resource of a template failed",
                metadata: [
                    "resource.id": "\(step.target ?? "")", "error.code": "\(error.code.rawValue)",
                    "deployment.id": "\(run.deployment.resourceID)",
                    "correlation.id": "\(run.deployment.correlationID)",
                ])
        }
        return outcome
    }

    // MARK: Resources

    private func put(_ node: DeploymentGraph.Node, _ expansion: Expansion, _ run: Run) async throws -> Bool {
        let resource = node.resource
        let (provider, version) = try providers.find(resource.type, apiVersion: resource.apiVersion)
        let call = run.origin.call(version)
        try await access.check(run.origin.caller, Right(.write, resource.address))
        let body = JSONValue.object(
            try await resolved(run) { runtime throws(EvaluationFailure) in try expansion.body(of: resource, runtime) })
        while true {
            do {
                let first =
                    node.isFirstOfTwo ? try await provider.bodyBeforeChildren(resource.address, body, call) : nil
                let outcome = try await provider.put(resource.address, first ?? body, call)
                if let operation = outcome.operation { try await end(of: operation.id, resource) }
                return outcome.wasMade && !node.isSecondOfTwo
            } catch let error as ARMError where error.code == .operationInProgress && time.now() < run.deadline {
                // Somebody else changes the resource: ours comes after.
                try await wait.untilSomethingEnded()
            }
        }
    }

    private func end(of id: OperationID, _ resource: PlannedResource) async throws {
        guard let operation = try await wait.untilEnded(id), operation.state != .succeeded else { return }
        let cause = operation.error ?? ARMError(.internalServerError, "The operation ended without an error.")
        throw Self.writeFailure(resource.id, state: operation.state.wireStatus, cause)
    }

    static func writeFailure(_ id: String, state: String, _ cause: ARMError?) -> ARMError {
        ARMError(
            .resourceDeploymentFailure,
            "The resource write operation failed to complete successfully, because it reached terminal provisioning "
                + "state '\(state)'.", target: id, details: cause.map { [$0] })
    }

    /// Evaluates again and again, each time with one more answer of the running system.
    func resolved<Value: Sendable>(
        _ run: Run, _ evaluate: (RuntimeValues) throws(EvaluationFailure) -> Value
    ) async throws -> Value {
        var runtime = RuntimeValues()
        for _ in 0..<Self.requestLimit {
            let request: RuntimeRequest
            do throws(EvaluationFailure) {
                return try evaluate(runtime)
            } catch {
                switch error {
                case .problem(let problem): throw problem.error
                case .needs(let needed): request = needed
                }
            }
            runtime[request] = try await answer(request, run)
        }
        throw ARMError(.invalidTemplate, "An expression refers to more than \(Self.requestLimit) resources.")
    }

    private func answer(_ request: RuntimeRequest, _ run: Run) async throws -> JSONValue {
        switch request {
        case .resource(let id, let version):
            let (provider, address, call) = try find(id, version ?? "", run)
            try await access.check(
                run.origin.caller, Right(.read, address))
            guard let found = try await provider.get(address, call) else {
                throw ARMError(
                    .resourceNotFound, "The resource '\(id)' that the template refers to was not found.", target: id)
            }
            return found
        case .list(let id, let verb, let version, let body):
            let (provider, address, call) = try find(id, version, run)
            try await access.check(
                run.origin.caller, Right(.action(verb), address))
            // Written by the evaluator a moment ago.
            let document = body.flatMap { try? JSONParser.parse($0.utf8, as: .template) }
            return try await provider.act(verb, address, document, call)
        case .undetermined(let name):
            // All parameters of a template that runs have values.
            throw ARMError(.internalServerError, "'\(name.prefix(100))' has no value.")
        }
    }

    private func find(
        _ id: String, _ version: String, _ run: Run
    ) throws(ARMError) -> (any ResourceProvider, ResourceAddress, ProviderCall) {
        guard let address = ResourceAddress(id: id) else {
            throw ARMError(.invalidTemplate, "'\(id.prefix(300))' is no resource's id.")
        }
        let (provider, known) = try providers.find(address.type, apiVersion: version)
        return (provider, address, run.origin.call(known))
    }

    // MARK: Afterwards

    /// Deletes what the group holds and the template does not name, children before their parents.
    private func cleanUp(_ expansion: Expansion, _ run: Run, position: Int) async throws {
        guard let group = run.deployment.resourceGroup else { return }
        var planned = Set(expansion.resources.filter(\.isDeployed).map { $0.id.lowercased() })
        // What nested deployments made is theirs.
        for resource in expansion.resources where resource.isDeployment && resource.isDeployed {
            planned.formUnion(try await nestedResources(resource.id, run))
        }
        let inventory = ResourceInventory(providers: providers)
        let superfluous = try await inventory.superfluous(
            subscription: run.deployment.subscription, resourceGroup: group, keeping: planned, run.origin.caller)
        let step = TemplateDeploymentStep(
            deploymentID: run.deployment.id, position: position, kind: "DeploymentCleanup", state: .running,
            target: nil,
            targetType: nil, targetName: nil, statusCode: "Accepted", startedAt: time.now(), changedAt: time.now())
        let outcome = try await record(step, run) {
            // What came into the group since the deployment was checked needs the right as well.
            let rights = try await self.access.rights(of: run.origin.caller)
            for (_, address) in superfluous { try rights.check(Right(.delete, address)) }
            try await inventory.delete(superfluous, run.origin.caller, self.wait)
            return ((), wasMade: false)
        }
        if case .failure(let error) = outcome { throw Self.failed(run.deployment, [error]) }
    }

    private func outputs(_ expansion: Expansion, _ run: Run, position: Int) async throws -> JSONValue {
        guard !expansion.program.template.outputs.isEmpty else { return .object(JSONObject()) }
        let step = TemplateDeploymentStep(
            deploymentID: run.deployment.id, position: position, kind: "EvaluateDeploymentOutput", state: .running,
            target: nil, targetType: nil, targetName: nil, statusCode: "Accepted", startedAt: time.now(),
            changedAt: time.now())
        let values = try await record(step, run) {
            let found = try await self.resolved(run) { runtime throws(EvaluationFailure) in
                try expansion.outputs(runtime)
            }
            return (found, wasMade: false)
        }
        switch values {
        case .success(let found): return TemplateDeploymentValues.outputs(found)
        case .failure(let error): throw Self.failed(run.deployment, [error])
        }
    }
}
