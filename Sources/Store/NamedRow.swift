package import Foundation
import Postgres
package import Resources

/// How rows of named resources are found.
package protocol NamedRow: NamedResource, TableRow {
    /// As messages call one: `connection`.
    static var noun: String { get }
}

/// What the tables of named resources have in common; inserts and updates stand with each of them.
extension RowStore where Stored: NamedRow {
    private static var alias: String { Stored.table.alias }

    package func find(workspaceID: UUID, name: String, lock: Bool = false) async throws -> Stored? {
        try await Stored.table.first(
            runner,
            where: """
                \(raw: Self.alias).workspace_id = \(workspaceID) AND lower(\(raw: Self.alias).name) = lower(\(name))
                """, lock: lock ? .update : .none)
    }

    package func list(workspaceID: UUID, page: PageRequest) async throws -> Page<Stored> {
        try await self.page(workspaceID: workspaceID, where: "true", page)
    }

    /// Those of a workspace that meet a condition.
    func page(workspaceID: UUID, where condition: SQL, _ page: PageRequest) async throws -> Page<Stored> {
        try await Stored.table.page(
            runner, where: "\(raw: Self.alias).workspace_id = \(workspaceID) AND \(condition)", page)
    }
}
