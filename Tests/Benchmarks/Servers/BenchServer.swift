import API
import Artifacts
import AsyncHTTPClient
import Client
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
import Store
import Synchronization

/// The control plane inside this process, served over HTTP, with three real router processes.
struct BenchServer: Sendable {
    static let location = "westeurope"
    static let routerCount = 3

    let assembly: ControlPlaneAssembly
    let client: SluiceClient
    /// For looking behind the API; not the connections of the control plane.
    let database: Database
    let caller = Caller(objectID: UUID(), applicationID: "benchmarks", correlationID: "benchmarks")

    /// Makes the compute backend, given what fetches artifacts.
    typealias BackendFactory = @Sendable (@escaping ArtifactFetch) throws -> any ComputeBackend

    /// Runs `body` against a fresh server; `prepare` fills the database before the server starts.
    static func run<Result: Sendable>(
        on workbench: Workbench, schema: String, backend: BackendFactory = { _ in SimulatedBackend() },
        afterStep: @escaping OperationRunner.StepObserver = { _, _ in }, _ body: (BenchServer) async throws -> Result
    ) async throws -> Result {
        try await workbench.withSchema(schema) { settings in
            let directory = try workbench.makeDirectory(schema)
            let http = HTTPClient(eventLoopGroupProvider: .singleton)
            let database = Database(settings: settings, poolSize: 16, logger: Workbench.silent)
            let beside = Database(settings: settings, poolSize: 4, logger: Workbench.silent)
            var outcome: Swift.Result<Result, any Error>
            do {
                let scoring = "127.0.0.1:\(try LoopbackPort.take())"
                let port = try LoopbackPort.take()
                let inputs = try await inputs(
                    database, directory: directory, port: port, scoring: scoring, backend: backend,
                    afterStep: afterStep,
                    http: http)
                outcome = .success(try await serve(inputs, port: port, beside, body))
                // In a task of its own: a cancelled one can't end them.
                await Task {
                    for id in await inputs.backend.list().keys { await inputs.backend.stop(id, grace: .zero) }
                }.value
            } catch {
                outcome = .failure(error)
            }
            await endProcesses(settings)
            try await http.shutdown()
            await database.close()
            await beside.close()
            return try outcome.get()
        }
    }

    private static func inputs(
        _ database: Database, directory: URL, port: Int, scoring: String, backend: BackendFactory,
        afterStep: @escaping OperationRunner.StepObserver, http: HTTPClient
    ) async throws -> ControlPlaneAssembly.Inputs {
        let artifacts = try await ArtifactStore.open(at: directory.appending(path: "artifacts")) { Date() }
        let key = AccountKey(base64: try Digests.random(count: 64).base64EncodedString())
        return ControlPlaneAssembly.Inputs(
            database: database,
            backend: try backend { reference, target in
                let container = try ContainerName(reference.container)
                let kind = try await artifacts.exists(reference.path, in: container)
                _ = try await artifacts.materialise(reference.path, in: container, into: target)
                return kind == .blob ? .file : .folder
            },
            artifacts: artifacts,
            account: StorageAccount(name: StorageAddress.accountName, keys: key.map { [$0] } ?? []),
            master: try SecretBox(key: Digests.random(count: 32)),
            signIn: SignInSettings(
                tenantID: UUID().uuidString.lowercased(), apiAddresses: ["http://127.0.0.1:\(port)"]),
            scoring: ScoringAddress(scheme: "http", authority: scoring, domain: nil),
            fleet: FleetSettings(
                count: routerCount, executable: try Programs.sibling("sluice-router"), listenAddress: scoring,
                external: [], directory: directory.appending(path: "r"),
                slotTable: directory.appending(path: "s"),
                environment: ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"]),
            directory: HostDirectory(directory.appending(path: "h")),
            contract: try ContractDocument.load(Sources.find("openapi")), http: http, logger: Workbench.silent,
            afterStep: afterStep)
    }

    private static func serve<Result: Sendable>(
        _ inputs: ControlPlaneAssembly.Inputs, port: Int, _ database: Database,
        _ body: (BenchServer) async throws -> Result
    ) async throws -> Result {
        let assembly = try await ControlPlaneAssembly(inputs)
        let (ports, found) = AsyncStream.makeStream(of: Void.self)
        let application = Application(
            responder: assembly.responder(scheme: "http"),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { _ in found.finish() }, logger: Workbench.silent)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: assembly.background + [application], logger: Workbench.silent))
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { found.finish() }
                try await group.run()
            }
            for await _ in ports {}
            let client = try await signIn(assembly, inputs, port: port)
            do {
                let server = BenchServer(assembly: assembly, client: client, database: database)
                try await server.untilRoutersServe()
                let result = try await body(server)
                try await client.shutdown()
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
                return result
            } catch {
                try await client.shutdown()
                await group.triggerGracefulShutdown()
                throw error
            }
        }
    }

    /// Subscription, group, workspace and principal, as a first start makes them.
    private static func signIn(
        _ assembly: ControlPlaneAssembly, _ inputs: ControlPlaneAssembly.Inputs, port: Int
    ) async throws -> SluiceClient {
        let services = assembly.services
        let subscription = UUID().uuidString.lowercased()
        let caller = Caller(objectID: UUID(), applicationID: "benchmarks", correlationID: "benchmarks")
        try await services.scopes.ensureSubscription(subscription, displayName: "Benchmarks")
        _ = try await services.scopes.putGroup(
            caller: caller, ResourceGroup(subscription: subscription, name: "bench", location: location, tags: [:]))
        let body = try JSONParser.parse(Data(#"{"location":"\#(location)","properties":{}}"#.utf8))
        _ = try await services.workspaces.put(
            caller: caller, .workspace(subscription: subscription, resourceGroup: "bench", name: "field"),
            try WorkspaceRequest(reading: BodyReader(root: body)), if: .none)
        let principal = try await assembly.principals.create(displayName: "benchmarks", roles: [.owner])
        return try SluiceClient(
            ClientSettings(
                url: "http://127.0.0.1:\(port)", tenantID: inputs.signIn.tenantID,
                clientID: principal.applicationID.uuidString.lowercased(), clientSecret: principal.secret,
                subscriptionID: subscription, resourceGroup: "bench", workspace: "field"))
    }

    private func untilRoutersServe() async throws {
        try await wait(for: "\(Self.routerCount) routers that serve", within: .seconds(30)) {
            try await RouterStore(database).list().count { $0.state == .live && $0.acknowledgedGeneration > 0 }
                == Self.routerCount
        }
    }

    /// Routers outlive the control plane. In a task of its own: a cancelled one can't ask the database.
    private static func endProcesses(_ settings: ConnectionSettings) async {
        await Task {
            let database = Database(settings: settings, poolSize: 1, logger: Workbench.silent)
            // Without the schema nothing was started.
            for router in (try? await RouterStore(database).list()) ?? [] where router.pid != 0 {
                await ChildProcess.terminate(
                    ProcessIdentity(pid: router.pid, startTicks: router.startTicks), steps: [])
            }
            await database.close()
        }.value
    }

    // MARK: For sections

    var workspace: ResourceID {
        let settings = client.settings
        return .workspace(
            subscription: settings.subscriptionID, resourceGroup: settings.resourceGroup, name: settings.workspace)
    }

    func workspaceID() async throws -> UUID {
        guard let id = try await database.query("SELECT id FROM workspaces").first?.decode(UUID.self) else {
            throw NotInTime(description: "the workspace is not there")
        }
        return id
    }

    func endpointPath(_ name: String) -> String { "\(client.settings.workspacePath)/onlineEndpoints/\(name)" }
}
