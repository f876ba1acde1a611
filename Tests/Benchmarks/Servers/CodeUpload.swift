import Client
import Foundation
import NIOHTTP1
import Resources

/// Registers a version of a code asset with one script, as clients do: a place is asked for, filled, and named.
enum CodeUpload {
    static func register(_ name: String, version: String, script: String, _ client: SluiceClient) async throws {
        let path = "\(client.settings.workspacePath)/codes/\(name)/versions/\(version)"
        let pending = try await client.post("\(path)/startPendingUpload")
        try SluiceClient.check(pending)
        let reference = pending.json?["blobReferenceForConsumption"]
        guard let base = reference?["blobUri"]?.text, let signed = reference?["credential"]?["sasUri"]?.text,
            let query = signed.split(separator: "?", maxSplits: 1).last
        else { throw NotInTime(description: "the response names no place to upload to") }
        try SluiceClient.check(
            try await client.exchange(
                .PUT, "\(base)/score.py?\(query)", body: Data(script.utf8), headers: [("x-ms-blob-type", "BlockBlob")]))
        try SluiceClient.check(try await client.put(path, json: #"{"properties":{"codeUri":"\#(base)"}}"#))
    }
}
