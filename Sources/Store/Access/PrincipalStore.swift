package import Foundation
import Postgres

/// An application that may call the API.
package struct PrincipalRow: Sendable, Equatable {
    package var objectID: UUID
    package var applicationID: UUID
    package var displayName: String
    /// Those that are valid now, as `SecretHash` stores them.
    package var secretHashes: [String]

    package init(objectID: UUID, applicationID: UUID, displayName: String, secretHashes: [String]) {
        (self.objectID, self.applicationID) = (objectID, applicationID)
        (self.displayName, self.secretHashes) = (displayName, secretHashes)
    }
}

/// A principal without its secret.
package struct PrincipalSummary: Sendable, Equatable {
    package var applicationID: UUID
    package var displayName: String
    package var isEnabled: Bool

    package init(applicationID: UUID, displayName: String, isEnabled: Bool) {
        (self.applicationID, self.displayName) = (applicationID, displayName)
        self.isEnabled = isEnabled
    }
}

/// Rows of `principals`.
package typealias PrincipalStore = RowStore<PrincipalRow>

extension RowStore<PrincipalRow> {
    /// The enabled principal of that application id.
    package func findEnabled(applicationID: UUID) async throws -> PrincipalRow? {
        let rows = try await runner.query(
            """
            SELECT p.object_id, p.application_id, p.display_name, c.digest FROM principals p
            LEFT JOIN principal_credentials c ON c.principal_id = p.object_id AND c.kind = 'secret'
                AND (c.expires_at IS NULL OR c.expires_at > clock_timestamp())
            WHERE p.application_id = \(applicationID) AND p.is_enabled
            """
        ).rows
        guard let first = rows.first else { return nil }
        return PrincipalRow(
            objectID: try first("object_id"), applicationID: try first("application_id"),
            displayName: try first("display_name"),
            secretHashes: try rows.compactMap { try $0("digest", as: String?.self) })
    }

    /// Whether a principal of that object id may call the API now.
    package func isEnabled(objectID: UUID) async throws -> Bool {
        try await runner.query(
            "SELECT is_enabled FROM principals WHERE object_id = \(objectID)"
        ).first?.decode(Bool.self) ?? false
    }

    package func insert(_ principal: PrincipalRow) async throws {
        try await runner.query(
            """
            WITH made AS (
                INSERT INTO principals (object_id, application_id, display_name)
                VALUES (\(principal.objectID), \(principal.applicationID), \(principal.displayName))
                RETURNING object_id
            )
            INSERT INTO principal_credentials (principal_id, kind, digest)
            SELECT object_id, 'secret', unnest(\(PostgresArray(principal.secretHashes))::text[]) FROM made
            """)
    }

    /// The oldest first.
    package func list() async throws -> [PrincipalSummary] {
        try await runner.query(
            """
            SELECT application_id, display_name, is_enabled FROM principals WHERE kind = 'application'
            ORDER BY created_at, application_id
            """
        ).rows.map { row in
            let (applicationID, displayName, isEnabled) = try row.decode(UUID.self, String.self, Bool.self)
            return PrincipalSummary(applicationID: applicationID, displayName: displayName, isEnabled: isEnabled)
        }
    }

    /// False when there is no such principal.
    package func setEnabled(_ isEnabled: Bool, applicationID: UUID) async throws -> Bool {
        try await runner.query(
            "UPDATE principals SET is_enabled = \(isEnabled) WHERE application_id = \(applicationID)"
        ).affectedRows == 1
    }
}
