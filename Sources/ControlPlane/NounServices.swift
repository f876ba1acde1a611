package import Artifacts
package import Compute
package import Postgres
package import Resources

/// The services of all nouns, which routes, templates and what runs in the background share.
package struct NounServices: Sendable {
    package let access: AccessService
    package let roleAssignments: RoleAssignmentService
    package let scopes: ScopeService
    package let groupDeletion: GroupDeletionService
    package let workspaces: WorkspaceService
    package let assets: AssetService
    package let uploads: PendingUploadService
    package let datastores: DatastoreService
    package let connections: ConnectionService
    package let computes: ComputeService
    package let endpoints: EndpointService
    package let deployments: DeploymentService
    package let logs: DeploymentLogService
    package let scaling: ScalingService
    package let autoscale: AutoscaleSettingService
    package let quota: QuotaService
    package let signIn: SignInService
    package let keys: KeyRing
    package let signInSettings: SignInSettings

    /// Where files are, and what opens them.
    package struct Storage: Sendable {
        package var artifacts: ArtifactStore
        package var account: StorageAccount

        package init(artifacts: ArtifactStore, account: StorageAccount) {
            (self.artifacts, self.account) = (artifacts, account)
        }
    }

    package init(
        database: Database, storage: Storage, backend: any ComputeBackend, instanceTypes: InstanceTypeCatalog,
        limits: QuotaLimits, vault: SecretVault, keys: KeyRing, signIn settings: SignInSettings,
        starter: OperationStarter, hub: SignalHub, time: TimeSource
    ) {
        let artifacts = storage.artifacts
        let signer = ContainerSigner(account: storage.account, time: time)
        let address = StorageAddress(account: storage.account.name, hosts: settings.apiHosts)
        let resolver = SpecificationResolver(
            locator: ArtifactLocator(artifacts: artifacts, signer: signer), instanceTypes: instanceTypes,
            backend: backend, storage: address)
        access = AccessService(database: database)
        roleAssignments = RoleAssignmentService(database: database)
        scopes = ScopeService(database: database)
        groupDeletion = GroupDeletionService(database: database, starter: starter, hub: hub)
        workspaces = WorkspaceService(database: database, vault: vault) { name in
            try await artifacts.ensureContainer(try ContainerName(name))
        }
        assets = AssetService(database: database, storage: address)
        uploads = PendingUploadService(database: database, artifacts: artifacts, signer: signer)
        datastores = DatastoreService(database: database, artifacts: artifacts, signer: signer)
        connections = ConnectionService(database: database, vault: vault)
        computes = ComputeService(database: database, instanceTypes: instanceTypes)
        quota = QuotaService(database: database, limits: limits, instanceTypes: instanceTypes)
        endpoints = EndpointService(
            database: database, keyring: EndpointKeyring(vault: vault), starter: starter, hub: hub, quota: quota)
        deployments = DeploymentService(
            database: database, resolver: resolver, starter: starter, hub: hub, quota: quota)
        logs = DeploymentLogService(database: database, backend: backend)
        scaling = ScalingService(database: database, time: time)
        autoscale = AutoscaleSettingService(database: database, hub: hub)
        signIn = SignInService(database: database, keys: keys, settings: settings, time: time)
        self.keys = keys
        signInSettings = settings
    }
}
