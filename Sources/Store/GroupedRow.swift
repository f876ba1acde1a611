import Postgres
package import Resources

/// How rows of resources that lie in a resource group are found.
package protocol GroupedRow: NamedResource, TableRow {
    /// As messages call one: `workspace`.
    static var noun: String { get }
    /// Type of the segment of an id that names one: `workspaces`.
    static var collection: String { get }
}

/// What the tables of a resource group's resources have in common; inserts and updates stand with each of them.
extension RowStore where Stored: GroupedRow {
    /// The one that an id names; that of a child names it too.
    package func find(_ id: ResourceID) async throws -> Stored? {
        try await Stored.table.first(
            runner,
            where: """
                \(Parents.condition(subscription: id.subscription, resourceGroup: id.resourceGroup))
                AND lower(\(raw: Stored.table.alias).name) = lower(\(id.name(of: Stored.collection) ?? ""))
                """)
    }

    /// Those of a group, or of a whole subscription.
    package func list(
        subscription: String, resourceGroup: String?, page: PageRequest
    ) async throws -> Page<Stored> {
        try await Stored.table.page(
            runner, where: Parents.condition(subscription: subscription, resourceGroup: resourceGroup), page)
    }
}
