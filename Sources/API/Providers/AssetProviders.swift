import ControlPlane
import Resources
import Templates

/// Models, code, environments and data for templates: their containers.
struct AssetContainerProvider: ResourceProvider {
    let kind: AssetKind
    let service: AssetService
    let workspaces: WorkspaceService

    var type: String { "Microsoft.MachineLearningServices/workspaces/\(kind.rawValue)" }
    let apiVersions = APIVersion.machineLearning

    func get(_ address: ResourceAddress, _ call: ProviderCall) async throws -> JSONValue? {
        guard let found = try await find(address, call) else { return nil }
        return try JSONBody(ProxyResourceBody(found)).document()
    }

    private func find(_ address: ResourceAddress, _ call: ProviderCall) async throws -> AssetContainer? {
        let id = try address.resourceID()
        return try await unlessMissing {
            try await service.getContainer(caller: call.caller, workspace: id.workspace, kind: kind, name: id.name)
        }
    }

    func preflight(
        _ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall, planned: PlannedResources
    ) async throws -> [ARMError] {
        let id = try address.resourceID()
        var found = try await problems { try ResourceName.checkAsset(id.name, kind: kind.noun) }
        found += try await parentProblems(address, planned: planned) {
            _ = try await workspaces.get(caller: call.caller, id.workspace)
        }
        found += try await problems { _ = try AssetContainerRequest(reading: BodyReader(root: body), kind: kind) }
        return found
    }

    func put(_ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall) async throws -> ProviderOutcome {
        let id = try address.resourceID()
        let outcome = try await service.putContainer(
            caller: call.caller, workspace: id.workspace, kind: kind, name: id.name,
            try AssetContainerRequest(reading: BodyReader(root: body), kind: kind))
        return ProviderOutcome(outcome)
    }

    func predict(_ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall) async throws -> JSONValue? {
        let request = try AssetContainerRequest(reading: BodyReader(root: body), kind: kind)
        guard var container = try await find(address, call) else { return nil }
        container.properties = request.properties
        return try JSONBody(ProxyResourceBody(container)).document()
    }

    func delete(_ address: ResourceAddress, _ call: ProviderCall) async throws -> ResourceOperation? {
        let id = try address.resourceID()
        _ = try await service.deleteContainer(caller: call.caller, workspace: id.workspace, kind: kind, name: id.name)
        return nil
    }

    /// Assets are no resources of their group: only lists of their workspace show them, as on Azure.
    func list(subscription: String, resourceGroup: String, _ call: ProviderCall) async throws -> [JSONValue] { [] }
}

/// Versions of models, code, environments and data for templates.
struct AssetVersionProvider: ResourceProvider {
    let kind: AssetKind
    let service: AssetService
    let workspaces: WorkspaceService

    var type: String { "Microsoft.MachineLearningServices/workspaces/\(kind.rawValue)/versions" }
    let apiVersions = APIVersion.machineLearning

    func get(_ address: ResourceAddress, _ call: ProviderCall) async throws -> JSONValue? {
        guard let found = try await find(address, call) else { return nil }
        return try JSONBody(ProxyResourceBody(found)).document()
    }

    private func find(_ address: ResourceAddress, _ call: ProviderCall) async throws -> AssetVersion? {
        let id = try address.resourceID()
        return try await unlessMissing {
            try await service.getVersion(
                caller: call.caller, workspace: id.workspace, kind: kind, name: id.parent.name, version: id.name)
        }
    }

    /// The container is made with its first version: only the workspace must be there.
    func preflight(
        _ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall, planned: PlannedResources
    ) async throws -> [ARMError] {
        let id = try address.resourceID()
        var found = try await problems {
            try ResourceName.checkAsset(id.parent.name, kind: kind.noun)
            try ResourceName.checkAsset(id.name, kind: "\(kind.noun) version")
        }
        if !planned.contains(id.workspace.description) {
            found += try await problems { _ = try await workspaces.get(caller: call.caller, id.workspace) }
        }
        var request: AssetVersionRequest?
        found += try await problems { request = try AssetVersionRequest(reading: BodyReader(root: body), kind: kind) }
        guard let request else { return found }
        let stored = try await find(address, call)
        found += try await problems {
            if let stored {
                try AssetService.checkUnchanged(stored, request)
            } else {
                try await service.checkPlace(caller: call.caller, request, workspace: id.workspace)
            }
        }
        return found
    }

    func put(_ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall) async throws -> ProviderOutcome {
        let id = try address.resourceID()
        let outcome = try await service.putVersion(
            caller: call.caller, workspace: id.workspace, kind: kind, name: id.parent.name, version: id.name,
            try AssetVersionRequest(reading: BodyReader(root: body), kind: kind))
        return ProviderOutcome(outcome)
    }

    func predict(_ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall) async throws -> JSONValue? {
        let request = try AssetVersionRequest(reading: BodyReader(root: body), kind: kind)
        guard var version = try await find(address, call) else { return nil }
        version.properties = request.properties
        version.content = request.content
        return try JSONBody(ProxyResourceBody(version)).document()
    }

    func delete(_ address: ResourceAddress, _ call: ProviderCall) async throws -> ResourceOperation? {
        let id = try address.resourceID()
        _ = try await service.deleteVersion(
            caller: call.caller, workspace: id.workspace, kind: kind, name: id.parent.name, version: id.name)
        return nil
    }

    func list(subscription: String, resourceGroup: String, _ call: ProviderCall) async throws -> [JSONValue] { [] }
}
