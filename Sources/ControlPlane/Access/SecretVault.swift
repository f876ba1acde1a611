import Foundation
package import Identity
import Postgres
import Store
import Synchronization

/// Seals the secrets of a workspace under its data key, which is itself sealed under the master key.
package final class SecretVault: Sendable {
    private let master: SecretBox
    private let boxes = Mutex<[UUID: SecretBox]>([:])

    package init(master: SecretBox) {
        self.master = master
    }

    /// Makes a workspace's data key; part of making the workspace.
    func createDataKey(workspaceID: UUID, in transaction: Transaction) async throws {
        let key = try Digests.random(count: 32)
        let sealed = try master.seal(key, context: Self.context(workspaceID))
        try await DataKeyStore(transaction).insert(workspaceID: workspaceID, sealedKey: sealed)
    }

    /// The box of a workspace.
    func box(workspaceID: UUID, _ runner: any StatementRunner) async throws -> SecretBox {
        if let box = boxes.withLock({ $0[workspaceID] }) { return box }
        guard let sealed = try await DataKeyStore(runner).find(workspaceID: workspaceID) else {
            throw PostgresError(.decoding, "the workspace has no data key")
        }
        let box = try SecretBox(key: try master.open(sealed, context: Self.context(workspaceID)))
        boxes.withLock { $0[workspaceID] = box }
        return box
    }

    private static func context(_ workspaceID: UUID) -> String { "data-key:\(workspaceID.uuidString.lowercased())" }
}
