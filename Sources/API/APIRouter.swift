package import ControlPlane
package import Resources

/// Every route of the control plane.
package enum APIRouter {
    /// What answers the requests of a listener.
    package static func responder(
        _ services: APIServices, site: SiteSettings, storage: BlobRoutes?
    ) -> APIResponder {
        APIResponder(
            RouteTable(routes(services, site: site)), access: services.nouns.access, signIn: services.nouns.signIn,
            site: site, storage: storage)
    }

    private static func routes(_ services: APIServices, site: SiteSettings) -> [APIRoute] {
        let nouns = services.nouns
        let types = ServedTypes(nouns, site: site)
        return types.routes
            + ServiceRoutes(contract: services.contract, site: site, checkHealth: services.checkHealth).routes
            + SignInRoutes(service: nouns.signIn).routes + ScopeRoutes(service: nouns.scopes, site: site).routes
            + RoleDefinitionRoutes().routes + ResourceRoutes(catalog: services.catalog).routes
            + TemplateDeploymentRoutes(service: services.templates, operations: services.operations).routes
            + LocationRoutes(service: nouns.quota).routes
            + OperationRoutes(service: services.operations, types: types).routes
    }
}

extension ServedTypes {
    /// Every type, in the order in which lists show them.
    package init(_ services: NounServices, site: SiteSettings) {
        var types: [any ServedType] = [
            RoleAssignmentType(service: services.roleAssignments),
            ResourceGroupType(service: services.scopes, deletion: services.groupDeletion),
            WorkspaceType(service: services.workspaces, site: site),
            DatastoreType(service: services.datastores, site: site),
            ConnectionType(service: services.connections), ComputeType(service: services.computes, site: site),
            OnlineEndpointType(
                service: services.endpoints, deployments: services.deployments,
                keys: services.keys, signIn: services.signInSettings, site: site),
            OnlineDeploymentType(
                service: services.deployments, assets: services.assets,
                logs: services.logs, scaling: services.scaling, site: site),
            AutoscaleSettingType(service: services.autoscale),
        ]
        for kind in AssetKind.allCases {
            types.append(AssetContainerType(kind: kind, service: services.assets))
            types.append(
                AssetVersionType(
                    kind: kind, service: services.assets, uploads: services.uploads,
                    site: site))
        }
        self.init(types)
    }
}

extension ResourceProviders {
    /// Every type that templates may hold.
    package init(
        _ types: ServedTypes,
        findDeployment: @escaping @Sendable (TemplateDeploymentAddress) async throws -> TemplateDeployment?
    ) {
        self.init(types.providers + [NestedDeploymentProvider(find: findDeployment)])
    }
}
