import Compute
import Foundation
import Hosting
package import Logging
import Postgres
import Resources
import Store

/// `sluice down`: stops everything of a data directory: control plane, routers, replicas, private database.
package struct Shutdown: Sendable {
    private let configuration: ServerConfiguration
    private let logger: Logger

    package init(_ configuration: ServerConfiguration, logger: Logger) {
        (self.configuration, self.logger) = (configuration, logger)
    }

    /// What was stopped, for the person who asked.
    package struct Report: Sendable {
        package var controlPlane = false
        package var routers = 0
        package var replicas = 0
        package var database = false
    }

    package func run() async throws -> Report {
        var report = Report()
        if let server = ProcessRecord.running(configuration.data.processRecord) {
            try await stopControlPlane(server)
            report.controlPlane = true
        }
        let cluster = configuration.databaseURL == nil ? try PrivateCluster(configuration.data, logger: logger) : nil
        guard cluster?.isInitialised ?? true else { return report }
        // Its rows know the other processes, so it runs until they have ended.
        try await cluster?.start()
        let url = configuration.databaseURL ?? cluster?.url ?? ""
        let database = Database(
            settings: ConnectionSettings(url: url, schema: configuration.schema), poolSize: 2, logger: logger)
        report.routers = try await stopRouters(database)
        report.replicas = try await stopReplicas(database)
        await database.close()
        if let cluster {
            await cluster.stop()
            report.database = true
        }
        return report
    }

    /// Only the process itself: what it started lives in sessions of its own and is stopped by its rows.
    private func stopControlPlane(_ server: ProcessIdentity) async throws {
        server.signal(SIGTERM)
        let deadline = ContinuousClock.now + .seconds(20)
        while server.isAlive, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(10)) }
        if server.isAlive { server.signal(SIGKILL) }
    }

    private func stopRouters(_ database: Database) async throws -> Int {
        let routers = try await RouterStore(database).list().filter { $0.pid != 0 }
        try await withThrowingDiscardingTaskGroup { group in
            for router in routers {
                group.addTask {
                    await ChildProcess.terminate(
                        ProcessIdentity(pid: router.pid, startTicks: router.startTicks),
                        steps: [TeardownStep(SIGTERM, wait: .seconds(10))])
                    try await RouterStore(database).delete(id: router.id)
                }
            }
        }
        // Without routers the table means nothing; they make it anew.
        try? FileManager.default.removeItem(at: configuration.data.slotTable)
        return routers.count
    }

    /// Replicas start again with the next `up`: their rows go back to the beginning.
    private func stopReplicas(_ database: Database) async throws -> Int {
        let count = await LocalProcessBackend.stopAll(
            in: LocalProcessConfiguration(dataDirectory: configuration.data.compute), grace: .seconds(10))
        guard let directoryID = HostDirectory(configuration.data.compute).id else { return count }
        try await database.transaction { transaction in
            try await HostStore(transaction).resetReplicas(directoryID: directoryID)
        }
        return count
    }
}
