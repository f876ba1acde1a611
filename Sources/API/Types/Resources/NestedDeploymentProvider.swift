import ControlPlane
import Resources
import Templates

/// Deployments as templates refer to them; nested ones are carried out by the deployment that holds them.
struct NestedDeploymentProvider: ResourceProvider {
    let find: @Sendable (TemplateDeploymentAddress) async throws -> TemplateDeployment?

    let type = ResourceID.deploymentType
    let apiVersions = APIVersion.deployments

    func get(_ address: ResourceAddress, _ call: ProviderCall) async throws -> JSONValue? {
        guard let scope = DeploymentScope(id: address.scope) else { return nil }
        return try await find(TemplateDeploymentAddress(scope: scope, name: address.name))
            .map { TemplateDeploymentBody.document($0) }
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
