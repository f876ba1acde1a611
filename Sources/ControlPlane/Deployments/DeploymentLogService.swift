import Compute
import Foundation
import Postgres
package import Resources
import Store

/// Logs of a deployment's replicas (`getLogs`).
package struct DeploymentLogService: Sendable {
    let database: Database
    let backend: any ComputeBackend

    /// The last lines of every replica's log, or of the replica that failed last. With several replicas each part
    /// begins with a line that names it.
    package func logs(
        caller: Caller, endpoint: ResourceID, name: String, _ request: DeploymentLogsRequest
    ) async throws -> String {
        let deployment = try await DeploymentService.find(name, under: endpoint, database)
        var replicas = try await ReplicaStore(database).list(workloadID: deployment.id).map(\.id)
        if replicas.isEmpty,
            let failed = try await WorkloadStore(database).findLastFailure(id: deployment.id)
        {
            replicas = [failed]
        }
        let container: LogContainer =
            request.container == .inferenceServer ? .inferenceServer : .storageInitializer
        var parts: [String] = []
        for id in replicas {
            let log = await backend.logs(of: id, container, tail: request.tail)
            parts.append(replicas.count > 1 ? "Instance: \(id)\n\(log)" : log)
        }
        return parts.joined(separator: "\n")
    }
}
