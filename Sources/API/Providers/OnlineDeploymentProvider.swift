import ControlPlane
import Resources
import Templates

/// Online deployments for templates.
struct OnlineDeploymentProvider: ResourceProvider {
    let service: DeploymentService
    let endpoints: EndpointService
    let assets: AssetService
    let site: SiteSettings

    let type = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments"
    let apiVersions = APIVersion.machineLearning
    let isDeletedByCompleteMode = true

    func get(_ address: ResourceAddress, _ call: ProviderCall) async throws -> JSONValue? {
        guard let found = try await find(address, call) else { return nil }
        return try document(found, call)
    }

    private func find(_ address: ResourceAddress, _ call: ProviderCall) async throws -> OnlineDeployment? {
        let id = try address.resourceID()
        return try await unlessMissing {
            try await service.get(caller: call.caller, endpoint: id.parent, name: id.name)
        }
    }

    func preflight(
        _ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall, planned: PlannedResources
    ) async throws -> [ARMError] {
        let id = try address.resourceID()
        var found = try await problems { try ResourceName.checkEndpointOrDeployment(id.name, kind: "deployment") }
        found += try await parentProblems(address, planned: planned) {
            _ = try await endpoints.get(caller: call.caller, workspace: id.workspace, name: id.parent.name)
        }
        var request: OnlineDeploymentRequest?
        found += try await problems { request = try OnlineDeploymentRequest(reading: BodyReader(root: body)) }
        guard let request else { return found }
        if let stored = try await find(address, call) {
            found += locationProblem(stored.envelope.location, request.envelope.location, address)
        } else if request.properties.endpointComputeType == .kubernetes {
            found += try await problems {
                try ResourceName.checkTogether(endpoint: id.parent.name, deployment: id.name)
            }
        }
        let references: [(field: String, text: String?, kind: AssetKind)] = [
            ("model", request.properties.model, .model),
            ("environmentId", request.properties.environmentId, .environment),
            ("codeConfiguration.codeId", request.properties.codeConfiguration?.codeId, .code),
        ]
        found += try await problems {
            try await service.checkQuota(caller: call.caller, endpoint: id.parent, name: id.name, request)
        }
        for (field, text, kind) in references {
            guard let text, !text.isEmpty else { continue }
            found += try await problem(of: text, kind, field, id, call, planned)
        }
        return found
    }

    /// A registered asset that is named must be there, or be made by the same deployment.
    private func problem(
        of text: String, _ kind: AssetKind, _ field: String, _ id: ResourceID, _ call: ProviderCall,
        _ planned: PlannedResources
    ) async throws -> [ARMError] {
        let target = "$.properties.\(field)"
        let reference: AssetReference
        do {
            reference = try await service.reference(caller: call.caller, text, kind, endpoint: id.parent)
        } catch let error as ARMError {
            return [ARMError(error.code, error.message, target: target)]
        }
        guard case .registered(let name, let version?, _) = reference else { return [] }
        let asset = id.workspace.child(kind.rawValue, name).child("versions", version)
        guard !planned.contains(asset.description) else { return [] }
        let stored = try await unlessMissing {
            try await assets.getVersion(
                caller: call.caller, workspace: id.workspace, kind: kind, name: name, version: version)
        }
        guard stored == nil else { return [] }
        return [
            ARMError(
                .resourceNotFound, "The \(kind.noun) '\(name):\(version)' is not registered in the workspace.",
                target: target)
        ]
    }

    func put(_ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall) async throws -> ProviderOutcome {
        let id = try address.resourceID()
        let outcome = try await service.put(
            caller: call.caller, endpoint: id.parent, name: id.name,
            try OnlineDeploymentRequest(reading: BodyReader(root: body)),
            keepingUnknown: DeploymentService.UnknownFields(in: call.apiVersion), if: .none)
        return ProviderOutcome(outcome)
    }

    func predict(_ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall) async throws -> JSONValue? {
        let request = try OnlineDeploymentRequest(reading: BodyReader(root: body))
        guard var deployment = try await find(address, call) else { return nil }
        deployment.envelope = request.envelope
        let bag = deployment.properties.properties
        deployment.properties = request.properties
        deployment.properties.properties.merge(bag) { new, _ in new }
        deployment.instanceCount = request.instanceCount
        return try document(deployment, call)
    }

    func delete(_ address: ResourceAddress, _ call: ProviderCall) async throws -> ResourceOperation? {
        let id = try address.resourceID()
        return try await service.delete(caller: call.caller, endpoint: id.parent, name: id.name, if: .none)
    }

    func list(subscription: String, resourceGroup: String, _ call: ProviderCall) async throws -> [JSONValue] {
        try await allPages { page in
            try await service.list(
                caller: call.caller, subscription: subscription, resourceGroup: resourceGroup, page: page)
        }.map { try document($0, call) }
    }

    private func document(_ deployment: OnlineDeployment, _ call: ProviderCall) throws -> JSONValue {
        try JSONBody(TrackedResourceBody(deployment, call, site)).document()
    }
}
