import Client
import Compute
import Foundation
import Postgres
import Resources
import Server
import Store

/// The real `sluice` in a data directory of its own, with simulated replicas.
struct InstalledSluice: Sendable {
    let data: DataDirectory
    private let arguments: [String]

    /// Runs `body` with an initialised installation that does not run; stops it afterwards.
    static func with<Result: Sendable>(
        on workbench: Workbench, _ name: String, _ body: (InstalledSluice) async throws -> Result
    ) async throws -> Result {
        let directory = try workbench.makeDirectory(name)
        let settings = [
            "data.directory=\(directory.path)", "compute.backend=simulated",
            "https.address=127.0.0.1:\(try LoopbackPort.take())",
            "scoring.address=127.0.0.1:\(try LoopbackPort.take())",
        ]
        let sluice = InstalledSluice(
            data: DataDirectory(root: directory), arguments: settings.flatMap { ["--set", $0] })
        return try await withEnd(sluice.end) {
            try await sluice.start()
            try await sluice.stop()
            return try await body(sluice)
        }
    }

    /// Stops it whatever happens, in a task of its own, for the calling one may be cancelled.
    private func end() async {
        await Task {
            do {
                try await stop()
            } catch {
                Progress.say("  sluice down failed, its processes are ended: \(error)")
                let routers = (try? await routers()) ?? []  // without its database none is known
                let processes = [ProcessRecord.running(data.processRecord)] + routers
                for process in processes.compactMap(\.self) { await ChildProcess.terminate(process, steps: []) }
                // Without PostgreSQL there is no cluster to stop.
                await (try? PrivateCluster(data, logger: Workbench.silent))?.stop()
            }
        }.value
    }

    func start() async throws {
        try await run("up")
    }

    func stop() async throws {
        try await run("down")
    }

    /// Seconds that each of `count` starts took; it runs afterwards.
    func startTimes(_ count: Int) async throws -> [Double] {
        var times: [Double] = []
        for _ in 0..<count {
            try await stop()
            let began = ContinuousClock.now
            try await start()
            times.append((ContinuousClock.now - began).inSeconds)
        }
        return times
    }

    private func run(_ command: String) async throws {
        _ = try await Programs.output(
            of: Programs.sibling("sluice"), [command] + arguments, in: data.root, limit: .seconds(120))
    }

    /// The control plane's process.
    func controlPlane() throws -> ProcessIdentity {
        guard let process = ProcessRecord.running(data.processRecord) else {
            throw NotInTime(description: "the control plane does not run")
        }
        return process
    }

    func routers() async throws -> [ProcessIdentity] {
        try await withDatabase { database in
            try await RouterStore(database).list().filter { $0.pid != 0 }.map {
                ProcessIdentity(pid: $0.pid, startTicks: $0.startTicks)
            }
        }
    }

    /// Connections of our own to its private database.
    func withDatabase<Result: Sendable>(_ body: (Database) async throws -> Result) async throws -> Result {
        let url = try PrivateCluster(data, logger: Workbench.silent).url
        let database = Database(
            settings: ConnectionSettings(url: url, schema: "sluice"), poolSize: 2, logger: Workbench.silent)
        return try await withEnd(database.close) { try await body(database) }
    }

    func makeClient() throws -> SluiceClient {
        try SluiceClient(ClientSettings.load(credentials: data.credentials.path, environment: [:]))
    }
}
