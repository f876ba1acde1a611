package import Foundation
import Postgres

/// One of the two keys of an endpoint, sealed.
package struct EndpointKeyRow: Sendable, Equatable {
    package enum Slot: String, Sendable, CaseIterable {
        case primary
        case secondary
    }

    package var slot: Slot
    package var sealedKey: Data
    /// SHA-256 of the key, 64 hexadecimal digits.
    package var digest: String

    package init(slot: Slot, sealedKey: Data, digest: String) {
        (self.slot, self.sealedKey, self.digest) = (slot, sealedKey, digest)
    }
}

/// Rows of `endpoint_keys`.
package typealias EndpointKeyStore = RowStore<EndpointKeyRow>

extension RowStore<EndpointKeyRow> {
    package func list(endpointID: UUID) async throws -> [EndpointKeyRow] {
        try await runner.query(
            "SELECT slot, sealed_key, digest FROM endpoint_keys WHERE endpoint_id = \(endpointID) ORDER BY slot"
        ).rows.map { row in
            let (slot, sealed, digest) = try row.decode(String.self, Data.self, String.self)
            guard let slot = EndpointKeyRow.Slot(rawValue: slot) else {
                throw PostgresError(.decoding, "column slot does not hold a slot")
            }
            return EndpointKeyRow(slot: slot, sealedKey: sealed, digest: digest)
        }
    }

    package func save(endpointID: UUID, _ key: EndpointKeyRow) async throws {
        try await runner.query(
            """
            INSERT INTO endpoint_keys (endpoint_id, slot, sealed_key, digest)
            VALUES (\(endpointID), \(key.slot.rawValue), \(key.sealedKey), \(key.digest))
            ON CONFLICT (endpoint_id, slot) DO UPDATE
            SET sealed_key = EXCLUDED.sealed_key, digest = EXCLUDED.digest, created_at = now()
            """)
    }
}
