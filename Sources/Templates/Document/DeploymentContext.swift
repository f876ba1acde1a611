package import Resources

/// What a deployment knows of where it runs; the responses of the scope functions.
package struct DeploymentContext: Sendable {
    package var scope: DeploymentScope
    package var name: String
    /// Of a deployment at subscription scope.
    package var location: String?
    package var mode: String
    /// `subscription()`, `tenant()`, `environment()` and `deployer()`.
    package var subscription: JSONValue
    package var tenant: JSONValue
    package var environment: JSONValue
    package var deployer: JSONValue
    /// `resourceGroup()`; nil at subscription scope.
    package var resourceGroup: JSONValue?
    /// `templateLink` of the request, for `deployment().properties.templateLink`.
    package var templateLink: JSONValue?
    /// Types that are served, for `providers(namespace, type)`: full type, locations and versions.
    package var resourceTypes: [ResourceType]

    package struct ResourceType: Sendable {
        package var name: String
        package var locations: [String]
        package var apiVersions: [String]

        package init(name: String, locations: [String], apiVersions: [String]) {
            (self.name, self.locations, self.apiVersions) = (name, locations, apiVersions)
        }
    }

    package init(
        scope: DeploymentScope, name: String, location: String? = nil, mode: String = "Incremental",
        subscription: JSONValue, tenant: JSONValue, environment: JSONValue, deployer: JSONValue,
        resourceGroup: JSONValue?, templateLink: JSONValue? = nil, resourceTypes: [ResourceType] = []
    ) {
        (self.scope, self.name, self.location, self.mode) = (scope, name, location, mode)
        (self.subscription, self.tenant, self.environment) = (subscription, tenant, environment)
        (self.deployer, self.resourceGroup) = (deployer, resourceGroup)
        (self.templateLink, self.resourceTypes) = (templateLink, resourceTypes)
    }
}
