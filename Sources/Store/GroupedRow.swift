package import Foundation
package import Postgres
package import Resources

/// How rows of resources that lie in a resource group are found.
package protocol GroupedRow: NamedResource, RowDecodable {
    static var table: TrackedTable<Self> { get }
    /// Type of the segment of an id that names one: `workspaces`.
    static var collection: String { get }
}

/// What the tables of a resource group's resources have in common; inserts and updates stand with each of them.
package struct GroupedStore<Resource: GroupedRow>: Sendable {
    let runner: any StatementRunner

    package init(_ runner: any StatementRunner) {
        self.runner = runner
    }

    /// The one that an id names; that of a child names it too.
    package func find(_ id: ResourceID) async throws -> Resource? {
        try await Resource.table.first(
            runner,
            where: """
                \(Parents.condition(subscription: id.subscription, resourceGroup: id.resourceGroup))
                AND lower(\(raw: Resource.table.alias).name) = lower(\(id.name(of: Resource.collection) ?? ""))
                """)
    }

    package func find(id: UUID) async throws -> Resource? {
        try await Resource.table.first(runner, where: "\(raw: Resource.table.alias).id = \(id)")
    }

    /// Those of a group, or of a whole subscription.
    package func list(
        subscription: String, resourceGroup: String?, page: PageRequest
    ) async throws -> Page<Resource> {
        try await Resource.table.page(
            runner, where: Parents.condition(subscription: subscription, resourceGroup: resourceGroup), page)
    }

    package func delete(id: UUID) async throws {
        try await Resource.table.delete(runner, id: id)
    }
}
