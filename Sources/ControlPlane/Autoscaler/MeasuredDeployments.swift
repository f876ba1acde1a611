import Foundation
import Postgres
import Store

/// The deployments that serve, read whole once and then kept up to date by the change feed.
actor MeasuredDeployments {
    private let database: Database
    private var position: FeedPosition?
    private var known: [UUID: MeasuredDeployment] = [:]

    init(database: Database) {
        self.database = database
    }

    func list() async throws -> [MeasuredDeployment] {
        let store = DeploymentMinuteStore(database)
        if let (next, changed) = try await changes() {
            let found = try await changed.isEmpty ? [] : store.listMeasured(changed)
            for id in changed { known[id] = nil }
            for deployment in found { known[deployment.id] = deployment }
            position = next
        } else {
            let next = try await ChangeFeedStore(database).position()
            let found = try await store.listMeasured()
            known = Dictionary(uniqueKeysWithValues: found.map { ($0.id, $0) })
            position = next
        }
        return Array(known.values)
    }

    /// Nil when all are to be read.
    private func changes() async throws -> (FeedPosition, Set<UUID>)? {
        guard var next = position else { return nil }
        let changes = try await ChangeFeedStore(database).read(&next)
        return changes.map { (next, Set($0.compactMap(\.deploymentID))) }
    }
}
