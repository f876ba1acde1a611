package import Foundation
package import Postgres

/// An application that may call the API.
package struct PrincipalRow: Sendable, Equatable {
    package var objectID: UUID
    package var applicationID: UUID
    package var displayName: String
    /// As `SecretHash` stores it.
    package var secretHash: String

    package init(objectID: UUID, applicationID: UUID, displayName: String, secretHash: String) {
        self.objectID = objectID
        self.applicationID = applicationID
        self.displayName = displayName
        self.secretHash = secretHash
    }
}

/// A principal without its secret.
package struct PrincipalSummary: Sendable, Equatable {
    package var applicationID: UUID
    package var displayName: String
    package var isEnabled: Bool

    package init(applicationID: UUID, displayName: String, isEnabled: Bool) {
        self.applicationID = applicationID
        self.displayName = displayName
        self.isEnabled = isEnabled
    }
}

/// Rows of `principals`.
package struct PrincipalStore: Sendable {
    private let runner: any StatementRunner

    package init(_ runner: any StatementRunner) {
        self.runner = runner
    }

    /// The enabled principal of that application id.
    package func findEnabled(applicationID: UUID) async throws -> PrincipalRow? {
        let row = try await runner.query(
            """
            SELECT object_id, application_id, display_name, secret_hash FROM principals
            WHERE application_id = \(applicationID) AND is_enabled
            """
        ).first
        guard let row else { return nil }
        let (objectID, applicationID, displayName, secretHash) = try row.decode(
            UUID.self, UUID.self, String.self, String.self)
        return PrincipalRow(
            objectID: objectID, applicationID: applicationID, displayName: displayName, secretHash: secretHash)
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
            INSERT INTO principals (object_id, application_id, display_name, secret_hash)
            VALUES (\(principal.objectID), \(principal.applicationID), \(principal.displayName), \(principal.secretHash))
            """)
    }

    /// The oldest first.
    package func list() async throws -> [PrincipalSummary] {
        try await runner.query(
            "SELECT application_id, display_name, is_enabled FROM principals ORDER BY created_at, application_id"
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
