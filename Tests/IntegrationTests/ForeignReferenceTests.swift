import Client
import Foundation
import Postgres
import Resources
import TestSupport
import Testing

/// Assets and files that are named by another place: refused, and never served by a namesake.
@Suite struct ForeignReferenceTests {
    /// An endpoint beside model `m:1`, environment `minimal:1` and code `c:1`; returns the container of their files.
    private func prepare(_ server: TestServer) async throws -> (container: String, base: String) {
        let pending = try await server.api.post("\(server.api.workspace)/codes/c/versions/1/startPendingUpload")
        let base = try #require(pending["blobReferenceForConsumption.blobUri"])
        let signed = try #require(pending["blobReferenceForConsumption.credential.sasUri"])
        let query = try #require(signed.split(separator: "?", maxSplits: 1).last)
        let written = try await server.api.bare(
            "PUT", "\(base)/score.py?\(query)", "def init(): pass", headers: [("x-ms-blob-type", "BlockBlob")])
        #expect(written.status == 201)
        let code = try await server.api.put(
            "\(server.api.workspace)/codes/c/versions/1", #"{"properties": {"codeUri": "\#(base)"}}"#)
        #expect(code.status == 201, "\(code.text)")
        let model = try await server.api.put(
            "\(server.api.workspace)/models/m/versions/1",
            #"{"properties": {"modelUri": "\#(base)/score.py", "modelType": "custom_model"}}"#)
        #expect(model.status == 201, "\(model.text)")
        _ = try await server.makeEnvironment()
        try await server.makeEndpoint("house")
        return (String(base.split(separator: "/").last ?? ""), base)
    }

    private func body(_ server: TestServer, model: String? = nil, environment: String? = nil, code: String? = nil)
        -> String
    {
        let here = server.api.workspace
        return TestBody.deployment(
            environment: environment ?? "\(here)/environments/minimal/versions/1",
            code: code ?? "\(here)/codes/c/versions/1", model: model ?? "\(here)/models/m/versions/1")
    }

    @Test func `a deployment of another place's assets is refused, by REST and in a template`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let files = try await prepare(server)
            let here = server.api.workspace
            let sibling = here.replacing("/\(TestServer.workspaceName)", with: "/sibling")
            let made = try await server.api.put(sibling, #"{"location": "\#(TestServer.location)", "properties": {}}"#)
            #expect(made.status < 300)
            let subscription = here.replacing(
                server.api.settings.subscriptionID, with: "00000000-0000-0000-0000-000000000001")
            let provider = here.replacing("Microsoft.MachineLearningServices", with: "Microsoft.Storage")
            for (field, text, refused) in [
                ("model", "sibling", body(server, model: "\(sibling)/models/m/versions/1")),
                (
                    "model", "00000000-0000-0000-0000-000000000001",
                    body(server, model: "\(subscription)/models/m/versions/1")
                ),
                ("model", "Microsoft.Storage", body(server, model: "\(provider)/models/m/versions/1")),
                ("model", "azureml", body(server, model: "azureml://registries/azureml/models/m/versions/1")),
                ("model", "job 'j'", body(server, model: "azureml://jobs/j/outputs/artifacts/paths/model/")),
                (
                    "model", "example.org/a",
                    body(server, model: "https://example.org/a/\(files.container)/score.py")
                ),
                ("environmentId", "sibling", body(server, environment: "\(sibling)/environments/minimal/versions/1")),
                (
                    "environmentId", "azureml",
                    body(server, environment: "azureml://registries/azureml/environments/minimal/labels/latest")
                ),
                ("codeConfiguration.codeId", "sibling", body(server, code: "\(sibling)/codes/c/versions/1")),
                (
                    "codeConfiguration.codeId", "contoso",
                    body(server, code: "https://contoso.blob.core.windows.net/\(files.container)")
                ),
            ] {
                let response = try await server.api.put(server.deployment("blue", of: "house"), refused)
                #expect((response.status, response.errorCode) == (400, "BadArgument"), "\(text): \(response.text)")
                #expect(response["error.target"] == "$.properties.\(field)", "\(response.text)")
                #expect(response["error.message"]?.contains(text) == true, "\(response.text)")
                let preflight = try await server.deploy("foreign", deployment: "blue", of: "house", refused)
                #expect(preflight.status == 400 && preflight.text.contains(text), "\(preflight.text)")
            }
            #expect(try await server.count("SELECT count(*) FROM online_deployments") == 0)
            // The workspace's own ids, in any case of letters.
            let upper = body(
                server, model: "\(here.uppercased())/models/m/versions/1",
                environment: "azureml:\(here.lowercased())/environments/minimal/labels/latest", code: "azureml:c:1")
            try await server.putAndFinish(server.deployment("blue", of: "house"), upper)
        }
    }

    @Test func `files of another place are not registered`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let files = try await prepare(server)
            let here = server.api.workspace
            let group = here.split(separator: "/").prefix(4).joined(separator: "/")
            for (index, uri) in [
                "azureml://\(group)/workspaces/other/datastores/workspaceblobstore/paths/a",
                "azureml://subscriptions/\(server.api.settings.subscriptionID)/resourcegroups/elsewhere/workspaces/\(TestServer.workspaceName)/datastores/workspaceblobstore/paths/a",
                "https://contoso.blob.core.windows.net/\(files.container)/score.py",
                "https://example.org/a/\(files.container)/score.py", "azureml://jobs/j/outputs/artifacts/paths/model/",
                "azureml://registries/r/models/m/versions/1",
            ].enumerated() {
                for (path, field) in [("models", "modelUri"), ("codes", "codeUri")] {
                    let asset = "\(here)/\(path)/by-\(index)/versions/1"
                    let response = try await server.api.put(asset, #"{"properties": {"\#(field)": "\#(uri)"}}"#)
                    #expect((response.status, response.errorCode) == (400, "BadArgument"), "\(uri): \(response.text)")
                    #expect(response["error.target"] == "$.properties.\(field)")
                    #expect(try await server.api.get(asset).status == 404)
                }
            }
            let own =
                "azureml://\(group.uppercased())/WORKSPACES/\(TestServer.workspaceName)/datastores/workspaceblobstore/paths/a"
            let response = try await server.api.put(
                "\(here)/models/own/versions/1", #"{"properties": {"modelUri": "\#(own)"}}"#)
            #expect(response.status == 201, "\(response.text)")
        }
    }

    @Test func `what was registered before is not served by a namesake's files`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let files = try await prepare(server)
            try await server.database.query(
                """
                UPDATE asset_versions SET content = replace(content::text, \(files.base), \(
                    "https://contoso.blob.core.windows.net/\(files.container)"))::jsonb
                """)
            let response = try await server.api.put(server.deployment("blue", of: "house"), body(server))
            #expect((response.status, response.errorCode) == (400, "BadArgument"))
            #expect(response.text.contains("contoso.blob.core.windows.net"), "\(response.text)")
        }
    }
}
