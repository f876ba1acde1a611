import Compute
import Foundation
import Postgres
import Resources
import TestSupport
import Testing

/// Deployments of real scoring scripts on the local process backend.
@Suite(.serialized) struct LocalProcessTests {
    private static let script = """
        import json, os, time

        def init():
            time.sleep(float(os.environ.get("INIT_SECONDS", "0")))
            if os.environ.get("BREAK"):
                raise ValueError("no weights here")
            if os.environ.get("HOG"):
                hog = []
                while True:
                    hog.append(bytearray(64 << 20))
            print("the model is loaded")

        def run(data):
            print("asked for", data)
            return {"pid": os.getpid(), "echo": json.loads(data)}
        """

    private func options() async throws -> TestServerOptions {
        var options = TestServerOptions()
        let uv = try await HostTools.uv()
        options.backend = { directory, fetch in
            // Accounts of replicas pass through it.
            try FileManager.default.createDirectory(
                at: HostTools.shared, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
            // Not that of the compute tests: a host ends replicas in its directory that are nobody's. Environments stay from one
            // run to the next.
            var configuration = LocalProcessConfiguration(
                dataDirectory: HostTools.shared.appending(path: "integration"))
            configuration.uv = uv
            configuration.hostEnvironment = ProcessInfo.processInfo.environment
            configuration.controlGroup = nil
            configuration.socketDirectory = directory.appending(path: "s")
            return LocalProcessBackend(configuration: configuration, logger: TestDatabase.silent, fetch: fetch)
        }
        return options
    }

    /// Leaders of the replicas that run.
    private func processes() -> [ProcessIdentity] {
        LocalProcessBackend.runningProcesses(
            in: LocalProcessConfiguration(dataDirectory: HostTools.shared.appending(path: "integration")))
    }

    private func deploy(
        _ server: TestServer, _ name: String, variables: [String: String] = [:],
        instanceType: String = "Standard_DS3_v2"
    ) async throws -> Answer {
        let codeID = "\(server.api.workspace)/codes/scoring/versions/1"
        let pending = try await server.api.post("\(codeID)/startPendingUpload")
        let base = try #require(pending["blobReferenceForConsumption.blobUri"])
        let signed = try #require(pending["blobReferenceForConsumption.credential.sasUri"])
        let query = try #require(signed.split(separator: "?", maxSplits: 1).last)
        let put = try await server.api.bare(
            "PUT", "\(base)/score.py?\(query)", Self.script, headers: [("x-ms-blob-type", "BlockBlob")])
        #expect(put.status == 201)
        _ = try await server.api.put(codeID, #"{"properties": {"codeUri": "\#(base)"}}"#)
        let environment = try await server.makeEnvironment()
        let more = #""requestSettings": {"requestTimeout": "PT30S"}"#
        return try await server.api.put(
            server.deployment(name, of: "house"),
            TestBody.deployment(environment: environment, code: codeID, variables: variables, more: more)
                .replacing("Standard_DS3_v2", with: instanceType))
    }

    private func untilEnded(_ server: TestServer, _ response: Answer) async throws -> Answer {
        try await server.api.finish(response, within: .seconds(180))
    }

    @Test func `a script is deployed, asked, killed and started again`() async throws {
        try await TestServer.run(try await options()) { server in
            try await server.makeEndpoint("house")
            let end = try await untilEnded(server, try await deploy(server, "blue", variables: ["INIT_SECONDS": "1"]))
            #expect(end["status"] == "Succeeded", "\(end.text)")
            try await server.makeEndpoint("house", traffic: ["blue": 100])
            let key = try await server.key(of: "house")
            let response = try await server.score("house", key: key, #"{"x": 1}"#)
            #expect(response.status == 200, "\(response.text)")
            #expect(response["echo.x"] == "1")
            try await eventually("the log holds what was printed") {
                let logs = try await server.api.post("\(server.deployment("blue", of: "house"))/getLogs")
                return logs["content"]?.contains("the model is loaded") == true
                    && logs["content"]?.contains("asked for") == true
            }
            let running = processes()
            #expect(running.count == 1)
            for process in running { process.signal(SIGKILL) }
            try await eventually(within: .seconds(60), "it is started again and asked again") {
                guard try await server.texts("SELECT life::text FROM replicas WHERE phase = 'ready'") == ["2"] else {
                    return false
                }
                return try await server.score("house", key: key).status == 200
            }
            // A failing second deployment leaves the first one serving.
            let failed = try await untilEnded(server, try await deploy(server, "green", variables: ["BREAK": "1"]))
            #expect(failed["status"] == "Failed")
            #expect(failed.errorCode == "UserScriptInitFailed")
            #expect(failed["error.message"]?.contains("ValueError: no weights here") == true, "\(failed.text)")
            #expect(failed["error.message"]?.contains("score.py") == true)
            #expect(try await server.score("house", key: key).status == 200)
            // One that takes more memory than its instance type has is ended alone, and says so.
            let hog = try await untilEnded(
                server,
                try await deploy(server, "hog", variables: ["HOG": "1"], instanceType: "Standard_DS1_v2"))
            #expect(hog["status"] == "Failed")
            #expect(hog["error.message"]?.contains("The replica was ended: it used ") == true, "\(hog.text)")
            #expect(hog["error.message"]?.contains("of memory, its limit is 3.5 GiB.") == true, "\(hog.text)")
            #expect(try await server.score("house", key: key).status == 200)
            #expect(!processes().isEmpty)
            try await server.deleteAndFinish(server.endpoint("house"))
            #expect(processes().isEmpty, "nothing is orphaned")
        }
    }
}
