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
        if let line = isolation(configuration) { lines.append("isolation      \(line)") }
        do {
            try await configuration.withDatabase(logger: logger) { database in
                for router in try await RouterStore(database).list() {
                    lines.append("router         \(describe(router))")
                }
                let replicas = try await ReplicaStore(database).listAll()
                for (state, group) in Dictionary(grouping: replicas, by: describe).sorted(by: { $0.key < $1.key }) {
                    lines.append("replicas       \(group.count) \(state)")
                }
            }
        } catch is PostgresError {
            lines.append("database       not reachable")
        }
        return StatusReport(isServing: server != nil, text: lines.joined(separator: "\n"))
    }

    /// How replicas are confined; nil before the first start, and where no replica is a process of this host.
    private static func isolation(_ configuration: ServerConfiguration) -> String? {
        guard let data = try? Data(contentsOf: configuration.data.isolationRecord),
            let finding = try? JSONDecoder().decode(IsolationFinding.self, from: data)
        else { return nil }
        let reason = finding.reason.isEmpty ? "" : " (\(finding.reason))"
        guard let mode = finding.mode else { return "impossible, no replica is started\(reason)" }
        return mode.rawValue + reason
    }

    /// A line per router.
    package static func routers(_ configuration: ServerConfiguration, logger: Logger) async throws -> [String] {
        try await configuration.withDatabase(logger: logger) { database in
            try await RouterStore(database).list().map { "\($0.id.uuidString.lowercased())  \(describe($0))" }
        }
    }

    private static func describe(_ replica: ReplicaRow) -> String {
        switch replica.desired {
        case .run: replica.phase.rawValue
        case .drain: "draining"
        case .stop: "stopping"
        }
    }

    private static func describe(_ router: RouterRow) -> String {
        let process = router.pid == 0 ? "started by somebody else" : "process \(router.pid)"
        return "\(router.state.rawValue), table \(router.acknowledgedGeneration), \(process), \(router.controlAddress)"
    }
}
