import Artifacts
package import ControlPlane
package import Foundation
package import Hummingbird
import Resources

/// The services that the API serves.
package struct APIServices: Sendable {
    package var access: AccessService
    package var scopes: ScopeService
    package var workspaces: WorkspaceService
    package var assets: AssetService
    package var uploads: PendingUploadService
    package var datastores: DatastoreService
    package var endpoints: EndpointService
    package var deployments: DeploymentService
    package var logs: DeploymentLogService
    package var scaling: ScalingService
    package var autoscale: AutoscaleSettingService
    package var quota: QuotaService
    package var operations: OperationService
    package var templates: TemplateDeploymentService
    package var catalog: ResourceCatalogService
    package var groupDeletion: GroupDeletionService
    package var signIn: SignInService
    package var keys: KeyRing
    package var signInSettings: SignInSettings
    /// The OpenAPI document as it is served.
    package var contract: Data
    package var checkHealth: @Sendable () async throws -> Void

    package init(
        access: AccessService, scopes: ScopeService, workspaces: WorkspaceService, assets: AssetService,
        uploads: PendingUploadService,
        datastores: DatastoreService, endpoints: EndpointService, deployments: DeploymentService,
        logs: DeploymentLogService, scaling: ScalingService, autoscale: AutoscaleSettingService, quota: QuotaService,
        operations: OperationService,
        templates: TemplateDeploymentService,
        catalog: ResourceCatalogService, groupDeletion: GroupDeletionService, signIn: SignInService, keys: KeyRing,
        signInSettings: SignInSettings, contract: Data, checkHealth: @escaping @Sendable () async throws -> Void
    ) {
        self.access = access
        self.scopes = scopes
        self.workspaces = workspaces
        self.assets = assets
        self.uploads = uploads
        self.datastores = datastores
        self.endpoints = endpoints
        self.deployments = deployments
        self.logs = logs
        self.scaling = scaling
        self.autoscale = autoscale
        self.quota = quota
        self.operations = operations
        self.templates = templates
        self.catalog = catalog
        self.groupDeletion = groupDeletion
        self.signIn = signIn
        self.keys = keys
        self.signInSettings = signInSettings
        self.contract = contract
        self.checkHealth = checkHealth
    }
}

/// Every route of the control plane, with its middleware.
package enum APIRouter {
    /// Paths match without regard to case, and keep the caller's spelling.
    package static func make(
        _ services: APIServices, site: SiteSettings, storage: BlobRoutes?
    ) -> Router<APIRequestContext> {
        let router = Router(
            context: APIRequestContext.self, options: [.caseInsensitive, .autoGenerateHeadEndpoints])
        // Before the middleware: the blob protocol has its own errors, versions and ways to sign in.
        storage?.register(on: router) { _, _ in StorageOrigin(isSecure: site.scheme == "https") }
        router.add(
            middleware: IdentifiersMiddleware(scheme: site.scheme, trustsForwardedHeaders: site.trustsForwardedHeaders))
        router.add(middleware: ErrorMiddleware())
        router.add(middleware: QueryTextMiddleware())
        router.add(middleware: AuthenticationMiddleware(signIn: services.signIn))
        router.add(middleware: APIVersionMiddleware())
        router.add(middleware: AuthorizationMiddleware(access: services.access))
        router.add(middleware: ExistenceMiddleware())
        router.add(middleware: AccessRoutes(access: services.access))

        ServiceRoutes(contract: services.contract, site: site, checkHealth: services.checkHealth).register(on: router)
        SignInRoutes(service: services.signIn).register(on: router)
        ScopeRoutes(service: services.scopes, deletion: services.groupDeletion, site: site).register(on: router)
        ResourceRoutes(catalog: services.catalog).register(on: router)
        TemplateDeploymentRoutes(service: services.templates, operations: services.operations).register(on: router)
        WorkspaceRoutes(service: services.workspaces, site: site).register(on: router)
        for kind in AssetKind.allCases {
            AssetRoutes(kind: kind, service: services.assets, uploads: services.uploads, site: site).register(
                on: router)
        }
        DatastoreRoutes(service: services.datastores, site: site).register(on: router)
        OnlineEndpointRoutes(
            service: services.endpoints, keys: services.keys, signIn: services.signInSettings, site: site
        ).register(on: router)
        OnlineDeploymentRoutes(service: services.deployments, logs: services.logs, site: site).register(on: router)
        ScalingRoutes(service: services.scaling).register(on: router)
        LocationRoutes(service: services.quota).register(on: router)
        AutoscaleSettingRoutes(service: services.autoscale).register(on: router)
        OperationRoutes(
            service: services.operations, endpoints: services.endpoints, deployments: services.deployments, site: site
        ).register(on: router)
        return router
    }
}
