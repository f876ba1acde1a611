import Client
import Compute
import Foundation
import NIOHTTP1
import Resources

/// Deployments with real replicas, from the PUT to the first response of their scoring script.
enum DeploymentCreation {
    private static let count = 30
    private static let script = """
        def init():
            pass


        def run(raw_data):
            return {"answer": 42}

        """

    static func measure(on workbench: Workbench) async throws -> [Figure] {
        let directory = try workbench.makeDirectory("compute")
        let factory: BenchServer.BackendFactory = { try backend(directory, fetch: $0) }
        return try await BenchServer.run(on: workbench, schema: "deployments", backend: factory) { server in
            let runs = Runs(server: server)
            try await runs.register()
            try await runs.makeEndpoint()
            Progress.say("  building the environment")
            _ = try await runs.deploy("warm-up", within: .seconds(300))
            var samples = Samples()
            for index in 0..<count {
                let time = try await runs.deploy("run-\(index)", within: .seconds(60))
                samples.add(time)
            }
            return [
                Figure(
                    "deployment create to first 200 of its scoring URI, environment cached", samples, p99Below: 300)
            ]
        }
    }

    private static func backend(_ directory: URL, fetch: @escaping ArtifactFetch) throws -> any ComputeBackend {
        var settings = LocalProcessConfiguration(dataDirectory: directory)
        settings.hostEnvironment = ProcessInfo.processInfo.environment
        settings.pythons = ["/usr/bin/python3"]
        settings.uv = try Programs.uv()
        return LocalProcessBackend(configuration: settings, logger: Workbench.silent, fetch: fetch)
    }

    /// The calls of one client.
    private struct Runs {
        let server: BenchServer

        private var workspace: String { server.client.settings.workspacePath }
        private var endpoint: String { server.endpointPath("bench") }

        func register() async throws {
            let client = server.client
            let environment = """
                {"properties": {"image": "mcr.microsoft.com/azureml/minimal-py311-inference:latest",
                 "condaFile": "dependencies: [python>=3.9, pip]"}}
                """
            try SluiceClient.check(
                try await client.put("\(workspace)/environments/bench/versions/1", json: environment))
            try await CodeUpload.register("bench", version: "1", script: script, client)
        }

        func makeEndpoint() async throws {
            try await server.client.finish(
                try await server.client.put(
                    endpoint, json: #"{"location":"\#(BenchServer.location)","properties":{"authMode":"Key"}}"#))
        }

        /// Time from the PUT until its script answers; the deployment is removed after that.
        func deploy(_ name: String, within limit: Duration) async throws -> Duration {
            let client = server.client
            let uri = try await client.get(endpoint).json?["properties"]?["scoringUri"]?.text ?? ""
            let key = try await client.post("\(endpoint)/listKeys").json?["primaryKey"]?.text ?? ""
            let headers = [
                ("Authorization", "Bearer \(key)"), ("Content-Type", "application/json"),
                ("azureml-model-deployment", name),
            ]
            let body = """
                {"location": "\(BenchServer.location)", "sku": {"name": "Default", "capacity": 1}, "properties": {
                  "endpointComputeType": "Managed", "environmentId": "\(workspace)/environments/bench/versions/1",
                  "codeConfiguration": {"codeId": "\(workspace)/codes/bench/versions/1", "scoringScript": "score.py"},
                  "instanceType": "Standard_DS3_v2"}}
                """
            let path = "\(endpoint)/deployments/\(name)"
            let start = ContinuousClock.now
            let response = try await client.put(path, json: body)
            try SluiceClient.check(response)
            try await wait(for: "an answer of the scoring script", within: limit) {
                try await client.exchange(.POST, uri, body: Data("{}".utf8), headers: headers).status == 200
            }
            let time = ContinuousClock.now - start
            try await client.finish(response)
            try await client.finish(try await client.delete(path))
            return time
        }
    }
}
