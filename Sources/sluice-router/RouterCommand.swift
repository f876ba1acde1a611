import ArgumentParser
import Configuration
import DataPlane
import Foundation
import Logging
import ServiceLifecycle

/// `sluice-router`: one process of the data plane.
@main
struct RouterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice-router",
        abstract: "Routes scoring requests to the replicas of model deployments.",
        discussion: """
            Every setting can also be given in the environment, as SLUICE_ROUTER_ and the option's name in capitals with \
            underscores (SLUICE_ROUTER_SAVED_TABLE); options win. Further settings have no option: \
            SLUICE_ROUTER_CONTROL_TOKEN, _HOST_TOKEN, _SAVED_TABLE_WAIT_MS, _DRAIN_TIMEOUT_MS, _HEAD_SIZE, _HEAD_FIELDS, _TARGET_SIZE, _HEAD_TIMEOUT_MS, \
            _IDLE_TIMEOUT_MS, _BODY_SIZE, _CONNECTIONS, _REPLICA_IDLE_CONNECTIONS, _REPLICA_IDLE_TIMEOUT_MS, _ACCESS_LOG, _ACCESS_LOG_INTERVAL.

            SIGTERM stops accepting, finishes the requests that are there and exits; a second one exits at once.
            """,
        version: RouterVersion.current)

    @Option(
        help: ArgumentHelp(
            "Address for scoring requests; several processes may share a port, 0 takes a free one.",
            valueName: "host:port"))
    var listen: String?

    @Option(
        help: ArgumentHelp(
            "PEM file with the certificate for scoring requests and its chain; read again when it changes.",
            valueName: "file"))
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("PEM file with the certificate's private key.", valueName: "file"))
    var tlsKey: String?

    @Option(
        help: ArgumentHelp(
            "Address for the control plane: unix:/path, or tcp:host:port with SLUICE_ROUTER_CONTROL_TOKEN.",
            valueName: "address"))
    var control: String?

    @Option(help: ArgumentHelp("Routing table to start with, as JSON lines.", valueName: "file"))
    var table: String?

    @Option(help: ArgumentHelp("File that keeps the last table the control plane pushed.", valueName: "file"))
    var savedTable: String?

    @Option(
        help: ArgumentHelp(
            "Directory of the slot table that the routers of this host share; they keep every replica's limit together.",
            valueName: "directory"))
    var slots: String?

    @Option(
        help: ArgumentHelp(
            "This host among those that a table names, with SLUICE_ROUTER_HOST_TOKEN; for routers of several hosts.",
            valueName: "id"))
    var hostID: String?

    @Option(help: "Threads of the data path (default: number of cores, at most 2).")
    var loops: Int?

    @Option(help: ArgumentHelp("Name of this router in status and reports.", valueName: "id"))
    var routerID: String?

    @Option(help: "Least severe messages to log: trace, debug, info, notice, warning, error, critical.")
    var logLevel = "info"

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        // Files and sockets made here are for this account only.
        umask(0o077)
        guard let level = Logger.Level(rawValue: logLevel) else {
            throw ValidationError("\(logLevel) is not a log level")
        }
        let settings: RouterConfiguration
        do {
            settings = try RouterConfiguration(
                config: reader(), coreCount: ProcessInfo.processInfo.activeProcessorCount, processID: getpid())
        } catch {
            throw ValidationError("\(error)")
        }
        var logger = Logger(label: "sluice-router", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = level
        logger[metadataKey: "router.id"] = "\(settings.routerID)"
        do {
            try await serve(settings, logger)
        } catch let fault as ConfigurationFault {
            throw ValidationError("\(fault)")
        }
    }

    private func serve(_ settings: RouterConfiguration, _ logger: Logger) async throws {
        let router = try Router(configuration: settings, logger: logger)
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = []
        if let control = settings.control {
            var quiet = logger
            quiet.logLevel = max(.warning, logger.logLevel)
            let server = try ControlServer.make(for: router, at: control, token: settings.controlToken, logger: quiet)
            services.append(.init(service: server))
        }
        try await router.loadTables()
        // Stops first and takes the control server with it, so that a drain can be watched to its end.
        services.append(.init(service: router, successTerminationBehavior: .gracefullyShutdownGroup))
        var group = ServiceGroupConfiguration(services: services, logger: logger)
        group.maximumGracefulShutdownDuration = .milliseconds(settings.drainTimeoutMs + 5_000)
        let running = ServiceGroup(configuration: group)
        let signals = TerminationSignals { Task { await running.triggerGracefulShutdown() } }
        defer { signals.cancel() }
        try await running.run()
        if case .unix(let path) = settings.control { unlink(path) }
    }

    /// Options first, then the environment.
    private func reader() -> ConfigReader {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        let options: [(ConfigKey, String?)] = [
            ("listen", listen), ("control", control), ("table", table), ("saved.table", savedTable),
            ("slots", slots), ("host.id", hostID), ("tls.certificate", tlsCertificate), ("tls.key", tlsKey),
            ("loops", loops.map(String.init)), ("router.id", routerID),
        ]
        for (key, value) in options {
            guard let value else { continue }
            values[AbsoluteConfigKey(key)] = ConfigValue(.string(value), isSecret: false)
        }
        return ConfigReader(providers: [
            InMemoryProvider(name: "options", values: values),
            EnvironmentVariablesProvider(
                secretsSpecifier: .specific(["SLUICE_ROUTER_CONTROL_TOKEN", "SLUICE_ROUTER_HOST_TOKEN"])
            )
            .prefixKeys(with: "sluice.router"),
        ])
    }
}
