import Postgres
import Resources
import Store
import Templates

/// What a template makes of the running system: puts of its resources, and what its expressions ask.
extension TemplateDeploymentRunner {
    /// What an expression may ask of the running system before it must have its value.
    private static let requestLimit = 1_000

    /// Puts a resource. The step is over, or waits for the operation that brings the resource about, or for one in its way.
    func put(
        _ step: TemplateDeploymentStep, _ node: DeploymentGraph.Node, _ run: DeploymentRun
    ) async throws -> TemplateDeploymentStep {
        let resource = node.resource
        let (provider, version) = try providers.find(resource.type, apiVersion: resource.apiVersion)
        let call = run.origin.call(version)
        try await access.check(run.origin.caller, Right(.write, resource.address))
        let body = JSONValue.object(
            try await resolved(run) { runtime throws(EvaluationFailure) in
                try run.expansion.body(of: resource, runtime)
            })
        while true {
            do {
                let first =
                    node.isFirstOfTwo ? try await provider.bodyBeforeChildren(resource.address, body, call) : nil
                let outcome = try await provider.put(resource.address, first ?? body, call)
                let wasMade = outcome.wasMade && !node.isSecondOfTwo
                guard let operation = outcome.operation else {
                    return step.succeeded(wasMade: wasMade, at: time.now())
                }
                return try await waiting(step, for: operation, wasMade: wasMade, run)
            } catch let error as ARMError where error.code == .operationInProgress {
                // Somebody else changes the resource, or what holds it: ours comes after.
                let store = OperationStore(database)
                for id in [error.target, resource.id].compactMap(\.self) {
                    if let other = try await store.findRunning(resourceID: id) {
                        return try await waiting(step, for: other, run)
                    }
                }
            }
        }
    }

    /// Evaluates again and again, each time with one more answer of the running system.
    func resolved<Value: Sendable>(
        _ run: DeploymentRun, _ evaluate: (RuntimeValues) throws(EvaluationFailure) -> Value
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
            runtime[request] = try await response(request, run)
        }
        throw ARMError(.invalidTemplate, "An expression refers to more than \(Self.requestLimit) resources.")
    }

    private func response(_ request: RuntimeRequest, _ run: DeploymentRun) async throws -> JSONValue {
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
        _ id: String, _ version: String, _ run: DeploymentRun
    ) throws(ARMError) -> (any ResourceProvider, ResourceAddress, ProviderCall) {
        guard let address = ResourceAddress(id: id) else {
            throw ARMError(.invalidTemplate, "'\(id.prefix(300))' is no resource's id.")
        }
        let (provider, known) = try providers.find(address.type, apiVersion: version)
        return (provider, address, run.origin.call(known))
    }
}
