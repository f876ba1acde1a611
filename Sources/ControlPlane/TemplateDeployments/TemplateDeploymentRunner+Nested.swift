import Foundation
import Resources
import Store
import Synchronization
import Templates

/// Deployments that stand in the template of another one.
extension TemplateDeploymentRunner {
    /// Carries a nested deployment out, as a row of its own under the operation of its root.
    func deploy(_ resource: PlannedResource, _ expansion: Expansion, _ run: Run) async throws {
        let nested = try await resolved(run) { runtime throws(EvaluationFailure) in
            try expansion.nested(resource, runtime)
        }
        var linked = run.linked
        let (program, template) = try await compiler.program(
            nested, of: resource, in: expansion, run.origin, linked: &linked, planned: PlannedResources())
        var inner = run
        inner.linked = linked
        inner.deployment = try await beginNested(nested, program, template, run)
        let store = TemplateDeploymentStore(database)
        switch inner.deployment.state {
        case .succeeded: return
        case .failed, .canceled: throw Self.nestedFailure(inner.deployment, inner.deployment.error)
        case .accepted, .running: break
        }
        do {
            try await carryOut(program, inner)
        } catch let error as ARMError where error.code != .operationCanceled {
            _ = try await store.end(id: inner.deployment.id, as: .failed, error: error, at: time.now())
            throw Self.nestedFailure(inner.deployment, error)
        }
        _ = try await store.end(id: inner.deployment.id, as: .succeeded, error: nil, at: time.now())
    }

    private static func nestedFailure(_ deployment: TemplateDeployment, _ cause: ARMError?) -> ARMError {
        let state: TemplateDeploymentState = cause == nil ? .canceled : .failed
        return writeFailure(deployment.resourceID, state: state.rawValue, cause)
    }

    /// The row of a nested deployment: the one that this operation made before, or a new one.
    private func beginNested(
        _ nested: NestedDeployment, _ program: DeploymentProgram, _ template: JSONValue, _ run: Run
    ) async throws -> TemplateDeployment {
        let store = TemplateDeploymentStore(database)
        let group = program.target.resourceGroup
        let id = TemplateDeployment.id(
            subscription: program.target.subscriptionID, resourceGroup: group, name: nested.name)
        // The entry of the same operation would be taken for this deployment's own.
        guard run.names.begin(id) else { throw TemplateDeploymentService.active(id) }
        let present = try await store.find(
            subscription: program.target.subscriptionID, resourceGroup: group, name: nested.name)
        if let present, present.operationID == run.origin.operationID { return present }
        let now = time.now()
        let deployment = TemplateDeployment(
            id: UUID(), subscription: program.target.subscriptionID, resourceGroup: group, name: nested.name,
            location: nested.location, tags: [:], state: .accepted, mode: .incremental,
            operationID: run.origin.operationID, isNested: true, correlationID: run.deployment.correlationID,
            templateHash: TemplateHash.text(of: template), request: nested.shown,
            parameters: TemplateDeploymentValues.parameters(program.parameters),
            summary: .object(JSONObject()), startedAt: now, changedAt: now)
        let inputs = TemplateDeploymentInputs(
            template: template, linkedTemplates: .object(JSONObject()), sealedParameters: nil,
            callerObjectID: run.origin.caller.objectID, callerApplicationID: run.origin.caller.applicationID,
            baseURL: run.origin.baseURL)
        guard let begun = try await store.begin(deployment, inputs) else {
            throw TemplateDeploymentService.active(deployment.resourceID)
        }
        var made = deployment
        made.id = begun.id
        return made
    }

    /// Ids that a nested deployment of this operation made, in lower case.
    func nestedResources(_ id: String, _ run: Run) async throws -> Set<String> {
        guard let address = ResourceAddress(id: id), let scope = DeploymentScope(id: address.scope) else { return [] }
        let found = try await TemplateDeploymentService.find(
            TemplateDeploymentAddress(scope: scope, name: address.name), database)
        var ids: Set<String> = []
        for resource in found?.outputResources?.elements ?? [] {
            guard let inner = resource["id"]?.text else { continue }
            ids.insert(inner.lowercased())
            if inner.lowercased().contains("/microsoft.resources/deployments/") {
                ids.formUnion(try await nestedResources(inner, run))
            }
        }
        return ids
    }
}

/// Deployments that one operation has begun: a second one of the same name has no entry of its own in the history.
final class BegunDeployments: Sendable {
    private let ids = Mutex<Set<String>>([])

    /// False when a deployment of that id was begun before.
    func begin(_ id: String) -> Bool {
        ids.withLock { $0.insert(id.lowercased()).inserted }
    }
}

extension NestedDeployment {
    /// What of the request is shown again.
    fileprivate var shown: JSONValue {
        let link: JSONValue? = if case .link(let written) = source { written } else { nil }
        return TemplateLinks.shown(template: link, parameters: parametersLink, debugSetting: debugSetting)
    }
}
