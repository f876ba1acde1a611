package import Foundation
package import Postgres
package import Resources

/// How rows of named resources are found.
package protocol NamedRow: NamedResource, RowDecodable {
    static var table: TrackedTable<Self> { get }
}

/// What the tables of named resources have in common; inserts and updates stand with each of them.
package struct NamedStore<Resource: NamedRow>: Sendable {
    let runner: any StatementRunner

    package init(_ runner: any StatementRunner) {
        self.runner = runner
    }

    private static var alias: String { Resource.table.alias }

    package func find(workspaceID: UUID, name: String, lock: Bool = false) async throws -> Resource? {
        try await Resource.table.first(
            runner,
            where: """
                \(raw: Self.alias).workspace_id = \(workspaceID) AND lower(\(raw: Self.alias).name) = lower(\(name))
                """, lock: lock ? .update : .none)
    }

    package func list(workspaceID: UUID, page: PageRequest) async throws -> Page<Resource> {
        try await self.page(workspaceID: workspaceID, where: "true", page)
    }

    /// Those of a workspace that meet a condition.
    func page(workspaceID: UUID, where condition: SQL, _ page: PageRequest) async throws -> Page<Resource> {
        try await Resource.table.page(
            runner, where: "\(raw: Self.alias).workspace_id = \(workspaceID) AND \(condition)", page)
    }

    package func delete(id: UUID) async throws {
        try await Resource.table.delete(runner, id: id)
    }
}
