import Artifacts
import AsyncHTTPClient
import Compute
import ControlPlane
import Foundation
import Hosting
import Hummingbird
import Identity
import Postgres
import Resources
import Server
import ServiceLifecycle

/// One life of the control plane in a ``TestServer``: its own connections and its own services.
struct ControlPlaneIncarnation: Sendable {
    let assembly: ControlPlaneAssembly
    let port: Int
    private let database: Database
    private let http: HTTPClient
    private let group: ServiceGroup
    private let task: Task<Void, any Error>

    /// How long a broken-off control plane may take to let go.
    private static let abandonLimit = Duration.seconds(20)

    struct Parts: Sendable {
        var settings: ConnectionSettings
        var backend: any ComputeBackend
        var artifacts: ArtifactStore
        var account: StorageAccount
        var master: SecretBox
        var signIn: SignInSettings
        var scoringPort: Int
        var routers: URL
        var options: TestServerOptions
    }

    /// Starts one on a port; one whose start a fault broke off is started again, as whoever supervises it would.
    static func start(_ parts: Parts, port: Int) async throws -> ControlPlaneIncarnation {
        var tries = 1
        while true {
            do {
                return try await startOnce(parts, port: port)
            } catch let error as PostgresError where error.isWorthRetrying && parts.options.faults != nil && tries < 20
            {
                tries += 1
            }
        }
    }

    private static func startOnce(_ parts: Parts, port: Int) async throws -> ControlPlaneIncarnation {
        let options = parts.options
        let database = Database(
            settings: parts.settings, poolSize: 12, faults: options.faults, logger: options.logger)
        let http = HTTPClient(eventLoopGroupProvider: .singleton)
        do {
            return try await start(parts, port: port, database, http)
        } catch {
            try await http.shutdown()
            await database.close()
            throw error
        }
    }

    private static func start(
        _ parts: Parts, port: Int, _ database: Database, _ http: HTTPClient
    ) async throws -> ControlPlaneIncarnation {
        let options = parts.options
        let assembly = try await ControlPlaneAssembly(
            ControlPlaneAssembly.Inputs(
                database: database, backend: parts.backend, artifacts: parts.artifacts, account: parts.account,
                master: parts.master, signIn: parts.signIn,
                scoring: ScoringAddress(scheme: "http", authority: "127.0.0.1:\(parts.scoringPort)", domain: nil),
                quota: options.quota,
                fleet: FleetSettings(
                    count: options.routers, executable: SupportFiles.sibling("sluice-router"),
                    listenAddress: "127.0.0.1:\(parts.scoringPort)", external: [], directory: parts.routers,
                    slotTable: parts.routers.appending(path: "s"),
                    environment: ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"], healthInterval: .milliseconds(50)),
                directory: HostDirectory(parts.routers), hosting: options.hosting,
                drainDeadline: options.drainDeadline, queue: options.queue,
                operationDeadline: options.operationDeadline,
                scalingCalm: options.scalingCalm, contract: try contract.get(), http: http, logger: options.logger,
                afterStep: options.afterStep,
                onTemplateStep: options.onTemplateStep))
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            responder: assembly.responder(scheme: "http"),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port), serverName: "Sluice"),
            onServerRunning: { channel in
                found.yield(channel.localAddress?.port ?? 0)
                found.finish()
            }, logger: options.logger)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: assembly.background + [application], logger: options.logger))
        let task = Task {
            defer { found.finish() }
            try await group.run()
        }
        var running: Int?
        for await one in ports { running = one }
        guard let running else {
            try await task.value
            throw NotInTime(description: "the control plane did not start")
        }
        return ControlPlaneIncarnation(
            assembly: assembly, port: running, database: database, http: http, group: group, task: task)
    }

    private static let contract = Result {
        try ContractDocument.load(
            TestDatabase.migrations.deletingLastPathComponent().appending(path: "openapi"))
    }

    /// As SIGTERM does.
    func stop() async throws {
        await group.triggerGracefulShutdown()
        let outcome = await task.result
        try await http.shutdown()
        await database.close()
        try outcome.get()
    }

    /// As a crash does: nothing is given back, because no connection is left to do it on.
    func abandon() async throws {
        await database.close()
        // Not cancelled: the listener's library traps when a connection arrives at that moment.
        await group.triggerGracefulShutdown()
        let isOver = await Self.ends(task, within: Self.abandonLimit)
        try await http.shutdown()
        guard isOver else { throw NotInTime(description: "a cancelled control plane did not end") }
    }

    /// Whether a task ends in time; it is left to itself otherwise.
    private static func ends(_ task: Task<Void, any Error>, within limit: Duration) async -> Bool {
        let (ends, end) = AsyncStream.makeStream(of: Bool.self)
        let waiter = Task {
            _ = await task.result
            end.yield(true)
        }
        let timer = Task {
            try? await Task.sleep(for: limit)  // cancelled when the other was first
            end.yield(false)
        }
        var isOver = false
        for await one in ends {
            isOver = one
            break
        }
        waiter.cancel()
        timer.cancel()
        return isOver
    }
}
