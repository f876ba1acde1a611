import Foundation
import Logging
import Resources
import Synchronization

@testable import Compute

/// The tools and the data directory that tests with real model servers share, so that an environment is built once.
///
/// `uv` is taken from `SLUICE_UV` or `PATH`; else it is installed into the shared temporary folder from PyPI.
enum TestHost {
    static let uvVersion = "0.13.8"
    static let shared = FileManager.default.temporaryDirectory.appending(path: "sluice-compute-tests")
    private static let installation = SingleFlight()

    static func uv() async throws -> String {
        let environment = ProcessInfo.processInfo.environment
        if let path = environment["SLUICE_UV"] { return path }
        let folders = (environment["PATH"] ?? "").split(separator: ":")
        if let folder = folders.first(where: { FileManager.default.isExecutableFile(atPath: "\($0)/uv") }) {
            return "\(folder)/uv"
        }
        let home = shared.appending(path: "uv-\(uvVersion)")
        let uv = home.appending(path: "bin/uv")
        try await installation.run("uv") { () async throws(ComputeError) in
            if home.appending(path: ".complete").exists { return }
            do { try await install(into: home) } catch { throw ComputeError(.environmentBuildFailed, "\(error)") }
        }
        return uv.path()
    }

    private static func install(into home: URL) async throws {
        try? FileManager.default.removeItem(at: home)
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        let steps = [
            ["/usr/bin/python3", "-m", "venv", home.path()],
            [home.appending(path: "bin/pip").path(), "install", "--quiet", "uv==\(uvVersion)"],
        ]
        for step in steps {
            let launch = ChildLaunch(
                executable: step[0], arguments: Array(step.dropFirst()),
                environment: ProcessInfo.processInfo.environment,
                workingDirectory: shared, logFile: home.appending(path: "install.log"))
            let status = try await ChildProcess.run(launch, until: .now + .seconds(120))
            guard status == 0 else {
                throw ComputeError(.environmentBuildFailed, try home.appending(path: "install.log").text)
            }
        }
        try home.appending(path: ".complete").write("")
    }

    /// Of a backend on the shared data directory, whose name has a space.
    static func configuration() async throws -> LocalProcessConfiguration {
        // Accounts of replicas pass through it.
        try FileManager.default.createDirectory(
            at: shared, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        var configuration = LocalProcessConfiguration(dataDirectory: shared.appending(path: "data directory"))
        configuration.uv = try await uv()
        configuration.hostEnvironment = ProcessInfo.processInfo.environment
        return configuration
    }

    /// A backend on the shared data directory with artifacts out of `store`: `{store}/{container}/{path}`.
    static func backend(
        store: URL, change: (inout LocalProcessConfiguration) -> Void = { _ in }
    ) async throws -> LocalProcessBackend {
        var configuration = try await configuration()
        configuration.controlGroup = nil
        change(&configuration)
        return LocalProcessBackend(
            configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            fetch: directoryFetch(store))
    }

    /// Copies from a folder that stands for the artifact store.
    static func directoryFetch(_ store: URL, calls: FetchCount = FetchCount()) -> ArtifactFetch {
        { reference, destination in
            calls.increment()
            let source = store.appending(components: reference.container, reference.path)
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: source.path(), isDirectory: &isFolder) else {
                throw ComputeError(.artifactMissing, "no such blob")
            }
            guard isFolder.boolValue else {
                let name = destination.appending(path: source.lastPathComponent)
                try FileManager.default.copyItem(at: source, to: name)
                return .file
            }
            for name in try FileManager.default.contentsOfDirectory(atPath: source.path()) {
                try FileManager.default.copyItem(
                    at: source.appending(path: name), to: destination.appending(path: name))
            }
            return .folder
        }
    }

    static func specification(
        script: String = "score.py", code: String = "code", model: ModelSpecification? = nil,
        conda: String = "dependencies: [python>=3.9, pip]", variables: [String: String] = [:], concurrency: Int = 1
    ) -> ReplicaSpecification {
        ReplicaSpecification(
            endpoint: "house", deployment: "blue", generation: 1,
            environment: EnvironmentSpecification(
                label: "env:1", image: "mcr.microsoft.com/azureml/minimal-ubuntu22.04-py39-cpu-inference:latest",
                condaFile: conda),
            code: CodeSpecification(
                artifact: ArtifactReference(container: "store", path: code), scoringScript: script),
            model: model, environmentVariables: variables, instanceType: "Standard_DS3_v2",
            resources: ResourceLimits(cpuMillicores: 0, memoryBytes: 0), livenessProbe: Probe(),
            readinessProbe: Probe(),
            maxConcurrentRequests: concurrency, requestTimeoutMs: 5_000)
    }
}

final class FetchCount: Sendable {
    private let count = Mutex(0)
    var value: Int { count.withLock { $0 } }
    func increment() { count.withLock { $0 += 1 } }
}
