import Foundation
import Platform
import Resources

extension LocalProcessBackend {
    private func recipe(for specification: ReplicaSpecification) async throws(ComputeError) -> EnvironmentRecipe {
        try await environments.recipe(
            for: specification.environment, adding: try await extraPackages(specification),
            needsMLflow: specification.isServedByMLflow)
    }

    private func extraPackages(_ specification: ReplicaSpecification) async throws(ComputeError) -> CondaFile? {
        let extra = ExtraPackages(specification.environmentVariables)
        guard extra.areInFiles, let code = specification.code else { return nil }
        _ = try await artifacts.obtain(code)
        return try extra.read(in: artifacts.folder(of: code), script: code.scoringScript)
    }

    func prepareEnvironment(
        _ specification: ReplicaSpecification, _ log: inout StorageLog
    ) async throws(ComputeError) -> EnvironmentRecipe {
        let start = ContinuousClock.now
        let recipe = try await recipe(for: specification)
        let isNew = try await environments.build(recipe)
        let label = "environment \(specification.environment.label)"
        let milliseconds = Int64(start.duration(to: .now) / .milliseconds(1))
        log.add(isNew ? "built \(label) in \(milliseconds) ms" : "found \(label) on this host", isNew: isNew)
        for note in environments.notes(of: recipe) { log.add("\(label): \(note)", isNew: isNew) }
        return recipe
    }

    /// Returns the keys of the artifacts.
    func prepareArtifacts(
        _ specification: ReplicaSpecification, _ log: inout StorageLog
    ) async throws(ComputeError) -> [String] {
        var keys: [String] = []
        if let code = specification.code {
            let (entry, isNew) = try await artifacts.obtain(code)
            log.add("code", entry, isNew: isNew)
            keys.append(artifacts.key(of: code))
            try requireScript(code)
        }
        if let model = specification.model {
            let (entry, isNew) = try await artifacts.obtain(model)
            log.add("model \(model.name):\(model.version)", entry, isNew: isNew)
            keys.append(artifacts.key(of: model))
        }
        return keys
    }

    /// Makes sure all is there that `prepare` made, for it may have been removed since, and writes the replica's copy
    /// of the storage initializer's log.
    func materialise(
        _ specification: ReplicaSpecification, in folder: ReplicaFolder
    ) async throws(ComputeError) -> EnvironmentRecipe {
        // Written first, so that nothing of it is removed from the caches from now on.
        let recipe = try await recipe(for: specification)
        let code = specification.code.map { artifacts.key(of: $0) }
        let model = specification.model.map { artifacts.key(of: $0) }
        try folder.reserve(ReplicaFolder.Uses(environment: recipe.key, artifacts: [code, model].compactMap { $0 }))
        var log = StorageLog()
        _ = try await prepareEnvironment(specification, &log)
        _ = try await prepareArtifacts(specification, &log)
        let preparation = StorageLog.file(of: specification, in: configuration)
        try writeFile(Data(log.appended(to: preparation).utf8), folder.storageLog)
        return recipe
    }

    /// Removes what no replica uses and what is beyond the limits of the caches.
    func trimCaches(keeping justPrepared: ReplicaFolder.Uses) async {
        await DiskWork.run { [configuration, environments, artifacts] in
            let uses = ReplicaFolder.allUses(in: configuration) + [justPrepared]
            environments.trim(keeping: Set(uses.map(\.environment)))
            artifacts.trim(keeping: Set(uses.flatMap(\.artifacts)))
            CacheFolder(folder: configuration.preparations, limit: configuration.artifactCacheLimit).trim(keeping: [])
        }
    }

    private func requireScript(_ code: CodeSpecification) throws(ComputeError) {
        let script = artifacts.folder(of: code).appending(path: code.scoringScript)
        guard FileManager.default.fileExists(atPath: script.path(percentEncoded: false)) else {
            throw ComputeError(
                .artifactMissing, "the scoring script \"\(code.scoringScript)\" is not in the code folder")
        }
    }
}
