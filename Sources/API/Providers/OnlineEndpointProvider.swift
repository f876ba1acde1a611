import ControlPlane
import Resources
import Templates

/// Online endpoints for templates.
struct OnlineEndpointProvider: ResourceProvider {
    let service: EndpointService
    let workspaces: WorkspaceService
    let deployments: DeploymentService
    let site: SiteSettings

    let type = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"
    let apiVersions = APIVersion.machineLearning
    let isDeletedByCompleteMode = true
    let deletesChildren = true

    func get(_ address: ResourceAddress, _ call: ProviderCall) async throws -> JSONValue? {
        guard let found = try await find(address, call) else { return nil }
        return try document(found, call)
    }

    private func find(_ address: ResourceAddress, _ call: ProviderCall) async throws -> OnlineEndpoint? {
        let id = try address.resourceID()
        return try await unlessMissing {
            try await service.get(caller: call.caller, workspace: id.workspace, name: id.name)
        }
    }

    func preflight(
        _ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall, planned: PlannedResources
    ) async throws -> [ARMError] {
        let id = try address.resourceID()
        var found = try await problems { try ResourceName.checkEndpointOrDeployment(id.name, kind: "endpoint") }
        found += try await parentProblems(address, planned: planned) {
            _ = try await workspaces.get(caller: call.caller, id.workspace)
        }
        var request: OnlineEndpointRequest?
        found += try await problems { request = try OnlineEndpointRequest(reading: BodyReader(root: body)) }
        guard let request else { return found }
        let stored = try await find(address, call)
        if let stored { found += locationProblem(stored.envelope.location, request.envelope.location, address) }
        let present = try await names(address, call)
        for (field, shares) in [
            ("traffic", request.properties.traffic), ("mirrorTraffic", request.properties.mirrorTraffic),
        ] {
            for name in shares.filter({ $0.value > 0 }).keys.sorted() {
                let child = Self.child(address, name)
                guard !present.contains(name.lowercased()), !planned.contains(child) else { continue }
                found.append(
                    ARMError(
                        .badArgument, "The endpoint '\(id.name)' has no deployment '\(name)'.",
                        target: "$.properties.\(field).\(name)"))
            }
        }
        return found
    }

    /// Names of the deployments that are there, in lower case.
    private func names(_ address: ResourceAddress, _ call: ProviderCall) async throws -> Set<String> {
        let id = try address.resourceID()
        let all = try await unlessMissing {
            try await allPages { try await deployments.list(caller: call.caller, endpoint: id, page: $0) }
        }
        return Set((all ?? []).map { $0.name.lowercased() })
    }

    private static func child(_ address: ResourceAddress, _ name: String) -> String {
        ResourceAddress(
            scope: address.scope, type: "\(address.type)/deployments", names: address.names + [name]
        ).id
    }

    func put(_ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall) async throws -> ProviderOutcome {
        let id = try address.resourceID()
        let outcome = try await service.put(
            caller: call.caller, workspace: id.workspace, name: id.name,
            try OnlineEndpointRequest(reading: BodyReader(root: body)),
            keepingUnknown: EndpointService.UnknownFields(in: call.apiVersion), if: .none)
        return ProviderOutcome(outcome)
    }

    func predict(_ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall) async throws -> JSONValue? {
        let request = try OnlineEndpointRequest(reading: BodyReader(root: body))
        guard var endpoint = try await find(address, call) else { return nil }
        endpoint.envelope = request.envelope
        let bag = endpoint.properties.properties
        endpoint.properties = request.properties
        endpoint.properties.properties.merge(bag) { new, _ in new }
        return try document(endpoint, call)
    }

    func delete(_ address: ResourceAddress, _ call: ProviderCall) async throws -> ResourceOperation? {
        let id = try address.resourceID()
        return try await service.delete(caller: call.caller, workspace: id.workspace, name: id.name, if: .none)
    }

    func list(subscription: String, resourceGroup: String, _ call: ProviderCall) async throws -> [JSONValue] {
        try await allPages { page in
            try await service.list(
                caller: call.caller, subscription: subscription, resourceGroup: resourceGroup, page: page)
        }.map { try document($0, call) }
    }

    func act(
        _ verb: String, _ address: ResourceAddress, _ body: JSONValue?, _ call: ProviderCall
    ) async throws -> JSONValue {
        let id = try address.resourceID()
        guard verb.lowercased() == "listkeys" else {
            throw ARMError(
                .resourceNotFound, "Online endpoints have no action '\(verb)'; listKeys is one.", target: address.id)
        }
        let keys = try await service.listKeys(caller: call.caller, workspace: id.workspace, name: id.name)
        return try JSONBody(keys).document()
    }

    /// Traffic to deployments that come later waits for them: until then it stays as it is.
    func bodyBeforeChildren(
        _ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall
    ) async throws -> JSONValue? {
        let present = try await names(address, call)
        let needed = neededChildren(of: address, body).compactMap { $0.split(separator: "/").last?.lowercased() }
        guard !needed.allSatisfy(present.contains), case .object(var object) = body,
            case .object(var properties)? = object["properties"]
        else { return nil }
        let stored = try await find(address, call)
        for (field, shares) in [
            ("traffic", stored?.properties.traffic ?? [:]), ("mirrorTraffic", stored?.properties.mirrorTraffic ?? [:]),
        ] {
            guard let name = properties.members.first(where: { $0.name.lowercased() == field.lowercased() })?.name
            else {
                continue
            }
            let kept = shares.sorted { $0.key < $1.key }.map {
                (name: $0.key, value: JSONValue.integer(Int64($0.value)))
            }
            properties.set(name, .object(JSONObject(kept)))
        }
        object.set("properties", .object(properties))
        return .object(object)
    }

    func neededChildren(of address: ResourceAddress, _ body: JSONValue) -> [String] {
        ["traffic", "mirrorTraffic"].flatMap { field in
            (body["properties"]?[field]?.members ?? []).filter { ($0.value.number ?? 0) > 0 }
                .map { Self.child(address, $0.name) }
        }
    }

    private func document(_ endpoint: OnlineEndpoint, _ call: ProviderCall) throws -> JSONValue {
        try JSONBody(TrackedResourceBody(endpoint, call, site)).document()
    }
}
