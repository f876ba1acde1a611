import Foundation
import Logging
import Resources

extension LocalProcessBackend {
    /// What the replica sees, under an account of its own where it can have one; its folders are handed to that.
    func sandbox(
        for specification: ReplicaSpecification, in folder: ReplicaFolder, _ recipe: EnvironmentRecipe
    ) async throws(ComputeError) -> Sandbox {
        let mode = try await isolation.mode()
        let account = mode == .none ? nil : try await account(for: specification, in: folder)
        var confinement = specification.confinement
        confinement.limits = confinement.limits.within(disk: configuration.freeBytes)
        try folder.write(confinement.limits)
        try folder.hand(to: account)
        let environment = environments.folder(of: recipe)
        let model = specification.model.map { artifacts.folder(of: $0) }
        let readable = ([environment, model] + folder.readable).compactMap { $0?.path(percentEncoded: false) }
        return Sandbox(
            mode: mode, tools: configuration.tools, layout: isolation.layout, account: account?.account,
            confinement: confinement, readable: readable + recipe.interpreter.folders,
            writable: folder.own.map { $0.path(percentEncoded: false) },
            identities: folder.identities.path(percentEncoded: false),
            temporary: folder.inside("/tmp") ? nil : folder.temporary.path(percentEncoded: false),
            record: folder.pidFile.path(percentEncoded: false), group: group(of: specification, folder.id),
            listens: true,
            workingDirectory: folder.code.path(percentEncoded: false))
    }

    /// The way into the replica's control group; nil where it has none.
    private func group(of specification: ReplicaSpecification, _ id: ReplicaID) -> String? {
        guard let controlGroup else { return nil }
        let file = controlGroup.make(name: id.description, specification.confinement.limits)
        if file == nil { logger.warning("replica runs without its limits", metadata: ["replica.id": "\(id)"]) }
        return file?.path(percentEncoded: false)
    }

    /// The account that the replica has, or gets: its deployment's own.
    private func account(
        for specification: ReplicaSpecification, in folder: ReplicaFolder
    ) async throws(ComputeError) -> ReplicaAccount? {
        guard let range = configuration.accounts, configuration.ownsAccounts else { return nil }
        let deployment = "\(specification.endpoint)/\(specification.deployment)".lowercased()
        if let present = folder.account, present.deployment == deployment { return present }
        // Between the look at all folders and the note in ours nobody else may choose.
        let lock = try await FileLock.acquire(configuration.dataDirectory.appending(path: "accounts.lock"))
        let taken = ReplicaFolder.allAccounts(in: configuration)
        let found = range.account(of: deployment, taken: taken)
        let account = found.map { ReplicaAccount(user: $0.user, group: $0.group, deployment: deployment) }
        if let account { try folder.write(account) }
        _ = consume lock
        guard let account else { throw ComputeError(.exhausted, "all accounts of compute.accounts are in use") }
        return account
    }
}
