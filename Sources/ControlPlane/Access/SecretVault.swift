import Foundation
package import Identity
import Postgres
import Resources
import Store
import Synchronization
import Templates

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

    /// Seals the values of a deployment's parameters, which may be secrets.
    func seal(_ parameters: [BoundParameter], deploymentID: UUID) throws -> Data {
        let values = parameters.map { parameter in
            JSONValue.object([
                "name": .string(parameter.name), "type": .string(parameter.typeName), "value": parameter.value,
                "isSecure": .boolean(parameter.isSecure),
            ])
        }
        return try master.seal(
            Data(JSONWriter.text(of: .array(values)).utf8), context: Self.parameterContext(deploymentID))
    }

    /// What `seal` sealed; nothing for nothing.
    func openParameters(_ sealed: Data?, deploymentID: UUID) throws -> [BoundParameter] {
        guard let sealed else { return [] }
        let plain = try master.open(sealed, context: Self.parameterContext(deploymentID))
        return try JSONParser.parse(plain, as: .template).elements.map { entry in
            BoundParameter(
                name: entry["name"]?.text ?? "", typeName: entry["type"]?.text ?? "", value: entry["value"] ?? .null,
                isSecure: entry["isSecure"]?.flag ?? true)
        }
    }

    private static func parameterContext(_ deploymentID: UUID) -> String {
        "deployment-parameters:\(deploymentID.uuidString.lowercased())"
    }

    private static func context(_ workspaceID: UUID) -> String { "data-key:\(workspaceID.uuidString.lowercased())" }
}
