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
        let (next, changes) = try await ChangeFeedStore(database).changes(since: position)
        if let changed = changes.map({ Set($0.compactMap(\.deploymentID)) }) {
            let found = try await changed.isEmpty ? [] : store.listMeasured(changed)
            for id in changed { known[id] = nil }
            for deployment in found { known[deployment.id] = deployment }
        } else {
            let found = try await store.listMeasured()
            known = Dictionary(uniqueKeysWithValues: found.map { ($0.id, $0) })
        }
        // Only now: what failed is read again.
        position = next
        return Array(known.values)
    }
}
