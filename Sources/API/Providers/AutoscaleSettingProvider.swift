import ControlPlane
import Resources
import Templates

/// Autoscale settings for templates.
struct AutoscaleSettingProvider: ResourceProvider {
    let service: AutoscaleSettingService
    let scopes: ScopeService

    let type = "Microsoft.Insights/autoscaleSettings"
    let apiVersions = APIVersion.autoscale
    let isDeletedByCompleteMode = true

    func get(_ address: ResourceAddress, _ call: ProviderCall) async throws -> JSONValue? {
        try await find(address, call).map { try JSONBody(AutoscaleSettingBody($0)).document() }
    }

    private func find(_ address: ResourceAddress, _ call: ProviderCall) async throws -> AutoscaleSetting? {
        let id = try address.resourceID()
        return try await unlessMissing { try await service.get(caller: call.caller, id) }
    }

    func preflight(
        _ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall, planned: PlannedResources
    ) async throws -> [ARMError] {
        let id = try address.resourceID()
        var found = try await problems { try ResourceName.checkAutoscaleSetting(id.name) }
        found += try await problems {
            guard !planned.contains(address.scope) else { return }
            _ = try await scopes.getGroup(caller: call.caller, subscription: id.subscription, name: id.resourceGroup)
        }
        var request: AutoscaleSettingRequest?
        found += try await problems { request = try AutoscaleSettingRequest(reading: BodyReader(root: body)) }
        guard let request else { return found }
        if let stored = try await find(address, call) {
            found += locationProblem(stored.location, request.location, address)
        }
        if !planned.contains(request.properties.targetResourceUri) {
            found += try await problems {
                try await service.checkTarget(caller: call.caller, id, request) { planned.contains($0.description) }
            }
        }
        return found
    }

    func put(_ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall) async throws -> ProviderOutcome {
        let outcome = try await service.put(
            caller: call.caller, try address.resourceID(),
            try AutoscaleSettingRequest(reading: BodyReader(root: body)), if: .none)
        return ProviderOutcome(outcome)
    }

    func predict(_ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall) async throws -> JSONValue? {
        let request = try AutoscaleSettingRequest(reading: BodyReader(root: body))
        guard var setting = try await find(address, call) else { return nil }
        setting.location = request.location
        setting.tags = request.tags
        setting.properties = request.properties
        return try JSONBody(AutoscaleSettingBody(setting)).document()
    }

    func delete(_ address: ResourceAddress, _ call: ProviderCall) async throws -> ResourceOperation? {
        _ = try await service.delete(caller: call.caller, try address.resourceID(), if: .none)
        return nil
    }

    func list(subscription: String, resourceGroup: String, _ call: ProviderCall) async throws -> [JSONValue] {
        try await allPages { page in
            try await service.list(
                caller: call.caller, subscription: subscription, resourceGroup: resourceGroup, page: page)
        }.map { try JSONBody(AutoscaleSettingBody($0)).document() }
    }
}
