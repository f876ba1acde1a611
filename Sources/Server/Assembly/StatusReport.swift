import Compute
import Foundation
package import Logging
import Postgres
import Resources
import Store

/// What runs, for `sluice status`: read from the process records and the database, without the API.
package struct StatusReport: Sendable {
    package var isServing: Bool
    package var text: String

    package static func read(_ configuration: ServerConfiguration, logger: Logger) async throws -> StatusReport {
        let server = ProcessRecord.running(configuration.data.processRecord)
        var lines = [
            server.map { "control plane  running (process \($0.pid)), https://\(configuration.https)" }
                ?? "control plane  not running"
        ]
        let cluster = configuration.databaseURL == nil ? try PrivateCluster(configuration.data, logger: logger) : nil
        let database = Database(
            settings: ConnectionSettings(
                url: configuration.databaseURL ?? cluster?.url ?? "", schema: configuration.schema), poolSize: 1,
            logger: logger)
        do {
            for router in try await RouterStore(database).list() {
                lines.append(
                    "router         \(router.state.rawValue), table \(router.acknowledgedGeneration), \(router.controlAddress)"
                )
            }
            let replicas = try await ReplicaStore(database).listAll()
            for (state, group) in Dictionary(grouping: replicas, by: \.state).sorted(by: {
                $0.key.progress > $1.key.progress
            }) {
                lines.append("replicas       \(group.count) \(state.rawValue)")
            }
        } catch {
            lines.append("database       not reachable")
        }
        await database.close()
        return StatusReport(isServing: server != nil, text: lines.joined(separator: "\n"))
    }
}
