import Foundation
import Glibc
import Logging
import Resources
import Synchronization

/// Builds Python environments, one per recipe, and keeps them for the next replica.
///
/// An environment is built where it stays (virtual environments can't be moved) and counts from the moment its marker
/// exists; one without a marker is the rest of a crash and is built anew. Concurrent equal builds are one build,
/// inside this process and among processes that share the data directory.
final class EnvironmentBuilder: Sendable {
    private let configuration: LocalProcessConfiguration
    private let installer: Installer
    private let logger: Logger
    private let builds = SingleFlight()
    private let interpreters: Interpreters
    private let installerVersion = Mutex<String?>(nil)

    static let marker = ".complete"

    /// Without `isolation`, one that looks for itself.
    init(configuration: LocalProcessConfiguration, isolation: IsolationProbe? = nil, logger: Logger) {
        (self.configuration, self.logger) = (configuration, logger)
        installer = Installer(configuration: configuration, isolation: isolation)
        interpreters = Interpreters(configuration: configuration, installer: installer)
    }

    /// What the environment consists of on this host. Refuses a file whose Python this host does not have.
    func recipe(
        for environment: EnvironmentSpecification, adding extra: CondaFile? = nil, needsMLflow: Bool = false
    ) async throws(ComputeError) -> EnvironmentRecipe {
        // An environment without a conda file has what its image has.
        var file = try CondaFile(
            environment.condaFile ?? environment.image.flatMap { PrebuiltImage($0)?.condaFile } ?? "dependencies: []")
        if let extra { file.add(extra) }
        let version = try await versionOfInstaller()
        let interpreter = try await findInterpreter(file.python, for: environment)
        return EnvironmentRecipe(
            file: file, serverVersion: configuration.inferenceServerVersion,
            needsMLflow: needsMLflow, interpreter: interpreter, installerVersion: version)
    }

    private func findInterpreter(
        _ constraint: VersionConstraint, for environment: EnvironmentSpecification
    ) async throws(ComputeError) -> Interpreter {
        let label = "environment \(environment.label)"
        guard environment.condaFile == nil, let image = environment.image else {
            return try await interpreters.find(constraint, for: label)
        }
        do throws(ComputeError) {
            return try await interpreters.find(constraint, for: "\(label), by its image \(image),")
        } catch {
            guard error.code == .environmentBuildFailed else { throw error }
            var error = error
            error.message += "; or give the environment a conda file that lists the packages for a Python that is here"
            throw error
        }
    }

    func folder(of recipe: EnvironmentRecipe) -> URL {
        configuration.environments.appending(path: recipe.key)
    }

    /// Makes sure that the environment is there. Returns whether it had to be built.
    func build(_ recipe: EnvironmentRecipe) async throws(ComputeError) -> Bool {
        if isComplete(recipe) {
            cache.touch(recipe.key)
            return false
        }
        try await builds.run(recipe.key) { () async throws(ComputeError) in
            try configuration.openFolders()
            let lock = try await FileLock.acquire(configuration.environments.appending(path: "\(recipe.key).lock"))
            // Another process, or the leader before us, may have built it while we waited.
            if !isComplete(recipe) { try await install(recipe, lock: lock.descriptor) }
            _ = consume lock
        }
        return true
    }

    /// What the owner of a built environment should know of it.
    func notes(of recipe: EnvironmentRecipe) -> [String] {
        let marker = folder(of: recipe).appending(path: EnvironmentBuilder.marker)
        // Absent as long as it is not built.
        let text = (try? String(contentsOf: marker, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init)
    }

    /// Removes environments beyond the limit; `inUse` are keys of recipes that replicas run in.
    func trim(keeping inUse: Set<String>) {
        cache.trim(keeping: inUse)
    }

    private var cache: CacheFolder {
        CacheFolder(folder: configuration.environments, limit: configuration.environmentCacheLimit)
    }

    private func isComplete(_ recipe: EnvironmentRecipe) -> Bool {
        let marker = folder(of: recipe).appending(path: EnvironmentBuilder.marker)
        return FileManager.default.fileExists(atPath: marker.path(percentEncoded: false))
    }

    private func install(_ recipe: EnvironmentRecipe, lock: Int32) async throws(ComputeError) {
        let folder = folder(of: recipe)
        let log = configuration.environments.appending(path: "\(recipe.key).log")
        // The rest of a crash, if there is one.
        await RemovalOfForeignFiles.remove([folder])
        try? FileManager.default.removeItem(at: log)
        let start = ContinuousClock.now
        let notes: [String]
        do {
            notes = try await installer.install(recipe, into: folder, log: log, lock: lock)
        } catch {
            // A half-built environment only takes room; the next build would remove it as well.
            await RemovalOfForeignFiles.remove([folder])
            throw error
        }
        let text = (recipe.notes + notes).joined(separator: "\n")
        try writeFile(Data(text.utf8), folder.appending(path: EnvironmentBuilder.marker))
        await RemovalOfForeignFiles.remove([configuration.formerPackageCache])
        logger.info(
            "environment built",
            metadata: ["environment.key": "\(recipe.key)", "duration": "\(start.duration(to: .now))"])
    }

    private func versionOfInstaller() async throws(ComputeError) -> String {
        if let known = installerVersion.withLock({ $0 }) { return known }
        let found = try await installer.version()
        installerVersion.withLock { $0 = found }
        return found
    }
}
