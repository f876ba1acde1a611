import Artifacts
package import ControlPlane
package import Foundation
package import Resources

/// The services that the API serves.
package struct APIServices: Sendable {
    package var access: AccessService
    package var roleAssignments: RoleAssignmentService
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
        access: AccessService, roleAssignments: RoleAssignmentService, scopes: ScopeService,
        workspaces: WorkspaceService, assets: AssetService,
        uploads: PendingUploadService,
        datastores: DatastoreService, endpoints: EndpointService, deployments: DeploymentService,
        logs: DeploymentLogService, scaling: ScalingService, autoscale: AutoscaleSettingService, quota: QuotaService,
        operations: OperationService,
        templates: TemplateDeploymentService,
        catalog: ResourceCatalogService, groupDeletion: GroupDeletionService, signIn: SignInService, keys: KeyRing,
        signInSettings: SignInSettings, contract: Data, checkHealth: @escaping @Sendable () async throws -> Void
    ) {
        self.access = access
        self.roleAssignments = roleAssignments
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
