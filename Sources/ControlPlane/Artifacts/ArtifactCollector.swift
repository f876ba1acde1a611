package import Artifacts
package import Logging
package import Postgres
import Store

/// Removes containers of the artifact store that nothing names any more, so that deleting versions, assets, datastores and
/// workspaces frees the disk. One process at a time runs it (``Leadership``).
///
/// A container is marked when no version, datastore or deployment names it and what was signed for uploads to it is no
/// longer valid; it is removed when it has been marked for a day and still nothing names it. Both steps look again under
/// a lock of its row, which whoever is about to name it holds too.
package struct ArtifactCollector: Sendable {
    /// What one look came to.
    package struct Outcome: Sendable, Equatable {
        package var marked = 0
        package var removed = 0
        /// Bytes of the disk.
        package var freed: Int64 = 0
    }

    private let database: Database
    private let artifacts: ArtifactStore
    private let grace: Duration
    private let logger: Logger
    /// Called between a container's removal from sight and the end of its transaction. For tests that break off there.
    private let afterRetiring: @Sendable (String) async throws -> Void

    private static let interval = Duration.seconds(3_600)
    /// Containers that are looked at in one transaction.
    private static let batch = 100

    /// As long as signatures are valid, so that no upload is under way.
    package static let defaultGrace = ContainerSigner.lifetime

    package init(
        database: Database, artifacts: ArtifactStore, grace: Duration = defaultGrace, logger: Logger,
        afterRetiring: @escaping @Sendable (String) async throws -> Void = { _ in }
    ) {
        (self.database, self.artifacts, self.grace) = (database, artifacts, grace)
        (self.logger, self.afterRetiring) = (logger, afterRetiring)
    }

    /// Collects until the task is cancelled.
    package func run() async {
        while !Task.isCancelled {
            do {
                try await collect()
            } catch {
                if !Task.isCancelled {
                    logger.warning("collecting unused containers failed", metadata: ["error": "\(error)"])
                }
            }
            try? await Task.sleep(for: Self.interval)  // only cancellation throws, and the loop sees it
        }
    }

    /// One look at everything: what is marked already is removed first, so that a mark lasts for a look at least.
    @discardableResult
    package func collect() async throws -> Outcome {
        var outcome = Outcome()
        try await removeMarked(&outcome)
        outcome.marked = try await mark()
        if outcome != Outcome() {
            logger.info(
                "unused containers were collected",
                metadata: [
                    "artifacts.marked": "\(outcome.marked)", "artifacts.removed": "\(outcome.removed)",
                    "artifacts.freed_bytes": "\(outcome.freed)",
                    "artifacts.open_containers": "\(artifacts.openContainerCount)",
                ])
        }
        return outcome
    }

    private func mark() async throws -> Int {
        var marked = 0
        var last = ""
        while !Task.isCancelled {
            let names = try await ArtifactContainerStore(database).listUnnamed(
                after: last, grace: grace, limit: Self.batch)
            guard let end = names.last else { break }
            last = end
            let grace = grace
            marked += try await database.transaction { transaction in
                let store = ArtifactContainerStore(transaction)
                return try await store.mark(try await store.lock(names), grace: grace)
            }
        }
        return marked
    }

    /// One that can't be removed does not hold up the others; the next look tries again.
    private func removeMarked(_ outcome: inout Outcome) async throws {
        var seen: Set<String> = []
        while !Task.isCancelled {
            let names = try await ArtifactContainerStore(database).listMarked(
                grace: grace, limit: seen.count + Self.batch
            ).filter { !seen.contains($0) }
            guard !names.isEmpty else { return }
            for name in names where !Task.isCancelled {
                seen.insert(name)
                do {
                    guard let freed = try await remove(name) else { continue }
                    outcome.removed += 1
                    outcome.freed += freed
                } catch {
                    logger.warning(
                        "an unused container could not be removed",
                        metadata: ["artifacts.container": "\(name)", "error": "\(error)"])
                }
            }
        }
    }

    /// The bytes that the removal frees; nil when the container is used after all.
    private func remove(_ name: String) async throws -> Int64? {
        let removal = try await database.transaction { transaction -> Removal? in
            let store = ArtifactContainerStore(transaction)
            guard try await store.lock([name]) == [name], try await store.isRemovable(name) else { return nil }
            // Out of sight before the row is gone: whoever claims the name afterwards makes a container of its own, and
            // finds no other in its place. Broken off in between, the next look finds nothing there and goes on.
            let retired = try await retire(name)
            try await afterRetiring(name)
            try await store.delete(name)
            return Removal(container: retired)
        }
        guard let removal else { return nil }
        guard let container = removal.container else { return 0 }
        return try await artifacts.clear(container)
    }

    private struct Removal: Sendable {
        /// Nil when there was none of the name.
        var container: RetiredContainer?
    }

    private func retire(_ name: String) async throws -> RetiredContainer? {
        do {
            return try await artifacts.retire(try ContainerName(name))
        } catch let error as ArtifactError where error.code == .containerNotFound {
            return nil  // deleted by the account's key, or by a look that was broken off
        }
    }
}
