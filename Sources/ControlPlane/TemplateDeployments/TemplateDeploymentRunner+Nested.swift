import Foundation
import Postgres
import Resources
import Store
import Templates

/// Deployments that stand in the template of another one.
extension TemplateDeploymentRunner {
    /// Carries a nested deployment on, which is a row of its own under the operation of its root. Done when the step has
    /// come to its end.
    func carryOn(
        _ step: TemplateDeploymentStep, _ resource: PlannedResource, _ outer: DeploymentRun
    ) async throws -> (step: TemplateDeploymentStep, outcome: StepOutcome) {
        var step = step
        let run: DeploymentRun
        if let known = step.nestedID.flatMap({ runs.find(outer.origin.operationID, $0) }) {
            run = known
        } else {
            try await access.check(outer.origin.caller, Right(.write, resource.address))
            let nested = try await resolved(outer) { runtime throws(EvaluationFailure) in
                try outer.expansion.nested(resource, runtime)
            }
            var linked = outer.linked
            let (program, template) = try await compiler.program(
                nested, of: resource, in: outer.expansion, outer.origin, linked: &linked, planned: PlannedResources())
            let deployment = try await beginNested(nested, program, template, &step, outer)
            switch deployment.state {
            case .succeeded: return (step.succeeded(wasMade: true, at: time.now()), .done)
            case .failed, .canceled: throw Self.nestedFailure(deployment, deployment.error)
            case .accepted, .running: break
            }
            run = try await ending(deployment) { try await begin(program, deployment, outer.origin, linked) }
        }
        let outcome = try await ending(run.deployment) { try await pass(run) }
        guard outcome == .done else { return (step, outcome) }
        _ = try await TemplateDeploymentStore(database).end(
            id: run.deployment.id, as: .succeeded, error: nil, at: time.now())
        return (step.succeeded(wasMade: true, at: time.now()), .done)
    }

    /// Writes the end of a nested deployment where its work fails.
    private func ending<Value: Sendable>(
        _ deployment: TemplateDeployment, _ work: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await work()
        } catch let error as ARMError where error.code != .operationCanceled {
            _ = try await TemplateDeploymentStore(database).end(
                id: deployment.id, as: .failed, error: error, at: time.now())
            throw Self.nestedFailure(deployment, error)
        }
    }

    private static func nestedFailure(_ deployment: TemplateDeployment, _ cause: ARMError?) -> ARMError {
        let state: TemplateDeploymentState = cause == nil ? .canceled : .failed
        return writeFailure(deployment.resourceID, state: state.rawValue, cause)
    }

    /// The row of a nested deployment: the one that the step has begun, or a new one.
    private func beginNested(
        _ nested: NestedDeployment, _ program: DeploymentProgram, _ template: JSONValue,
        _ step: inout TemplateDeploymentStep, _ outer: DeploymentRun
    ) async throws -> TemplateDeployment {
        let group = program.target.resourceGroup
        let origin = outer.origin
        let now = time.now()
        let deployment = TemplateDeployment(
            id: UUID(), subscription: program.target.subscriptionID, resourceGroup: group, name: nested.name,
            location: nested.location, tags: [:], state: .accepted, mode: .incremental,
            operationID: origin.operationID, isNested: true, correlationID: outer.deployment.correlationID,
            templateHash: TemplateHash.text(of: template), request: nested.shown,
            parameters: TemplateDeploymentValues.parameters(program.parameters),
            summary: .object(JSONObject()), startedAt: now, changedAt: now)
        let inputs = TemplateDeploymentInputs(
            template: template, linkedTemplates: .object(JSONObject()), sealedParameters: nil,
            callerObjectID: origin.caller.objectID, callerApplicationID: origin.caller.applicationID,
            baseURL: origin.baseURL)
        let begun = try await database.transaction { [step] transaction in
            let store = TemplateDeploymentStore(transaction)
            let steps = TemplateDeploymentStepStore(transaction)
            var step = step
            let present = try await store.find(
                subscription: deployment.subscription, resourceGroup: group, name: nested.name)
            if let present, present.operationID == origin.operationID {
                if step.nestedID == present.id { return (present, step) }
                // One of the same name that this operation has begun elsewhere would be taken for this step's own.
                guard present.isNested, try await !steps.isNested(present.id) else {
                    throw TemplateDeploymentService.active(present.resourceID)
                }
            }
            var made = deployment
            if let present, present.operationID == origin.operationID {
                made = present
            } else {
                guard let begun = try await store.begin(deployment, inputs) else {
                    throw TemplateDeploymentService.active(deployment.resourceID)
                }
                made.id = begun.id
            }
            step.nestedID = made.id
            guard try await steps.save([step], operation: origin.operationID) else { throw Self.ended }
            return (made, step)
        }
        step = begun.1
        return begun.0
    }

    /// Ids that a nested deployment of this operation made, in lower case.
    func nestedResources(_ id: String) async throws -> Set<String> {
        guard let address = ResourceAddress(id: id), let scope = DeploymentScope(id: address.scope) else { return [] }
        let found = try await TemplateDeploymentService.find(
            TemplateDeploymentAddress(scope: scope, name: address.name), database)
        var ids: Set<String> = []
        for resource in found?.outputResources?.elements ?? [] {
            guard let inner = resource["id"]?.text else { continue }
            ids.insert(inner.lowercased())
            if inner.lowercased().contains("/microsoft.resources/deployments/") {
                ids.formUnion(try await nestedResources(inner))
            }
        }
        return ids
    }
}

extension NestedDeployment {
    /// What of the request is shown again.
    fileprivate var shown: JSONValue {
        let link: JSONValue? = if case .link(let written) = source { written } else { nil }
        return TemplateLinks.shown(template: link, parameters: parametersLink, debugSetting: debugSetting)
    }
}
