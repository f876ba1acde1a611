package import ControlPlane
package import Resources
import Templates

/// The services that templates reach through providers.
package struct ProviderServices: Sendable {
    package var access: AccessService
    package var roleAssignments: RoleAssignmentService
    package var scopes: ScopeService
    package var workspaces: WorkspaceService
    package var assets: AssetService
    package var datastores: DatastoreService
    package var endpoints: EndpointService
    package var deployments: DeploymentService
    package var autoscale: AutoscaleSettingService
    package var quota: QuotaService

    package init(
        access: AccessService, roleAssignments: RoleAssignmentService, scopes: ScopeService,
        workspaces: WorkspaceService, assets: AssetService,
        datastores: DatastoreService,
        endpoints: EndpointService, deployments: DeploymentService, autoscale: AutoscaleSettingService,
        quota: QuotaService
    ) {
        self.access = access
        self.roleAssignments = roleAssignments
        self.scopes = scopes
        self.workspaces = workspaces
        self.assets = assets
        self.datastores = datastores
        self.endpoints = endpoints
        self.deployments = deployments
        self.autoscale = autoscale
        self.quota = quota
    }
}

extension ResourceProviders {
    /// Every type that templates may hold.
    package init(
        _ services: ProviderServices, site: SiteSettings,
        findDeployment: @escaping @Sendable (TemplateDeploymentAddress) async throws -> TemplateDeployment?
    ) {
        var providers: [any ResourceProvider] = [
            RoleAssignmentProvider(service: services.roleAssignments),
            ResourceGroupProvider(service: services.scopes),
            NestedDeploymentProvider(find: findDeployment),
            WorkspaceProvider(service: services.workspaces, scopes: services.scopes, site: site),
            DatastoreProvider(service: services.datastores, workspaces: services.workspaces, site: site),
            OnlineEndpointProvider(
                service: services.endpoints, workspaces: services.workspaces, deployments: services.deployments,
                site: site),
            OnlineDeploymentProvider(
                service: services.deployments, endpoints: services.endpoints, assets: services.assets, site: site),
            AutoscaleSettingProvider(service: services.autoscale, scopes: services.scopes),
        ]
        for kind in AssetKind.allCases {
            providers.append(
                AssetContainerProvider(kind: kind, service: services.assets, workspaces: services.workspaces))
            providers.append(
                AssetVersionProvider(kind: kind, service: services.assets, workspaces: services.workspaces))
        }
        self.init(providers)
    }
}
