import Foundation
import Postgres
package import Resources
import Store

/// What callers may see of scaling: the ledger of a deployment, and its recorded load.
package struct ScalingService: Sendable {
    let database: Database
    var time: TimeSource = .system

    /// Minutes that one response holds.
    package static let loadLimit = 1_440

    /// Decisions about the number of a deployment's replicas.
    package func history(
        caller: Caller, endpoint: ResourceID, name: String, page: PageRequest
    ) async throws -> Page<ScalingRecord> {
        let deployment = try await DeploymentService.find(name, under: endpoint, database)
        return try await ScalingStore(database).list(deploymentID: deployment.id, page: page)
    }

    /// The last `minutes` of a deployment's recorded load, oldest first.
    package func load(
        caller: Caller, endpoint: ResourceID, name: String, minutes: Int
    ) async throws -> [DeploymentMinute] {
        let deployment = try await DeploymentService.find(name, under: endpoint, database)
        let now = time.now()
        return try await DeploymentMinuteStore(database).list(
            deploymentIDs: [deployment.id], from: now.addingTimeInterval(-60 * Double(minutes)), to: now)
    }
}
