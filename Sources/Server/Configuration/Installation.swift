import Artifacts
import Foundation
package import Identity

/// What is drawn once per installation and never changes: names in tokens and paths, and the keys of the data directory.
package struct Installation: Sendable, Codable {
    package var tenantID: String
    package var subscriptionID: String
    /// Key of the artifact store's account, base64. A secret.
    package var storageKey: String

    /// Name of the artifact store's account: first part of its paths.
    package static let storageAccount = "sluice"

    /// Reads the installation's names, or draws them.
    package static func load(_ data: DataDirectory) throws -> Installation {
        if FileManager.default.fileExists(atPath: data.identity.path) {
            return try JSONDecoder().decode(Installation.self, from: Data(contentsOf: data.identity))
        }
        let installation = Installation(
            tenantID: UUID().uuidString.lowercased(), subscriptionID: UUID().uuidString.lowercased(),
            storageKey: try Digests.random(count: 64).base64EncodedString())
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try DataDirectory.writeSecret(try encoder.encode(installation), to: data.identity)
        return installation
    }

    /// The key that wraps the data keys of workspaces: 32 bytes in a file that only we can read.
    package static func loadMasterKey(_ data: DataDirectory) throws -> SecretBox {
        if !FileManager.default.fileExists(atPath: data.masterKey.path) {
            try DataDirectory.writeSecret(
                Data(try Digests.random(count: 32).base64EncodedString().utf8), to: data.masterKey)
        }
        let text = try String(contentsOf: data.masterKey, encoding: .utf8).trimmingCharacters(
            in: .whitespacesAndNewlines)
        return try SecretBox(key: Data(base64Encoded: text) ?? Data())
    }
}
