import ControlPlane
import Resources
import Templates

/// Resource groups for templates at subscription scope.
struct ResourceGroupProvider: ResourceProvider {
    let service: ScopeService

    let type = "Microsoft.Resources/resourceGroups"
    let apiVersions = APIVersion.resources

    func get(_ address: ResourceAddress, _ call: ProviderCall) async throws -> JSONValue? {
        guard let found = try await find(address, call) else { return nil }
        return try JSONBody(ResourceGroupBody(found)).document()
    }

    private func find(_ address: ResourceAddress, _ call: ProviderCall) async throws -> ResourceGroup? {
        let subscription = try subscription(of: address)
        return try await unlessMissing {
            try await service.getGroup(caller: call.caller, subscription: subscription, name: address.name)
        }
    }

    private func subscription(of address: ResourceAddress) throws(ARMError) -> String {
        guard let scope = DeploymentScope(id: address.scope), scope.resourceGroup == nil else {
            throw ARMError(
                .invalidTemplate, "A resource group can be deployed at subscription scope only.", target: address.id)
        }
        return scope.subscriptionID
    }

    func preflight(
        _ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall, planned: PlannedResources
    ) async throws -> [ARMError] {
        var found = try await problems { try ResourceName.checkResourceGroup(address.name) }
        var wish: ResourceGroup?
        found += try await problems { wish = try group(address, body) }
        if let wish, let stored = try await find(address, call) {
            found += locationProblem(stored.location, wish.location, address)
        }
        return found
    }

    private func group(_ address: ResourceAddress, _ body: JSONValue) throws(ARMError) -> ResourceGroup {
        let reader = BodyReader(root: body)
        let envelope = ResourceEnvelope(reading: reader)
        try reader.throwProblems(in: "The resource group")
        return ResourceGroup(
            subscription: try subscription(of: address), name: address.name, location: envelope.location,
            tags: envelope.tags)
    }

    func put(_ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall) async throws -> ProviderOutcome {
        let outcome = try await service.putGroup(caller: call.caller, try group(address, body))
        return ProviderOutcome(outcome)
    }

    func predict(_ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall) async throws -> JSONValue? {
        try JSONBody(ResourceGroupBody(try group(address, body))).document()
    }

    func delete(_ address: ResourceAddress, _ call: ProviderCall) async throws -> ResourceOperation? {
        throw ARMError(.conflict, "A template does not delete resource groups.", target: address.id)
    }

    func list(subscription: String, resourceGroup: String, _ call: ProviderCall) async throws -> [JSONValue] { [] }
}
