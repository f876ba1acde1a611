import Foundation
package import Postgres
package import Resources

/// A table of resources with a trail and a revision: what all of them are asked, and how their common columns are read.
///
/// Inserts and updates differ with each table and are written out in its store.
package struct TrackedTable<Resource: TrackedResource & RowDecodable>: Sendable {
    private let name: String
    let alias: String
    /// Everything of a look-up but its condition.
    private let select: String

    /// - Parameters:
    ///   - name: as PostgreSQL knows it.
    ///   - alias: in statements of more than one table.
    ///   - columns: what `Resource` reads beside those that every tracked table has under the same names.
    ///   - joins: `JOIN …`, for what comes from other tables.
    init(name: String, alias: String, columns: String, joins: String = "") {
        (self.name, self.alias) = (name, alias)
        let common = ["id", "revision", "created_by", "created_at", "modified_by", "modified_at"]
        let own = common.map { "\(alias).\($0)" }.joined(separator: ", ")
        select = "SELECT \(columns), \(own) FROM \(name) \(alias) \(joins)"
    }

    func first(
        _ runner: any StatementRunner, where condition: SQL, lock: RowLock = .none
    ) async throws -> Resource? {
        try await runner.query("\(raw: select) WHERE \(condition) \(raw: lock.text(alias))").first.map(Resource.init)
    }

    func list(_ runner: any StatementRunner, where condition: SQL) async throws -> [Resource] {
        try await runner.query("\(raw: select) WHERE \(condition)").rows.map(Resource.init)
    }

    func page(_ runner: any StatementRunner, where condition: SQL, _ page: PageRequest) async throws -> Page<Resource> {
        let rows = try await runner.query("\(raw: select) WHERE \(condition) \(page: page, of: alias)").rows
        return Page(try rows.map(Resource.init), page) { ($0.audit, $0.id) }
    }

    /// Moves the state, if it is still one of `from`; with `observed`, the generation has been brought about.
    func setState(
        _ runner: any StatementRunner, id: UUID, from: [ProvisioningState], to state: ProvisioningState, observed: Bool
    ) async throws -> Bool {
        try await runner.query(
            """
            UPDATE \(raw: name) SET provisioning_state = \(state.rawValue), revision = revision + 1,
                observed_generation = CASE WHEN \(observed)::boolean THEN generation ELSE observed_generation END
            WHERE id = \(id) AND provisioning_state = ANY(\(PostgresArray(from.map(\.rawValue)))::text[])
            """
        ).affectedRows == 1
    }

    func delete(_ runner: any StatementRunner, id: UUID) async throws {
        try await runner.query("DELETE FROM \(raw: name) WHERE id = \(id)")
    }
}

/// What a look at a row keeps others from until the transaction ends.
enum RowLock {
    case none
    /// From changing the row.
    case update
    /// From removing the row or changing its key, but not from moving its state.
    case keyShare

    func text(_ alias: String) -> String {
        switch self {
        case .none: ""
        case .update: "FOR UPDATE OF \(alias)"
        case .keyShare: "FOR KEY SHARE OF \(alias)"
        }
    }
}

/// The ways of a row to what it lies in, and their columns.
enum Parents {
    static let group = "JOIN resource_groups g ON g.id = "
    static let groupColumns = "g.subscription_id, g.name AS group_name"
    static let workspaceColumns = "\(groupColumns), w.name AS workspace_name"
    /// From a row's `workspace_id`.
    static func workspace(of alias: String) -> String {
        "JOIN workspaces w ON w.id = \(alias).workspace_id \(group)w.resource_group_id"
    }

    /// Rows of a group, or of a whole subscription.
    static func condition(subscription: String, resourceGroup: String?) -> SQL {
        guard let resourceGroup else { return "g.subscription_id = \(subscription.lowercased())" }
        return "g.subscription_id = \(subscription.lowercased()) AND lower(g.name) = lower(\(resourceGroup))"
    }
}

extension Row {
    func audit() throws -> AuditTrail {
        AuditTrail(
            createdBy: try self("created_by"), createdAt: try self("created_at"),
            lastModifiedBy: try self("modified_by"), lastModifiedAt: try self("modified_at"))
    }

    /// Of a table that counts generations beside revisions.
    func version() throws -> RowVersion {
        RowVersion(revision: try self("revision"), generation: try self("generation"))
    }

    /// Of a table that does not.
    func revision() throws -> RowVersion {
        let revision: Int64 = try self("revision")
        return RowVersion(revision: revision, generation: revision)
    }

    /// The workspace that ``Parents/workspaceColumns`` name.
    func workspaceID() throws -> ResourceID {
        .workspace(
            subscription: try self("subscription_id"), resourceGroup: try self("group_name"),
            name: try self("workspace_name"))
    }

    func operationID(_ column: String) throws -> OperationID? {
        try self(column, as: UUID?.self).map { OperationID($0) }
    }
}
