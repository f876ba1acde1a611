import Resources

/// Every route of the control plane.
package enum APIRouter {
    /// What answers the requests of a listener.
    package static func responder(
        _ services: APIServices, site: SiteSettings, storage: BlobRoutes?
    ) -> APIResponder {
        APIResponder(
            RouteTable(routes(services, site: site)), access: services.access, signIn: services.signIn, site: site,
            storage: storage)
    }

    private static func routes(_ services: APIServices, site: SiteSettings) -> [APIRoute] {
        var routes =
            ServiceRoutes(contract: services.contract, site: site, checkHealth: services.checkHealth).routes
            + SignInRoutes(service: services.signIn).routes
        routes += ScopeRoutes(service: services.scopes, deletion: services.groupDeletion, site: site).routes
        routes += AccessRoutes(service: services.roleAssignments).routes
        routes += ResourceRoutes(catalog: services.catalog).routes
        routes += TemplateDeploymentRoutes(service: services.templates, operations: services.operations).routes
        routes += WorkspaceRoutes(service: services.workspaces, site: site).routes
        for kind in AssetKind.allCases {
            routes += AssetRoutes(kind: kind, service: services.assets, uploads: services.uploads, site: site).routes
        }
        routes += DatastoreRoutes(service: services.datastores, site: site).routes
        routes +=
            OnlineEndpointRoutes(
                service: services.endpoints, keys: services.keys, signIn: services.signInSettings, site: site
            ).routes
        routes += OnlineDeploymentRoutes(service: services.deployments, logs: services.logs, site: site).routes
        routes += ScalingRoutes(service: services.scaling).routes
        routes += LocationRoutes(service: services.quota).routes
        routes += AutoscaleSettingRoutes(service: services.autoscale).routes
        routes +=
            OperationRoutes(
                service: services.operations, endpoints: services.endpoints, deployments: services.deployments,
                site: site
            ).routes
        return routes
    }
}
