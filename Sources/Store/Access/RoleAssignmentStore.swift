package import Foundation
package import Postgres
package import Resources

/// Rows of `role_assignments`.
package typealias RoleAssignmentStore = RowStore<RoleAssignment>

extension RowStore<RoleAssignment> {
    private static var columns: String {
        """
        name, scope, role_definition_id, principal_id, principal_type, description, created_by, created_at, changed_by,
        changed_at
        """
    }

    /// What a principal may now, wherever.
    package func list(principalID: UUID) async throws -> [RoleAssignment] {
        try await runner.query(
            """
            SELECT \(raw: Self.columns) FROM role_assignments
            WHERE principal_id = \(principalID) AND (expires_at IS NULL OR expires_at > clock_timestamp())
            """
        ).rows.map(RoleAssignment.init)
    }

    /// All assignments, the oldest first.
    package func listAll() async throws -> [RoleAssignment] {
        try await runner.query("SELECT \(raw: Self.columns) FROM role_assignments ORDER BY created_at, name").rows
            .map(RoleAssignment.init)
    }

    package func find(_ name: UUID) async throws -> RoleAssignment? {
        try await runner.query("SELECT \(raw: Self.columns) FROM role_assignments WHERE name = \(name)").first
            .map(RoleAssignment.init)
    }

    /// A unique violation of `role_assignments_meaning` means that the same assignment has another name.
    package func insert(_ assignment: RoleAssignment) async throws {
        try await runner.query(
            """
            INSERT INTO role_assignments (name, scope, role_definition_id, principal_id, principal_type, description,
                created_by, changed_by)
            VALUES (\(assignment.name), \(assignment.scope), \(assignment.roleDefinitionID), \(assignment.principalID),
                \(assignment.principalType.rawValue), \(assignment.description), \(assignment.audit.createdBy),
                \(assignment.audit.lastModifiedBy))
            """)
    }

    package func update(_ name: UUID, description: String?, by caller: String) async throws {
        try await runner.query(
            """
            UPDATE role_assignments SET description = \(description), changed_at = clock_timestamp(),
                changed_by = \(caller)
            WHERE name = \(name)
            """)
    }

    /// Names of the assignments of a role at exactly one scope, locked until the end of the transaction.
    package func lockAll(scope: String, roleDefinitionID: UUID) async throws -> [UUID] {
        try await runner.query(
            """
            SELECT name FROM role_assignments
            WHERE lower(scope) = lower(\(scope)) AND role_definition_id = \(roleDefinitionID)
            ORDER BY name FOR UPDATE
            """
        ).rows.map { try $0.decode(UUID.self) }
    }

    package func delete(_ name: UUID) async throws {
        try await runner.query("DELETE FROM role_assignments WHERE name = \(name)")
    }
}

extension RoleAssignment: RowDecodable {
    package init(_ row: Row) throws {
        self.init(
            name: try row("name"), scope: try row("scope"), roleDefinitionID: try row("role_definition_id"),
            principalID: try row("principal_id"), principalType: try row("principal_type"),
            description: try row("description"),
            audit: AuditTrail(
                createdBy: try row("created_by"), createdAt: try row("created_at"),
                lastModifiedBy: try row("changed_by"), lastModifiedAt: try row("changed_at")))
    }
}
