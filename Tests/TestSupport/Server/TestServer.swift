package import API
package import Artifacts
import Client
import Compute
package import ControlPlane
package import Foundation
import Identity
package import Postgres
package import Resources
import Server
package import Store
import Synchronization
package import Testing

/// A whole Sluice in the test process, on a database schema and a directory of its own, with real router processes.
///
/// ```swift
/// try await TestServer.run { server in
///     let made = try await server.api.put(server.endpoint("house"), TestBody.endpoint())
///     #expect(try await server.api.finish(made)["status"] == "Succeeded")
/// }
/// ```
/// When the body ends, everything is stopped; a process or directory that stays, and a response that breaks the
/// contract, fail the test.
package final class TestServer: Sendable {
    package static let location = "westeurope"
    package static let resourceGroup = "tests"
    package static let workspaceName = "field"

    private struct State {
        var incarnation: ControlPlaneIncarnation?
        /// A second control plane on the same database.
        var standby: ControlPlaneIncarnation?
        var stubs: [StubModel] = []
        var hosts: HostFleet?
    }

    package let api: APIClient
    /// For looking behind the API; not the connections of the control plane.
    package let database: Database
    package let directory: URL
    /// Where scoring requests arrive.
    package let scoringPort: Int
    /// The principal that ``api`` signs in as.
    package let principal: NewPrincipal
    package let artifacts: ArtifactStore
    private let parts: ControlPlaneIncarnation.Parts
    private let port: Int
    private let state: Mutex<State>

    private init(
        api: APIClient, database: Database, directory: URL, principal: NewPrincipal,
        parts: ControlPlaneIncarnation.Parts, incarnation: ControlPlaneIncarnation
    ) {
        (self.api, self.database, self.directory) = (api, database, directory)
        (self.principal, self.parts) = (principal, parts)
        scoringPort = parts.scoringPort
        artifacts = parts.artifacts
        port = incarnation.port
        state = Mutex(State(incarnation: incarnation))
    }

    /// What answers the API's requests, for requests that no client sends; nil while the control plane is down.
    package var responder: APIResponder? { state.withLock { $0.incarnation?.assembly.responder(scheme: "http") } }
    package var services: NounServices? { state.withLock { $0.incarnation?.assembly.services } }

    /// A principal of its own, with a role on a scope or without any.
    package func makePrincipal(_ role: RoleDefinition? = nil, on scope: String = "/") async throws -> NewPrincipal {
        try await PrincipalService(database: database).create(
            displayName: "one more", roles: role.map { [$0] } ?? [], scope: scope)
    }

    /// A token of a principal for an audience; for the API itself without one.
    package func token(_ principal: NewPrincipal, audience: String? = nil) async throws -> String {
        let services = try #require(services)
        return try await services.signIn.signIn(
            clientID: principal.applicationID.uuidString.lowercased(), clientSecret: principal.secret,
            scope: "\(audience ?? api.settings.url)/.default"
        ).token
    }

    /// Runs `body` against a fresh server.
    package static func run(
        _ options: TestServerOptions = TestServerOptions(), sourceLocation: SourceLocation = #_sourceLocation,
        _ body: (TestServer) async throws -> Void
    ) async throws {
        // Short, for sockets lie in it.
        let directory = URL(
            filePath: "/tmp/sl-\(UUID().uuidString.prefix(8).lowercased())", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }  // a rest shows in `isLeftBehind`
        var problems: [String] = []
        do {
            try await TestDatabase.withDatabase { database in
                let server = try await start(database, directory, options)
                do {
                    try await body(server)
                } catch {
                    try await server.stop()
                    throw error
                }
                try await server.stop()
                problems = server.api.problems
            }
        } catch {
            #expect(processes(of: directory).isEmpty, "no process stays behind", sourceLocation: sourceLocation)
            throw error
        }
        #expect(processes(of: directory).isEmpty, "no process stays behind", sourceLocation: sourceLocation)
        #expect(problems.isEmpty, "answers keep to the contract", sourceLocation: sourceLocation)
    }

    // MARK: Starting

    private static func start(
        _ database: Database, _ directory: URL, _ options: TestServerOptions
    ) async throws -> TestServer {
        let artifacts = try await ArtifactStore.open(at: directory.appending(path: "artifacts")) { Date() }
        guard let key = AccountKey(base64: try Digests.random(count: 32).base64EncodedString()) else {
            throw NotInTime(description: "no account key")
        }
        let port = try TestPorts.take()
        let signIn = SignInSettings(
            tenantID: UUID().uuidString.lowercased(), apiAddresses: ["http://127.0.0.1:\(port)", "https://localhost"])
        let parts = ControlPlaneIncarnation.Parts(
            settings: database.settings, backend: try await backend(options, directory, artifacts),
            artifacts: artifacts, account: StorageAccount(name: "sluice", keys: [key]),
            master: try SecretBox(key: Digests.random(count: 32)),
            signIn: signIn, scoringPort: try TestPorts.take(), routers: directory.appending(path: "r"), options: options
        )
        let incarnation = try await ControlPlaneIncarnation.start(parts, port: port)
        do {
            let subscription = UUID().uuidString.lowercased()
            let principal = try await makeFirstResources(incarnation, subscription: subscription)
            let api = try APIClient(
                ClientSettings(
                    url: "http://127.0.0.1:\(incarnation.port)", tenantID: parts.signIn.tenantID,
                    clientID: principal.applicationID.uuidString.lowercased(), clientSecret: principal.secret,
                    subscriptionID: subscription, resourceGroup: resourceGroup, workspace: workspaceName))
            let server = TestServer(
                api: api, database: database, directory: directory, principal: principal, parts: parts,
                incarnation: incarnation)
            try await server.untilRoutersLive()
            return server
        } catch {
            try await incarnation.stop()
            await endProcesses(of: database, parts.backend)
            throw error
        }
    }

    private static func backend(
        _ options: TestServerOptions, _ directory: URL, _ artifacts: ArtifactStore
    ) async throws -> any ComputeBackend {
        guard let factory = options.backend else { return SimulatedBackend(behavior: options.behavior) }
        return try await factory(directory) { reference, target in
            let container = try ContainerName(reference.container)
            let kind = try await artifacts.exists(reference.path, in: container)
            _ = try await artifacts.materialise(reference.path, in: container, into: target)
            return kind == .blob ? .file : .folder
        }
    }

    private static func makeFirstResources(
        _ incarnation: ControlPlaneIncarnation, subscription: String
    ) async throws -> NewPrincipal {
        let services = incarnation.assembly.services
        let caller = Caller(objectID: UUID(), applicationID: "tests", correlationID: "tests")
        try await services.scopes.ensureSubscription(subscription, displayName: "Tests")
        _ = try await services.scopes.putGroup(
            caller: caller,
            ResourceGroup(subscription: subscription, name: resourceGroup, location: location, tags: [:]))
        let body = try JSONParser.parse(Data(#"{"location":"\#(location)","properties":{}}"#.utf8))
        _ = try await services.workspaces.put(
            caller: caller,
            .workspace(subscription: subscription, resourceGroup: resourceGroup, name: workspaceName),
            try WorkspaceRequest(reading: BodyReader(root: body)), if: .none)
        return try await incarnation.assembly.principals.create(displayName: "first principal", roles: [.owner])
    }

    // MARK: Parts

    /// The simulated replicas, which outlive the control plane's incarnations.
    package var simulated: SimulatedReplicas {
        get throws {
            guard let backend = parts.backend as? SimulatedBackend else {
                throw NotInTime(description: "this server has another backend")
            }
            return SimulatedReplicas(backends: [backend] + (hosts?.backends ?? []))
        }
    }

    /// Hosts beside the control plane's own; nil before ``startHosts(_:)``.
    package var hosts: HostFleet? { state.withLock { $0.hosts } }

    /// Starts so many hosts beside the control plane's own.
    package func startHosts(_ count: Int) async throws {
        let fleet = HostFleet(count: count, parts.options) { [self] in
            state.withLock { $0.incarnation?.assembly.hosts }
        }
        state.withLock { $0.hosts = fleet }
        try await eventually("all hosts have registered") {
            try await self.count("SELECT count(*) FROM hosts WHERE epoch > 0") == count + 1
        }
    }

    /// A model server that stops with this server.
    package func stub(_ name: String) async throws -> StubModel {
        let stub = try await StubModel(name)
        state.withLock { $0.stubs.append(stub) }
        return stub
    }

    package func routers() async throws -> [RouterRow] {
        try await RouterStore(database).list()
    }

    package func untilRoutersLive() async throws {
        let count = parts.options.routers
        try await eventually(within: .seconds(30), "\(count) routers live") {
            try await routers().count { row in
                row.state == .live && row.acknowledgedGeneration > 0
                    && ProcessIdentity(pid: row.pid, startTicks: row.startTicks).isAlive
            } == count
        }
    }

    // MARK: Lives of the control plane

    /// Stops the control plane as SIGTERM does; routers and replicas run on.
    package func stopControlPlane() async throws {
        try await state.withLock { $0.incarnation.take() }?.stop()
    }

    /// Starts a control plane again, on the same port.
    package func startControlPlane() async throws {
        let incarnation = try await ControlPlaneIncarnation.start(parts, port: port)
        state.withLock { $0.incarnation = incarnation }
    }

    /// Lets the control plane crash and starts another.
    package func restart(meanwhile: (Database) async throws -> Void = { _ in }) async throws {
        try await state.withLock { $0.incarnation.take() }?.abandon()
        try await meanwhile(database)
        try await startControlPlane()
    }

    /// Lets the control plane crash and starts one that has another number of routers.
    package func restart(routers count: Int) async throws {
        try await state.withLock { $0.incarnation.take() }?.abandon()
        var parts = parts
        parts.options.routers = count
        let next = try await ControlPlaneIncarnation.start(parts, port: port)
        state.withLock { $0.incarnation = next }
    }

    /// Starts a second control plane on the same database and directory.
    package func startStandby() async throws {
        let standby = try await ControlPlaneIncarnation.start(parts, port: 0)
        state.withLock { $0.standby = standby }
    }

    /// Lets the second control plane crash and starts another.
    package func restartStandby() async throws {
        try await state.withLock { $0.standby.take() }?.abandon()
        try await startStandby()
    }

    private func stop() async throws {
        let (incarnation, standby, stubs, hosts) = state.withLock { state in
            defer { state = State() }
            return (state.incarnation, state.standby, state.stubs, state.hosts)
        }
        await hosts?.stop()
        let outcome: Result<Void, any Error>
        do {
            try await standby?.stop()
            try await incarnation?.stop()
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        await Self.endProcesses(of: database, parts.backend)
        for stub in stubs { await stub.stop() }
        try await api.shutdown()
        try outcome.get()
    }

    /// Routers, by the identities that the database has recorded, and replicas.
    private static func endProcesses(of database: Database, _ backend: any ComputeBackend) async {
        // A database that is gone takes the records with it; what still runs then fails the test.
        let routers = (try? await RouterStore(database).list()) ?? []
        for router in routers where router.pid > 0 {
            let identity = ProcessIdentity(pid: router.pid, startTicks: router.startTicks)
            await ChildProcess.terminate(identity, steps: [])
        }
        for replica in (try? await ReplicaStore(database).listAll()) ?? [] {
            await backend.stop(replica.id, grace: .zero)
        }
    }

    /// Processes whose command line names a directory.
    package static func processes(of directory: URL) -> [String] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.compactMap { entry in
            guard let pid = Int32(entry), pid != getpid(),
                let line = try? Data(contentsOf: URL(filePath: "/proc/\(pid)/cmdline")),  // gone meanwhile
                line.range(of: Data(directory.path.utf8)) != nil
            else { return nil }
            return "\(pid) \(String(decoding: line, as: UTF8.self).replacingOccurrences(of: "\0", with: " "))"
        }
    }
}
