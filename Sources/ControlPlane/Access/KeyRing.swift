import Foundation
package import Identity
package import Postgres
import Store

/// The keys that tokens are signed with and checked against. Made once per installation, sealed in the database.
package struct KeyRing: Sendable {
    /// Newest first; the first one signs.
    private let keys: [SigningKey]
    package let issuer: TokenIssuer
    package let verifier: TokenVerifier
    package let jsonWebKeys: [JSONWebKey]
    package let verificationKeys: [VerificationKey]

    /// Reads the ring, or makes its first key.
    package static func load(_ database: Database, master: SecretBox) async throws -> KeyRing {
        var rows = try await SigningKeyStore(database).listActive()
        if rows.isEmpty {
            let key = try SigningKey.generate()
            let sealed = try master.seal(Data(key.privateKeyPEM.utf8), context: key.keyID)
            try await database.transaction { transaction in
                try await SigningKeyStore(transaction).insertFirst(
                    SigningKeyRow(keyID: key.keyID, sealedPrivateKey: sealed, publicKeyPEM: key.publicKeyPEM))
            }
            rows = try await SigningKeyStore(database).listActive()
        }
        return try KeyRing(
            keys: rows.map { row in
                let pem = try master.open(row.sealedPrivateKey, context: row.keyID)
                return try SigningKey(privateKeyPEM: String(decoding: pem, as: UTF8.self))
            })
    }

    private init(keys: [SigningKey]) throws {
        guard let newest = keys.first else { throw PostgresError(.decoding, "no signing key was stored") }
        self.keys = keys
        issuer = TokenIssuer(key: newest)
        jsonWebKeys = try keys.map { try $0.jsonWebKey() }
        verificationKeys = keys.map { VerificationKey(keyID: $0.keyID, publicKeyPEM: $0.publicKeyPEM) }
        verifier = TokenVerifier(keys: verificationKeys)
    }
}
