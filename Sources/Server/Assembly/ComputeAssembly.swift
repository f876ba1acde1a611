import Artifacts
import Compute
import Foundation
import Logging
import Resources

/// Makes the compute backend that the configuration names.
enum ComputeAssembly {
    static func backend(
        _ configuration: ServerConfiguration, artifacts: ArtifactStore, environment: [String: String], logger: Logger
    ) async throws -> any ComputeBackend {
        switch configuration.backend {
        case .simulated: return SimulatedBackend()
        case .local:
            var settings = LocalProcessConfiguration(dataDirectory: configuration.data.compute)
            settings.hostEnvironment = environment
            settings.pythons = configuration.pythons
            if settings.pythons.isEmpty { settings.pythons = try findPythons(in: environment) }
            settings.downloadsPython = configuration.downloadsPython
            settings.isolation = configuration.isolation
            if settings.accounts != nil { settings.accounts = configuration.accounts }
            let installed = configuration.data.root.appending(path: "tools/bin/uv").path
            settings.uv =
                try configuration.uv
                ?? (FileManager.default.isExecutableFile(atPath: installed)
                    ? installed : find("uv", in: environment, key: "compute.uv"))
            if settings.socketDirectory.path.utf8.count > 50 {
                settings.socketDirectory = URL(
                    filePath: "/tmp/sluice-replicas-\(getuid())", directoryHint: .isDirectory)
                try PrivateDirectory.prepare(settings.socketDirectory)
            }
            let backend = LocalProcessBackend(configuration: settings, logger: logger) { reference, directory in
                let container = try ContainerName(reference.container)
                let kind = try await artifacts.exists(reference.path, in: container)
                _ = try await artifacts.materialise(reference.path, in: container, into: directory)
                return kind == .blob ? .file : .folder
            }
            try await recordIsolation(of: backend, configuration.data, logger)
            return backend
        }
    }

    /// Finds out how replicas are confined, and writes it down for `sluice status`.
    private static func recordIsolation(
        of backend: LocalProcessBackend, _ data: DataDirectory, _ logger: Logger
    ) async throws {
        let finding = try await backend.findIsolation()
        let facts: Logger.Metadata = ["isolation.reason": "\(finding.reason)"]
        switch finding.mode {
        case .namespaces: logger.info("replicas run in namespaces", metadata: facts)
        case .landlock: logger.warning("replicas are confined by Landlock only", metadata: facts)
        case .none?: logger.warning("replicas run unconfined", metadata: facts)
        case nil: logger.error("no replica is started, for none can be confined", metadata: facts)
        }
        try JSONEncoder().encode(finding).write(to: data.isolationRecord, options: .atomic)
    }

    private static func findPythons(in environment: [String: String]) throws -> [String] {
        let first = try find("python3", in: environment, key: "compute.python")
        // That a version is not there is no error.
        let others = (8...14).reversed().compactMap { try? find("python3.\($0)", in: environment, key: "") }
        // Those of the path may lie in a home that accounts of replicas can't enter; the system's own does not.
        return [first] + (others + ["/usr/bin/python3"]).filter { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// A program on the path; the error names the key that would say where it is.
    private static func find(_ program: String, in environment: [String: String], key: String) throws -> String {
        let places = (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
        for place in places where FileManager.default.isExecutableFile(atPath: "\(place)/\(program)") {
            return "\(place)/\(program)"
        }
        throw ConfigurationProblems(problems: ["\(program) was not found on the path; install it or set \(key)"])
    }
}
