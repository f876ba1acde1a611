import Foundation
import Postgres
import TestSupport
import Testing

/// Files from a client's disk to a deployment.
@Suite struct UploadTests {
    /// Uploads into the container that a pending upload names; returns its URL.
    private func upload(_ server: TestServer, _ asset: String, _ files: [String: String]) async throws -> String {
        let pending = try await server.api.post(
            "\(server.api.workspace)/\(asset)/versions/1/startPendingUpload",
            #"{"pendingUploadType": "TemporaryBlobReference"}"#)
        #expect(pending.status == 200)
        let base = try #require(pending["blobReferenceForConsumption.blobUri"])
        let signed = try #require(pending["blobReferenceForConsumption.credential.sasUri"])
        let query = try #require(signed.split(separator: "?", maxSplits: 1).last)
        for (path, text) in files {
            let response = try await server.api.bare(
                "PUT", "\(base)/\(path)?\(query)", text, headers: [("x-ms-blob-type", "BlockBlob")])
            #expect(response.status == 201, "\(response.text)")
        }
        return base
    }

    @Test func `a pending upload is the same place when asked again`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let path = "\(server.api.workspace)/models/iris/versions/1/startPendingUpload"
            let first = try await server.api.post(path)
            let second = try await server.api.post(path)
            #expect(first["blobReferenceForConsumption.blobUri"] == second["blobReferenceForConsumption.blobUri"])
            let other = try await server.api.post("\(server.api.workspace)/models/iris/versions/2/startPendingUpload")
            #expect(first["blobReferenceForConsumption.blobUri"] != other["blobReferenceForConsumption.blobUri"])
        }
    }

    @Test func `a place without its signature takes nothing`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let base = try await upload(server, "codes/scoring", ["score.py": "def init(): pass"])
            for query in ["", "?sv=2021-12-02&sr=c&sp=rcwl&sig=AAAA&se=2099-01-01T00%3A00%3A00Z"] {
                let response = try await server.api.bare(
                    "PUT", "\(base)/evil.py\(query)", "x", headers: [("x-ms-blob-type", "BlockBlob")], isListed: false)
                #expect([401, 403, 404].contains(response.status), "\(response.status)")
            }
        }
    }

    @Test func `uploaded code and model are what a deployment resolves`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let code = try await upload(server, "codes/scoring", ["src/score.py": "def init(): pass"])
            let model = try await upload(server, "models/iris", ["weights.bin": "01"])
            let codeID = "\(server.api.workspace)/codes/scoring/versions/1"
            let modelID = "\(server.api.workspace)/models/iris/versions/1"
            #expect(try await server.api.put(codeID, #"{"properties": {"codeUri": "\#(code)"}}"#).status == 201)
            #expect(
                try await server.api.put(modelID, #"{"properties": {"modelUri": "\#(model)/weights.bin"}}"#).status
                    == 201)
            let environment = try await server.makeEnvironment()
            try await server.makeEndpoint("house")
            try await server.putAndFinish(
                server.deployment("blue", of: "house"),
                TestBody.deployment(environment: environment, code: codeID, script: "src/score.py", model: modelID))
            let specification = try await server.texts("SELECT body::text FROM specifications")
            #expect(specification.first?.contains("weights.bin") == true)
            let target = server.directory.appending(path: "materialised", directoryHint: .isDirectory)
            try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
            let container = try #require(code.split(separator: "/").last)
            try await server.materialise(String(container), into: target)
            #expect(
                try String(contentsOf: target.appending(path: "src/score.py"), encoding: .utf8) == "def init(): pass")
        }
    }

    @Test func `a code that was never uploaded is no place to start from`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let codeID = "\(server.api.workspace)/codes/scoring/versions/1"
            _ = try await server.api.put(
                codeID, #"{"properties": {"codeUri": "azureml://datastores/workspaceblobstore/paths/nothing/"}}"#)
            let environment = try await server.makeEnvironment()
            try await server.makeEndpoint("house")
            let response = try await server.api.put(
                server.deployment("blue", of: "house"), TestBody.deployment(environment: environment, code: codeID))
            #expect((response.status, response.errorCode) == (400, "BadArgument"))
            #expect(response["error.target"] == "$.properties.codeConfiguration.codeId")
        }
    }
}
