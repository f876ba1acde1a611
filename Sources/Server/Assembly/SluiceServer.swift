import API
import Artifacts
import AsyncHTTPClient
import Compute
import ControlPlane
import Foundation
import Hosting
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Identity
package import Logging
import NIOCore
import Platform
import Postgres
import Resources
import ServiceLifecycle
import UnixSignals

/// `sluice serve`: the control plane of a configuration, from start to graceful shutdown.
package struct SluiceServer: Sendable {
    private let configuration: ServerConfiguration
    private let environment: [String: String]
    private let logger: Logger

    package init(_ configuration: ServerConfiguration, environment: [String: String], logger: Logger) {
        (self.configuration, self.environment, self.logger) = (configuration, environment, logger)
    }

    /// Serves until SIGTERM or SIGINT. Routers, replicas and the private database run on.
    package func run() async throws {
        FileLimit.raise()
        let data = configuration.data
        try data.create()
        try ProcessRecord.write(to: data.processRecord)
        defer { ProcessRecord.remove(data.processRecord) }
        let installation = try Installation.load(data)
        let certificates = try CertificateRenewal(configuration, logger: logger)
        let (database, cluster) = try await openDatabase()
        let artifacts = try await ArtifactStore.open(at: data.artifacts, now: { Date() })
        let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: Self.clientConfiguration)
        do {
            let assembly = try await assemble(installation, database, artifacts, http)
            try await FirstStart.perform(configuration, installation, assembly, logger: logger)
            try await serve(assembly, certificates, cluster: cluster, artifacts: artifacts)
        } catch {
            try await http.shutdown()
            throw error
        }
        try await http.shutdown()
        await database.close()
    }

    /// Brings the schema up to date; returns the migrations that were applied.
    package func migrate() async throws -> [String] {
        try configuration.data.create()
        let (database, _) = try await openDatabase(migrating: false)
        let migrations = try SupportFiles.find("migrations", given: configuration.migrations)
        let applied = try await Migrator(directory: migrations, logger: logger).migrate(database)
        await database.close()
        return applied
    }

    private static var clientConfiguration: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.timeout = .init(connect: .seconds(2))
        return configuration
    }

    private func openDatabase(migrating: Bool = true) async throws -> (Database, PrivateCluster?) {
        var cluster: PrivateCluster?
        let url: String
        if let given = configuration.databaseURL {
            url = given
        } else {
            let made = try PrivateCluster(configuration.data, logger: logger)
            try await made.start()
            cluster = made
            url = made.url
        }
        let database = Database(
            settings: ConnectionSettings(url: url, schema: configuration.schema), poolSize: configuration.poolSize,
            logger: logger)
        if migrating {
            let migrations = try SupportFiles.find("migrations", given: configuration.migrations)
            try await Migrator(directory: migrations, logger: logger).migrate(database)
        }
        return (database, cluster)
    }

    private func assemble(
        _ installation: Installation, _ database: Database, _ artifacts: ArtifactStore, _ http: HTTPClient
    ) async throws -> ControlPlaneAssembly {
        let backend = try await ComputeAssembly.backend(
            configuration, artifacts: artifacts, environment: environment, logger: logger)
        let key = AccountKey(base64: installation.storageKey)
        let scoring = configuration.scoringPublicAddress ?? configuration.scoring
        let contract = try ContractDocument.load(
            try SupportFiles.find("openapi", given: configuration.openAPIDirectory))
        return try await ControlPlaneAssembly(
            ControlPlaneAssembly.Inputs(
                database: database, backend: backend, artifacts: artifacts,
                account: StorageAccount(name: Installation.storageAccount, keys: key.map { [$0] } ?? []),
                master: try Installation.loadMasterKey(configuration.data),
                signIn: SignInSettings(
                    tenantID: installation.tenantID, apiAddresses: ServerCertificates.apiAddresses(configuration)),
                scoring: ScoringAddress(
                    scheme: configuration.scoringUsesTLS ? "https" : "http", authority: scoring.description,
                    domain: configuration.scoringDomain),
                instanceTypes: InstanceTypeCatalog(own: configuration.instanceTypes), quota: configuration.quota,
                fleet: try fleet(),
                routerToken: configuration.routerControlToken,
                directory: HostDirectory(configuration.data.compute), drainDeadline: configuration.drainDeadline,
                queue: WorkQueueSettings(concurrency: configuration.concurrency),
                operationDeadline: configuration.operationDeadline, scalingCalm: configuration.scalingCalm,
                contract: contract,
                trustsForwardedHeaders: configuration.trustsForwardedHeaders, http: http, logger: logger))
    }

    private func fleet() throws -> FleetSettings {
        let executable = configuration.routerExecutable ?? SupportFiles.sibling("sluice-router")
        if configuration.routerCount > 0, !FileManager.default.isExecutableFile(atPath: executable) {
            throw ConfigurationProblems(problems: ["\(executable) is not there; set routers.executable"])
        }
        return FleetSettings(
            count: configuration.routerCount, executable: executable, listenAddress: configuration.scoring.description,
            external: configuration.externalRouters, directory: configuration.data.routers,
            slotTable: configuration.data.slotTable,
            tls: configuration.scoringUsesTLS ? ServerCertificates.files(configuration) : nil,
            accessLogInterval: configuration.accessLogInterval > 0 ? configuration.accessLogInterval : nil,
            environment: ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"])
    }

    private func serve(
        _ assembly: ControlPlaneAssembly, _ certificates: CertificateRenewal, cluster: PrivateCluster?,
        artifacts: ArtifactStore
    ) async throws {
        var services: [any Service] = cluster.map { [$0] } ?? []
        services += assembly.background
        services += [ArtifactSweeper(store: artifacts, logger: logger), HeapTrimmer()]
        let (opened, open) = AsyncStream.makeStream(of: Void.self)
        services.append(certificates)
        services.append(
            Application(
                responder: assembly.responder(scheme: "https"),
                server: try .tls(Self.http1, tlsConfiguration: certificates.tls),
                configuration: application(configuration.https), onServerRunning: { _ in open.finish() },
                logger: logger))
        services.append(ReadyRecord(data: configuration.data) { for await _ in opened {} })
        if let http = configuration.http {
            services.append(
                Application(
                    responder: assembly.responder(scheme: "http"), server: Self.http1,
                    configuration: application(http), logger: logger))
        }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
    }

    /// Connections on which nothing moves for a while are closed.
    private static var http1: HTTPServerBuilder { .http1(configuration: .init(idleTimeout: .seconds(75))) }

    /// Connections beyond wait in the kernel's queue until others end.
    private static let connectionLimit = 4_096

    private func application(_ address: SocketAddressText) -> ApplicationConfiguration {
        ApplicationConfiguration(
            address: .hostname(address.host, port: address.port), serverName: "Sluice",
            availableConnectionsDelegate: .maximum(Self.connectionLimit, logger: logger))
    }
}
