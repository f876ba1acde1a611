package import Client
package import Foundation
import NIOHTTP1
import Resources

/// Deploys a sample folder (`code/`, `model/`, `conda.yml`, `request.json`) as an endpoint with one deployment, the way
/// any client would: upload, register, deploy, route, score. Done already, it changes nothing.
package struct SampleDeployment: Sendable {
    private let client: SluiceClient
    private let folder: URL
    private let name: String
    private let say: @Sendable (String) -> Void

    private static let environmentImage = "mcr.microsoft.com/azureml/minimal-py311-inference:latest"

    /// What a person needs to go on.
    package struct Result: Sendable {
        package var prediction: String
        package var scoringURI: String
        package var key: String
        package var request: String
    }

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    package init(client: SluiceClient, folder: URL, say: @escaping @Sendable (String) -> Void) {
        (self.client, self.folder, self.say) = (client, folder, say)
        name = folder.lastPathComponent
    }

    private var workspace: String { client.settings.workspacePath }

    package func run() async throws -> Result {
        let location = try await value(of: try await client.get(workspace), "location")
        try await register(kind: "codes", name: "\(name)-code", folder: "code") { uri in
            #"{"properties":{"codeUri":"\#(uri)"}}"#
        }
        try await register(kind: "models", name: "\(name)-model", folder: "model") { uri in
            #"{"properties":{"modelUri":"\#(uri)","modelType":"custom_model"}}"#
        }
        try await registerEnvironment()
        let endpoint = client.settings.endpointPath(name)
        try await ensureEndpoint(endpoint, location: location)
        try await deploy(endpoint, location: location)
        try await route(endpoint, location: location)
        return try await score(endpoint)
    }

    // MARK: Assets

    /// Uploads a folder into a container of its own and registers it as version 1.
    private func register(kind: String, name: String, folder part: String, body: (String) -> String) async throws {
        let version = "\(workspace)/\(kind)/\(name)/versions/1"
        guard try await client.get(version).status == 404 else { return }
        say("uploading \(part)")
        let pending = try await client.post("\(version)/startPendingUpload")
        try SluiceClient.check(pending)
        let reference = pending.json?["blobReferenceForConsumption"]
        guard let base = reference?["blobUri"]?.text, let signed = reference?["credential"]?["sasUri"]?.text,
            let query = signed.split(separator: "?", maxSplits: 1).last
        else { throw Failure(description: "The answer names no place to upload to.") }
        let files = try Self.files(in: folder.appending(path: part))
        for (path, bytes) in files {
            let response = try await client.exchange(
                .PUT, "\(base)/\(path)?\(query)", body: bytes, headers: [("x-ms-blob-type", "BlockBlob")])
            guard response.status == 201 else {
                throw Failure(description: "Uploading \(path) failed: \(response.text)")
            }
        }
        // A single model file is registered itself, a folder as the container's content.
        let target = kind == "models" && files.count == 1 ? "\(base)/\(files[0].path)" : base
        try SluiceClient.check(try await client.put(version, json: body(target)))
    }

    private static func files(in folder: URL) throws -> [(path: String, bytes: Data)] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
        return try names.compactMap { name in
            let url = folder.appending(path: name)
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory), !isDirectory.boolValue,
                !name.contains("__pycache__")
            else { return nil }
            return (name, try Data(contentsOf: url))
        }
    }

    private func registerEnvironment() async throws {
        let version = "\(workspace)/environments/\(name)-env/versions/1"
        guard try await client.get(version).status == 404 else { return }
        say("registering the environment")
        let conda = try String(contentsOf: folder.appending(path: "conda.yml"), encoding: .utf8)
        let body = #"{"properties":{"image":"\#(Self.environmentImage)","condaFile":\#(try Self.quoted(conda))}}"#
        try SluiceClient.check(try await client.put(version, json: body))
    }

    // MARK: Endpoint

    private func ensureEndpoint(_ path: String, location: String) async throws {
        guard try await client.get(path).status == 404 else { return }
        say("making the endpoint \(name)")
        try await client.finish(
            try await client.put(path, json: #"{"location":"\#(location)","properties":{"authMode":"Key"}}"#))
    }

    private func deploy(_ endpoint: String, location: String) async throws {
        let body = """
            {"location": "\(location)", "sku": {"name": "Default", "capacity": 1}, "properties": {
              "endpointComputeType": "Managed", "model": "\(workspace)/models/\(name)-model/versions/1",
              "codeConfiguration": {"codeId": "\(workspace)/codes/\(name)-code/versions/1", "scoringScript": "score.py"},
              "environmentId": "\(workspace)/environments/\(name)-env/versions/1",
              "instanceType": "Standard_DS3_v2"}}
            """
        let path = "\(endpoint)/deployments/blue"
        let existing = try await client.get(path)
        if existing.json?["properties"]?["provisioningState"]?.text == "Succeeded" { return }
        say("deploying blue")
        let say = say
        try await client.finish(try await client.put(path, json: body)) { phase in say("  \(phase)") }
    }

    private func route(_ path: String, location: String) async throws {
        let present = try await client.get(path)
        guard present.json?["properties"]?["traffic"]?.members.isEmpty ?? true else { return }
        say("sending all traffic to blue")
        let body = #"{"location":"\#(location)","properties":{"authMode":"Key","traffic":{"blue":100}}}"#
        try await client.finish(try await client.put(path, json: body))
    }

    private func score(_ path: String) async throws -> Result {
        let endpoint = try await client.get(path)
        let keys = try await client.post("\(path)/listKeys")
        guard let uri = endpoint.json?["properties"]?["scoringUri"]?.text, let key = keys.json?["primaryKey"]?.text
        else {
            throw Failure(description: "The endpoint has no scoring URI or no key.")
        }
        let request = try Data(contentsOf: folder.appending(path: "request.json"))
        let answer = try await client.exchange(
            .POST, uri, body: request,
            headers: [("Authorization", "Bearer \(key)"), ("Content-Type", "application/json")])
        guard answer.status == 200 else {
            throw Failure(description: "Scoring failed with \(answer.status): \(answer.text)")
        }
        return Result(
            prediction: answer.text, scoringURI: uri, key: key, request: folder.appending(path: "request.json").path)
    }

    private func value(of response: ClientResponse, _ name: String) async throws -> String {
        try SluiceClient.check(response)
        return response.json?[name]?.text ?? ""
    }

    /// A text as a JSON string.
    static func quoted(_ text: String) throws -> String {
        String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
    }
}
