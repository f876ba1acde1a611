import ControlPlane
import Resources
import Templates

/// Workspaces for templates.
struct WorkspaceProvider: ResourceProvider {
    let service: WorkspaceService
    let scopes: ScopeService
    let site: SiteSettings

    let type = "Microsoft.MachineLearningServices/workspaces"
    let apiVersions = APIVersion.machineLearning
    let isDeletedByCompleteMode = true

    func get(_ address: ResourceAddress, _ call: ProviderCall) async throws -> JSONValue? {
        let id = try address.resourceID()
        guard let found = try await unlessMissing({ try await service.get(caller: call.caller, id) }) else {
            return nil
        }
        return try document(found, call)
    }

    func preflight(
        _ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall, planned: PlannedResources
    ) async throws -> [ARMError] {
        let id = try address.resourceID()
        var found = try await problems { try ResourceName.checkWorkspace(id.name) }
        found += try await problems {
            guard !planned.contains(address.scope) else { return }
            _ = try await scopes.getGroup(caller: call.caller, subscription: id.subscription, name: id.resourceGroup)
        }
        var request: WorkspaceRequest?
        found += try await problems { request = try WorkspaceRequest(reading: BodyReader(root: body)) }
        if let request, let stored = try await unlessMissing({ try await service.get(caller: call.caller, id) }) {
            found += locationProblem(stored.envelope.location, request.envelope.location, address)
        }
        return found
    }

    func put(_ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall) async throws -> ProviderOutcome {
        let outcome = try await service.put(
            caller: call.caller, try address.resourceID(), try WorkspaceRequest(reading: BodyReader(root: body)),
            if: .none)
        return ProviderOutcome(outcome)
    }

    func predict(_ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall) async throws -> JSONValue? {
        let request = try WorkspaceRequest(reading: BodyReader(root: body))
        var workspace = try await service.get(caller: call.caller, try address.resourceID())
        workspace.envelope = request.envelope
        workspace.properties = request.properties
        return try document(workspace, call)
    }

    func delete(_ address: ResourceAddress, _ call: ProviderCall) async throws -> ResourceOperation? {
        _ = try await service.delete(caller: call.caller, try address.resourceID(), if: .none)
        return nil
    }

    func list(subscription: String, resourceGroup: String, _ call: ProviderCall) async throws -> [JSONValue] {
        try await allPages { page in
            try await service.list(
                caller: call.caller, subscription: subscription, resourceGroup: resourceGroup, page: page)
        }.map { try document($0, call) }
    }

    private func document(_ workspace: Workspace, _ call: ProviderCall) throws -> JSONValue {
        try JSONBody(TrackedResourceBody(workspace, tenantID: site.tenantID, baseURL: call.baseURL)).document()
    }
}
