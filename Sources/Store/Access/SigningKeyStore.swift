package import Foundation
package import Postgres

/// A signing key as it is stored.
package struct SigningKeyRow: Sendable, Equatable {
    package var keyID: String
    package var sealedPrivateKey: Data
    package var publicKeyPEM: String

    package init(keyID: String, sealedPrivateKey: Data, publicKeyPEM: String) {
        (self.keyID, self.sealedPrivateKey) = (keyID, sealedPrivateKey)
        self.publicKeyPEM = publicKeyPEM
    }
}

/// Rows of `signing_keys`.
package typealias SigningKeyStore = RowStore<SigningKeyRow>

extension RowStore<SigningKeyRow> {
    /// Keys that tokens in use may be signed with, newest first.
    package func listActive() async throws -> [SigningKeyRow] {
        try await runner.query(
            """
            SELECT key_id, sealed_private_key, public_key_pem FROM signing_keys
            WHERE retired_at IS NULL ORDER BY created_at DESC
            """
        ).rows.map { row in
            let (keyID, sealed, pem) = try row.decode(String.self, Data.self, String.self)
            return SigningKeyRow(keyID: keyID, sealedPrivateKey: sealed, publicKeyPEM: pem)
        }
    }

    /// Adds a key unless an active one exists; several starting processes agree on one.
    package func insertFirst(_ key: SigningKeyRow) async throws {
        try await runner.query("SELECT pg_advisory_xact_lock(7350922)")
        try await runner.query(
            """
            INSERT INTO signing_keys (key_id, sealed_private_key, public_key_pem)
            SELECT \(key.keyID), \(key.sealedPrivateKey), \(key.publicKeyPEM)
            WHERE NOT EXISTS (SELECT 1 FROM signing_keys WHERE retired_at IS NULL)
            """)
    }
}

/// Rows of `data_keys`: the key that seals a workspace's secrets, itself sealed.
package struct DataKeyStore: Sendable {
    private let runner: any StatementRunner

    package init(_ runner: any StatementRunner) {
        self.runner = runner
    }

    package func find(workspaceID: UUID) async throws -> Data? {
        try await runner.query("SELECT sealed_key FROM data_keys WHERE workspace_id = \(workspaceID)").first?
            .decode(Data.self)
    }

    package func insert(workspaceID: UUID, sealedKey: Data) async throws {
        try await runner.query("INSERT INTO data_keys (workspace_id, sealed_key) VALUES (\(workspaceID), \(sealedKey))")
    }
}
