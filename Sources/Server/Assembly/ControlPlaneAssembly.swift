package import API
package import Artifacts
package import AsyncHTTPClient
package import Compute
package import ControlPlane
package import Foundation
package import Hosting
package import Identity
package import Logging
package import Postgres
package import Resources
import Routing
package import ServiceLifecycle

/// The control plane put together: its services for the API, and what runs beside it.
///
/// ```swift
/// let assembly = try await ControlPlaneAssembly(inputs)
/// let responder = assembly.responder(scheme: "https")
/// ServiceGroup(services: assembly.background + [listener], …)
/// ```
package struct ControlPlaneAssembly: Sendable {
    /// What it is made from; tests bring their own parts.
    package struct Inputs: Sendable {
        package var database: Database
        package var backend: any ComputeBackend
        package var artifacts: ArtifactStore
        package var account: StorageAccount
        package var master: SecretBox
        package var signIn: SignInSettings
        package var scoring: ScoringAddress
        package var instanceTypes: InstanceTypeCatalog
        package var quota: QuotaLimits
        package var fleet: FleetSettings
        package var routerToken: String?
        /// Names the data directory: of all control planes on it, one is its host at a time.
        package var directory: HostDirectory
        package var hosting: HostSettings
        /// Longest time that requests inside a draining replica may take to end.
        package var drainDeadline: Duration
        package var queue: WorkQueueSettings
        package var operationDeadline: Duration
        /// How long the load must have been low before replicas are taken away.
        package var scalingCalm: Duration
        package var contract: Data
        package var trustsForwardedHeaders: Bool
        package var http: HTTPClient
        package var time: TimeSource
        package var logger: Logger
        /// For tests that break operations off.
        package var afterStep: OperationRunner.StepObserver
        /// For tests that break deployments of templates off.
        package var onTemplateStep: @Sendable (TemplateDeploymentStep) async throws -> Void

        package init(
            database: Database, backend: any ComputeBackend, artifacts: ArtifactStore, account: StorageAccount,
            master: SecretBox, signIn: SignInSettings, scoring: ScoringAddress,
            instanceTypes: InstanceTypeCatalog = InstanceTypeCatalog(), quota: QuotaLimits = QuotaLimits(),
            fleet: FleetSettings,
            routerToken: String? = nil, directory: HostDirectory, hosting: HostSettings = HostSettings(),
            drainDeadline: Duration = .seconds(30),
            queue: WorkQueueSettings = WorkQueueSettings(), operationDeadline: Duration = .seconds(3_600),
            scalingCalm: Duration = .seconds(60), contract: Data, trustsForwardedHeaders: Bool = false,
            http: HTTPClient, time: TimeSource = .system,
            logger: Logger, afterStep: @escaping OperationRunner.StepObserver = { _, _ in },
            onTemplateStep: @escaping @Sendable (TemplateDeploymentStep) async throws -> Void = { _ in }
        ) {
            (self.database, self.backend, self.artifacts) = (database, backend, artifacts)
            (self.account, self.master, self.signIn) = (account, master, signIn)
            (self.scoring, self.instanceTypes, self.quota) = (scoring, instanceTypes, quota)
            (self.fleet, self.routerToken, self.directory) = (fleet, routerToken, directory)
            (self.hosting, self.drainDeadline) = (hosting, drainDeadline)
            (self.queue, self.operationDeadline) = (queue, operationDeadline)
            (self.scalingCalm, self.contract) = (scalingCalm, contract)
            (self.trustsForwardedHeaders, self.http) = (trustsForwardedHeaders, http)
            (self.time, self.logger) = (time, logger)
            (self.afterStep, self.onTemplateStep) = (afterStep, onTemplateStep)
        }
    }

    package let services: NounServices
    /// What hosts report to.
    package let hosts: HostService
    /// Services that run until shutdown, in the order in which they start.
    package let background: [any Service]
    package let principals: PrincipalService
    package let publisher: RoutingPublisher
    package let hub: SignalHub
    private let inputs: Inputs
    private let served: APIServices

    package init(_ inputs: Inputs) async throws {
        self.inputs = inputs
        let database = inputs.database
        let logger = inputs.logger
        principals = PrincipalService(database: database)
        let keys = try await KeyRing.load(database, master: inputs.master)
        hub = SignalHub()
        hosts = HostService(database: database, hub: hub)
        let control = RouterControlClient(http: inputs.http, token: inputs.routerToken)
        publisher = RoutingPublisher(
            database: database, control: control, address: inputs.scoring, tokenIssuer: inputs.signIn.issuer,
            tokenKeys: keys.verificationKeys.map {
                RoutingTable.TokenKey(keyID: $0.keyID, publicKeyPEM: $0.publicKeyPEM)
            },
            hub: hub, logger: logger)

        let steps = OperationSteps(
            publisher: publisher, replicas: ReplicaCondition(database: database), hub: hub)
        let starter = OperationStarter(time: inputs.time, deadline: inputs.operationDeadline)
        let vault = SecretVault(master: inputs.master)
        services = NounServices(
            database: database, storage: NounServices.Storage(artifacts: inputs.artifacts, account: inputs.account),
            backend: inputs.backend, instanceTypes: inputs.instanceTypes, limits: inputs.quota, vault: vault,
            keys: keys, signIn: inputs.signIn, starter: starter, hub: hub, time: inputs.time)
        let types = ServedTypes(services, site: Self.site(inputs, scheme: "https"))
        let providers = ResourceProviders(types) { address in
            try await TemplateDeploymentService.find(address, database)
        }
        let templates = TemplateDeploymentParts(
            database: database, access: services.access, providers: providers, artifacts: inputs.artifacts,
            account: inputs.account,
            vault: vault, tenantID: inputs.signIn.tenantID, hub: hub, time: inputs.time, logger: logger,
            observe: inputs.onTemplateStep)
        let catalog = OperationCatalog(
            EndpointOperations(steps).plans,
            DeploymentOperations(steps).plans, templates.operations.plans,
            GroupOperations(database: database, providers: providers).plans)
        let operations = OperationService(database: database, catalog: catalog, hub: hub)
        served = APIServices(
            nouns: services, operations: operations,
            templates: templates.service(starter: starter, operations: operations),
            catalog: ResourceCatalogService(database: database, providers: providers), contract: inputs.contract,
            checkHealth: { try await database.query("SELECT 1") })
        background = try Self.background(
            inputs, hub: hub, catalog: catalog, control: control, publisher: publisher, nouns: services, hosts: hosts)
    }

    private static func site(_ inputs: Inputs, scheme: String) -> SiteSettings {
        SiteSettings(
            tenantID: inputs.signIn.tenantID, scoring: inputs.scoring, storageAccount: inputs.account.name,
            scheme: scheme, trustsForwardedHeaders: inputs.trustsForwardedHeaders)
    }

    private static func background(
        _ inputs: Inputs, hub: SignalHub, catalog: OperationCatalog, control: RouterControlClient,
        publisher: RoutingPublisher, nouns: NounServices, hosts: HostService
    ) throws -> [any Service] {
        let database = inputs.database
        let logger = inputs.logger
        let runner = OperationRunner(
            database: database, catalog: catalog, hub: hub, time: inputs.time, afterStep: inputs.afterStep,
            waitInPlace: inputs.queue.waitInPlace, logger: logger)
        let worker = WorkQueueWorker(
            database: database, runner: runner, hub: hub, settings: inputs.queue, logger: logger)
        let planner = WorkloadPlanner(
            database: database, directoryID: try inputs.directory.identify(), hub: hub, logger: logger)
        let drainer = ReplicaDrainer(
            database: database, drain: RouterDrain(database: database, publisher: publisher, control: control),
            deadline: inputs.drainDeadline, hub: hub, logger: logger)
        let watch = HostWatch(database: database, hub: hub, logger: logger)
        let host = LocalHost(
            directory: inputs.directory, backend: inputs.backend, settings: inputs.hosting, logger: logger
        ) { directoryID in
            LocalHost.Access(connection: LocalHostConnection(hosts, directoryID: directoryID)) {
                try await hosts.isUnresponsive(directoryID: directoryID, for: $0)
            }
        }
        let fleet = FleetSupervisor(
            database: database, settings: inputs.fleet, control: control, publisher: publisher, logger: logger)
        let recorder = MinuteRecorder(
            database: database, control: control, backend: inputs.backend, hub: hub, time: inputs.time, logger: logger)
        let autoscaler = UtilizationAutoscaler(
            database: database, control: control, recorder: recorder, quota: nouns.quota, hub: hub,
            calm: inputs.scalingCalm,
            time: inputs.time, logger: logger)
        let rules = RuleAutoscaler(
            database: database, deployments: nouns.deployments, hub: hub, time: inputs.time, logger: logger)
        let collector = ArtifactCollector(database: database, artifacts: inputs.artifacts, logger: logger)
        let leadership = Leadership(
            database: database, logger: logger,
            duties: [
                { await planner.run(term: $0) }, { await drainer.run(term: $0) }, { await watch.run(term: $0) },
                { _ in await fleet.run() }, { _ in await autoscaler.run() }, { _ in await recorder.run() },
                { _ in await rules.run() },
                { _ in await collector.run() },
            ])
        return [
            SignalRelay(hub: hub, database: database, logger: logger), publisher, leadership, host, worker,
            OperationJanitor(database: database, time: inputs.time, logger: logger),
        ]
    }

    /// What answers the API's requests on a listener of that scheme.
    package func responder(scheme: String) -> APIResponder {
        let site = Self.site(inputs, scheme: scheme)
        let signIn = services.signIn
        let blobs = BlobAccessService(database: inputs.database, account: inputs.account.name)
        let storage = BlobRoutes(
            store: inputs.artifacts, account: inputs.account, authorizationURI: nil, now: inputs.time.now,
            logger: inputs.logger
        ) { token, access in
            let caller: Caller
            do {
                caller = try await signIn.authenticate(bearer: token, for: .storage, correlationID: "")
            } catch is ARMError {
                return nil
            }
            return try await blobs.permissions(of: caller, access)
        }
        return APIRouter.responder(served, site: site, storage: storage)
    }
}
