import ControlPlane
import Resources
import Templates

/// Deployments as templates refer to them; nested ones are carried out by the deployment that holds them.
struct NestedDeploymentProvider: ResourceProvider {
    let find: @Sendable (TemplateDeploymentAddress) async throws -> TemplateDeployment?

    let type = ResourceID.deploymentType
    let apiVersions = APIVersion.deployments

    func get(_ address: ResourceAddress, _ call: ProviderCall) async throws -> JSONValue? {
        let parts = address.scope.split(separator: "/").map(String.init)
        guard parts.count == 2 || parts.count == 4 else { return nil }
        let place = TemplateDeploymentAddress(
            scope: DeploymentScope(subscriptionID: parts[1], resourceGroup: parts.count == 4 ? parts[3] : nil),
            name: address.name)
        return try await find(place).map { TemplateDeploymentBody.document($0) }
    }

    func preflight(
        _ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall, planned: PlannedResources
    ) async throws -> [ARMError] { [] }

    func put(_ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall) async throws -> ProviderOutcome {
        throw ARMError(.internalServerError, "Nested deployments are carried out by the deployment that holds them.")
    }

    func predict(_ address: ResourceAddress, _ body: JSONValue, _ call: ProviderCall) async throws -> JSONValue? { nil }

    func delete(_ address: ResourceAddress, _ call: ProviderCall) async throws -> ResourceOperation? { nil }

    func list(subscription: String, resourceGroup: String, _ call: ProviderCall) async throws -> [JSONValue] { [] }
}
