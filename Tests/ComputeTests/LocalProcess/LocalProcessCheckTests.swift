import Foundation
import Logging
import Resources
import Testing

@testable import Compute

/// What the local process backend takes on and what it refuses; nothing is started.
@Suite struct LocalProcessCheckTests {
    private var backend: LocalProcessBackend {
        var configuration = LocalProcessConfiguration(dataDirectory: URL(filePath: "/nowhere"))
        configuration.controlGroup = nil
        return LocalProcessBackend(
            configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            fetch: { _, _ in .folder })
    }

    @Test(arguments: [
        "mcr.microsoft.com/azureml/minimal-ubuntu22.04-py39-cpu-inference:latest",
        "MCR.Microsoft.com/azureml/openmpi4.1.0-ubuntu20.04", nil,
    ])
    func `Azure ML images, and none, are served here`(image: String?) throws {
        var specification = TestHost.specification()
        specification.environment.image = image
        try backend.check(specification)
    }

    @Test(arguments: [
        "docker.io/tensorflow/serving:latest", "mcr.microsoft.com/dotnet/aspnet", "mymcr.microsoft.com/azureml/x",
    ])
    func `other images need a container backend`(image: String) {
        var specification = TestHost.specification()
        specification.environment.image = image
        let error = #expect(throws: ComputeError.self) { try backend.check(specification) }
        #expect(
            error?.code == .unsupported && error?.message.contains("image \(image) needs a container backend") == true)
    }

    @Test(arguments: [
        ("mcr.microsoft.com/azureml/sklearn-1.0-ubuntu20.04-py38-cpu-inference", true),
        ("mcr.microsoft.com/azureml/curated/acpt-pytorch-2.2-cuda12.1", false),
    ])
    func `an image without a conda file is served where its packages are known`(image: String, isKnown: Bool) throws {
        var specification = TestHost.specification()
        specification.environment.image = image
        try backend.check(specification)
        specification.environment.condaFile = nil
        if isKnown { return try backend.check(specification) }
        let error = #expect(throws: ComputeError.self) { try backend.check(specification) }
        #expect(error?.code == .unsupported && error?.message.contains("give the environment a conda file") == true)
    }

    @Test func `a script finds where its collections are set, its host's name and its packages`() {
        let folder = ReplicaFolder(ReplicaID(), in: LocalProcessConfiguration(dataDirectory: URL(filePath: "/data")))
        func variables(_ given: [String: String], collections: [String: Double]) -> [String: String] {
            var specification = TestHost.specification(variables: given)
            specification.dataCollections = collections
            return ScoringServer(
                specification: specification, environment: URL(filePath: "/env"), modelFolder: nil, folder: folder,
                workerLimit: 4
            ).variables(bin: "/env/bin")
        }
        let none = variables([:], collections: [:])
        #expect(none["AZUREML_MDC_CONFIG_PATH"] == nil && none["PYTHONPATH"] == nil)
        #expect(none["HOSTNAME"] == folder.id.description)
        let some = variables(
            ["PYTHONPATH": "/p", "AZUREML_EXTRA_PYTHON_LIB_PATH": "lib"], collections: ["model_inputs": 1])
        #expect(some["AZUREML_MDC_CONFIG_PATH"] == folder.collectionSettings.path())
        #expect(some["PYTHONPATH"] == folder.code.path() + "/lib:/p")
        // The deployment's own word is stronger.
        let own = variables(["AZUREML_MDC_CONFIG_PATH": "mine.json"], collections: ["model_inputs": 1])
        #expect(own["AZUREML_MDC_CONFIG_PATH"] == "mine.json")
    }

    @Test func `no script, no environment, Triton and paths that lead outside are refused`() {
        var noScript = TestHost.specification()
        noScript.code = nil
        var noEnvironment = TestHost.specification()
        noEnvironment.environment.image = nil
        noEnvironment.environment.condaFile = nil
        var triton = TestHost.specification()
        triton.model = ModelSpecification(
            name: "m", version: "1", kind: .triton, artifact: ArtifactReference(container: "c", path: "p"))
        let outside = ["../score.py", "/etc/passwd", "", "a//b.py"].map { TestHost.specification(script: $0) }
        for specification in [noScript, noEnvironment, triton] + outside {
            let error = #expect(throws: ComputeError.self) { try backend.check(specification) }
            #expect(error?.code == .unsupported)
        }
    }

    @Test func `the worker timeout outlasts requests and starting`() {
        var specification = TestHost.specification(variables: [
            "WORKER_TIMEOUT": "5", "GUNICORN_CMD_ARGS": "--reuse-port",
        ])
        let folder = ReplicaFolder(ReplicaID(), in: LocalProcessConfiguration(dataDirectory: URL(filePath: "/data")))
        func variables() -> [String: String] {
            ScoringServer(
                specification: specification, environment: URL(filePath: "/env"), modelFolder: nil, folder: folder,
                workerLimit: 4
            ).variables(bin: "/env/bin")
        }
        #expect(
            variables()["WORKER_TIMEOUT"] == "330"
                && variables()["GUNICORN_CMD_ARGS"]?.contains("--reuse-port") == false)
        specification.requestTimeoutMs = 900_000
        specification.maxConcurrentRequests = 100
        #expect(variables()["WORKER_TIMEOUT"] == "930" && variables()["SCORING_TIMEOUT_MS"] == "901000")
        #expect(variables()["WORKER_COUNT"] == "4")
        specification.environmentVariables["WORKER_COUNT"] = "2"
        #expect(variables()["WORKER_COUNT"] == "2")
    }

    @Test func `a socket path that is too long is refused`() {
        let long = URL(filePath: "/tmp/" + String(repeating: "x", count: 110))
        let error = #expect(throws: ComputeError.self) { _ = try ListeningSocket.listen(at: long) }
        #expect(error?.message.contains("socket directory") == true)
    }

    @Test func `a log keeps its last lines over a rotation`() async throws {
        try await withTemporaryFolder { folder in
            let log = LogFile(url: folder.appending(path: "log"))
            #expect(log.tail(5).isEmpty)
            try log.url.write("one\ntwo\nthree\n")
            #expect(log.tail(2) == "two\nthree" && log.tail(0).isEmpty)
            log.rotate(limit: 1000)
            #expect(try log.url.text.count == 14)
            log.rotate(limit: 5)
            #expect(try log.url.text.isEmpty)
            try log.url.write("four")
            #expect(log.tail(2) == "three\nfour" && log.tail(9) == "one\ntwo\nthree\nfour")
        }
    }

    @Test(arguments: [
        ("unix:/run/a b/s", "http+unix://%2Frun%2Fa%20b%2Fs/"), ("tcp:127.0.0.1:8", "http://127.0.0.1:8/"),
    ])
    func `an address becomes a URL`(address: String, url: String) {
        #expect(HealthProbe.url(address, path: "/") == url)
    }
}
