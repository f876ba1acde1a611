import Foundation
import Identity
import Postgres
import Resources
import Store

/// Makes, seals, opens and replaces the keys of endpoints.
package struct EndpointKeyring: Sendable {
    let vault: SecretVault

    /// Two keys for a new endpoint: the caller's own, or fresh ones.
    func create(_ keys: EndpointKeys?, endpointID: UUID, workspaceID: UUID, in transaction: Transaction) async throws {
        let keys = try keys ?? EndpointKeys(primaryKey: Self.freshKey(), secondaryKey: Self.freshKey())
        try await save(keys.primaryKey, .primary, endpointID: endpointID, workspaceID: workspaceID, in: transaction)
        try await save(keys.secondaryKey, .secondary, endpointID: endpointID, workspaceID: workspaceID, in: transaction)
    }

    func open(endpointID: UUID, workspaceID: UUID, _ runner: any StatementRunner) async throws -> EndpointKeys {
        let box = try await vault.box(workspaceID: workspaceID, runner)
        var keys = EndpointKeys(primaryKey: "", secondaryKey: "")
        for row in try await EndpointKeyStore(runner).list(endpointID: endpointID) {
            let key = try box.open(row.sealedKey, context: Self.context(endpointID, row.slot))
            switch row.slot {
            case .primary: keys.primaryKey = String(decoding: key, as: UTF8.self)
            case .secondary: keys.secondaryKey = String(decoding: key, as: UTF8.self)
            }
        }
        return keys
    }

    /// Replaces one key. Clients send the present key as the value to set (`azure-clients.md`, traps): that, like no
    /// value, asks for a fresh key.
    func replace(
        _ request: RegenerateKeysRequest, endpointID: UUID, workspaceID: UUID, in transaction: Transaction
    ) async throws {
        let present = try await open(endpointID: endpointID, workspaceID: workspaceID, transaction)
        let slot: EndpointKeyRow.Slot = request.keyType == .primary ? .primary : .secondary
        let isPresent = request.keyValue == present.primaryKey || request.keyValue == present.secondaryKey
        let value = isPresent ? nil : request.keyValue
        try await save(
            try value ?? Self.freshKey(), slot, endpointID: endpointID, workspaceID: workspaceID, in: transaction)
    }

    private func save(
        _ key: String, _ slot: EndpointKeyRow.Slot, endpointID: UUID, workspaceID: UUID, in transaction: Transaction
    ) async throws {
        let box = try await vault.box(workspaceID: workspaceID, transaction)
        let sealed = try box.seal(Data(key.utf8), context: Self.context(endpointID, slot))
        try await EndpointKeyStore(transaction).save(
            endpointID: endpointID, EndpointKeyRow(slot: slot, sealedKey: sealed, digest: Digests.sha256Hex(key)))
    }

    private static func context(_ endpointID: UUID, _ slot: EndpointKeyRow.Slot) -> String {
        "endpoint-key:\(endpointID.uuidString.lowercased()):\(slot.rawValue)"
    }

    private static func freshKey() throws -> String {
        try Digests.random(count: 32).base64URL
    }
}
