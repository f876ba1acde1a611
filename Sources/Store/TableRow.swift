package import Foundation
package import Postgres
package import Resources

/// A resource whose row lies in a table of resources.
package protocol TableRow: TrackedResource, RowDecodable {
    static var table: TrackedTable<Self> { get }
}

extension RowStore where Stored: TableRow {
    package func find(id: UUID) async throws -> Stored? {
        try await Stored.table.first(runner, where: "\(raw: Stored.table.alias).id = \(id)")
    }

    package func delete(id: UUID) async throws {
        try await Stored.table.delete(runner, id: id)
    }
}
