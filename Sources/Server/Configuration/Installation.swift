import Artifacts
import Foundation
package import Identity
import Resources

/// What is drawn once per installation and never changes: names in tokens and paths, and the keys of the data directory.
package struct Installation: Sendable, Codable {
    package var tenantID: String
    package var subscriptionID: String
    /// Key of the artifact store's account, base64. A secret.
    package var storageKey: String
    /// Whether scoring URIs are HTTPS unless a setting says otherwise; absent where the installation was made before
    /// that was so.
    var usesTLSForScoring: Bool?

    /// Name of the artifact store's account: first part of its paths.
    package static let storageAccount = StorageAddress.accountName

    /// Reads the installation's names, or draws them.
    package static func load(_ data: DataDirectory) throws -> Installation {
        if FileManager.default.fileExists(atPath: data.identity.path) {
            return try JSONDecoder().decode(Installation.self, from: Data(contentsOf: data.identity))
        }
        let installation = Installation(
            tenantID: UUID().uuidString.lowercased(), subscriptionID: UUID().uuidString.lowercased(),
            storageKey: try Digests.random(count: 64).base64EncodedString(), usesTLSForScoring: true)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try DataDirectory.writeSecret(try encoder.encode(installation), to: data.identity)
        return installation
    }

    /// Whether scoring URIs are HTTPS by default: for every installation that is made from now on.
    static func usesTLSForScoring(_ data: DataDirectory) -> Bool {
        // Not there yet, or not readable: then nothing is served before it was made, or reported.
        guard let file = try? Data(contentsOf: data.identity) else { return true }
        return (try? JSONDecoder().decode(Installation.self, from: file))?.usesTLSForScoring ?? false
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
