import Artifacts
import Compute
import Foundation
import Logging
import Resources

/// Makes the compute backend that the configuration names.
enum ComputeAssembly {
    static func backend(
        _ configuration: ServerConfiguration, artifacts: ArtifactStore, environment: [String: String], logger: Logger
    ) throws -> any ComputeBackend {
        switch configuration.backend {
        case .simulated: return SimulatedBackend()
        case .local:
            var settings = LocalProcessConfiguration(dataDirectory: configuration.data.compute)
            settings.hostEnvironment = environment
            settings.pythons = configuration.pythons
            if settings.pythons.isEmpty { settings.pythons = try findPythons(in: environment) }
            settings.downloadsPython = configuration.downloadsPython
            let installed = configuration.data.root.appending(path: "tools/bin/uv").path
            settings.uv =
                try configuration.uv
                ?? (FileManager.default.isExecutableFile(atPath: installed)
                    ? installed : find("uv", in: environment, key: "compute.uv"))
            if settings.socketDirectory.path.utf8.count > 50 {
                settings.socketDirectory = URL(
                    filePath: "/tmp/sluice-replicas-\(getuid())", directoryHint: .isDirectory)
            }
            return LocalProcessBackend(configuration: settings, logger: logger) { reference, directory in
                let container = try ContainerName(reference.container)
                let kind = try await artifacts.exists(reference.path, in: container)
                _ = try await artifacts.materialise(reference.path, in: container, into: directory)
                return kind == .blob ? .file : .folder
            }
        }
    }

    private static func findPythons(in environment: [String: String]) throws -> [String] {
        let first = try find("python3", in: environment, key: "compute.python")
        // That a version is not there is no error.
        return [first] + (8...14).reversed().compactMap { try? find("python3.\($0)", in: environment, key: "") }
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
