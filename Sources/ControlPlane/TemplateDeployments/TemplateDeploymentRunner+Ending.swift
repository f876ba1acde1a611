import Foundation
import Postgres
import Resources
import Store
import Templates

/// What comes after the resources of a deployment.
extension TemplateDeploymentRunner {
    /// The clean-up of the mode Complete, the outputs, and the results; whether all of it is done.
    func finish(_ run: DeploymentRun, _ steps: inout [Int: TemplateDeploymentStep]) async throws -> Bool {
        let position = run.graph.nodes.count
        if run.deployment.mode == .complete, !run.deployment.isNested {
            let cleaned = try await perform("DeploymentCleanup", position, steps[position], run) { step in
                try await cleanUp(step, run)
            }
            guard cleaned.state == .succeeded else { return false }
        }
        var outputs: [Expansion.OutputValue] = []
        if !run.expansion.program.template.outputs.isEmpty {
            // A value is nowhere before the results are written, so it is asked for again.
            var present = steps[position + 1]
            present?.state = .running
            _ = try await perform("EvaluateDeploymentOutput", position + 1, present, run) { step in
                outputs = try await resolved(run) { runtime throws(EvaluationFailure) in
                    try run.expansion.outputs(runtime)
                }
                return step.succeeded(wasMade: false, at: time.now())
            }
        }
        let resources = run.graph.nodes.filter { !$0.isFirstOfTwo }.map { node in
            JSONValue.object(["id": .string(node.resource.id)])
        }
        try await TemplateDeploymentStore(database).setResults(
            id: run.deployment.id, outputs: TemplateDeploymentValues.outputs(outputs), resources: .array(resources))
        return true
    }

    /// Carries a step on that belongs to no resource, as far as it gets; its failure is that of the deployment.
    private func perform(
        _ kind: String, _ position: Int, _ present: TemplateDeploymentStep?, _ run: DeploymentRun,
        _ work: (TemplateDeploymentStep) async throws -> TemplateDeploymentStep
    ) async throws -> TemplateDeploymentStep {
        var step =
            present
            ?? TemplateDeploymentStep(
                deploymentID: run.deployment.id, position: position, kind: kind, state: .running, target: nil,
                targetType: nil, targetName: nil, statusCode: "Accepted", startedAt: time.now(), changedAt: time.now())
        if present == nil { try await save([step], beginning: [step], run) }
        while step.state == .running {
            let last = step
            do {
                step = try await work(last)
            } catch let error as ARMError {
                step = last.failed(error, at: time.now())
            }
            if step == last { return step }
            try await save([step], run)
        }
        if let error = step.error { throw Self.failed(run.deployment, [error]) }
        return step
    }

    /// Deletes what the group holds and the template does not name, children before their parents, one after another.
    private func cleanUp(_ step: TemplateDeploymentStep, _ run: DeploymentRun) async throws -> TemplateDeploymentStep {
        if let awaited = step.awaited {
            let operation = try await OperationStore(database).find(awaited)
            if let operation, !operation.state.isTerminal { return step }
            if let error = operation?.error { throw error }
        }
        let superfluous = try await superfluous(run)
        // What came into the group since the deployment was checked needs the right as well.
        let rights = try await access.rights(of: run.origin.caller)
        for (_, address) in superfluous { try rights.check(Right(.delete, address)) }
        for (provider, address) in superfluous {
            let call = ProviderCall(caller: run.origin.caller, apiVersion: provider.newestVersion, baseURL: "")
            if let deletion = try await provider.delete(address, call) {
                return try await waiting(step, for: deletion, run)
            }
        }
        return step.succeeded(wasMade: false, at: time.now())
    }

    private func superfluous(
        _ run: DeploymentRun
    ) async throws -> [(provider: any ResourceProvider, address: ResourceAddress)] {
        guard let group = run.deployment.resourceGroup else { return [] }
        var planned = Set(run.expansion.resources.filter(\.isDeployed).map { $0.id.lowercased() })
        // What nested deployments made is theirs.
        for resource in run.expansion.resources where resource.isDeployment && resource.isDeployed {
            planned.formUnion(try await nestedResources(resource.id))
        }
        return try await ResourceInventory(providers: providers).superfluous(
            subscription: run.deployment.subscription, resourceGroup: group, keeping: planned, run.origin.caller)
    }
}
