import ControlPlane
import Resources
import Templates

/// Datastores for templates.
struct DatastoreProvider: ResourceProvider {
    let service: DatastoreService
    let workspaces: WorkspaceService
    let site: SiteSettings

    let type = "Microsoft.MachineLearningServices/workspaces/datastores"
    let apiVersions = APIVersion.machineLearning

    func get(_ address: ResourceAddress, _ call: ProviderCall) async throws -> JSONValue? {
        guard let found = try await find(address, call) else { return nil }
        return try document(found, call)
    }

    private func find(_ address: ResourceAddress, _ call: ProviderCall) async throws -> Datastore? {
        let id = try address.resourceID()
        return try await unlessMissing {
            try await service.get(caller: call.caller, workspace: id.workspace, name: id.name)
        }
    }

    func preflight(
        _ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall, planned: PlannedResources
    ) async throws -> [ARMError] {
        let id = try address.resourceID()
        var found = try await problems { try ResourceName.checkAsset(id.name, kind: "datastore") }
        found += try await parentProblems(address, planned: planned) {
            _ = try await workspaces.get(caller: call.caller, id.workspace)
        }
        found += try await problems { _ = try DatastoreRequest(reading: BodyReader(root: body)) }
        return found
    }

    func put(_ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall) async throws -> ProviderOutcome {
        let id = try address.resourceID()
        let outcome = try await service.put(
            caller: call.caller, workspace: id.workspace, name: id.name,
            try DatastoreRequest(reading: BodyReader(root: body)))
        return ProviderOutcome(outcome)
    }

    func predict(_ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall) async throws -> JSONValue? {
        let request = try DatastoreRequest(reading: BodyReader(root: body))
        guard var datastore = try await find(address, call) else { return nil }
        datastore.properties = request.properties
        return try document(datastore, call)
    }

    func delete(_ address: ResourceAddress, _ call: ProviderCall) async throws -> ResourceOperation? {
        let id = try address.resourceID()
        _ = try await service.delete(caller: call.caller, workspace: id.workspace, name: id.name)
        return nil
    }

    func list(subscription: String, resourceGroup: String, _ call: ProviderCall) async throws -> [JSONValue] { [] }

    func act(
        _ verb: String, _ address: ResourceAddress, _ body: JSONValue?, _ call: ProviderCall
    ) async throws -> JSONValue {
        let id = try address.resourceID()
        guard verb.lowercased() == "listsecrets" else {
            throw ARMError(
                .resourceNotFound, "Datastores have no action '\(verb)'; listSecrets is one.", target: address.id)
        }
        let token = try await service.listSecrets(caller: call.caller, workspace: id.workspace, name: id.name)
        return try JSONBody(DatastoreSecretsBody(sasToken: token)).document()
    }

    private func document(_ datastore: Datastore, _ call: ProviderCall) throws -> JSONValue {
        try JSONBody(ProxyResourceBody(datastore, call, site)).document()
    }
}
