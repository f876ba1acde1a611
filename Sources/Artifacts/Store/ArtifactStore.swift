package import Foundation
import Platform
import Synchronization

/// The artifact store: containers of blobs on a directory.
///
/// ```
/// let store = try await ArtifactStore.open(at: directory, limits: .init())
/// try await store.createContainer(name)
/// let record = try await store.put(blob, in: name, body: chunks, length: 42)
/// ```
/// Promises: a write is visible at once as a whole or not at all, and on the disk once the call returns; conditions are
/// evaluated in the same step as the write; content is hashed while it is written and held in memory only by the chunk.
/// Several processes may share the directory.
///
/// ```
/// <root>/containers/<container>/   see ContainerIndex
/// <root>/incoming/                 uploads under way
/// <root>/trash/                    deleted containers on their way out
/// ```
package final class ArtifactStore: Sendable {
    package struct Limits: Sendable {
        /// Of a blob put in one piece, in bytes.
        package var blobSize: Int64 = 5 << 30
        /// Of one block, in bytes.
        package var blockSize: Int64 = 4000 << 20
        package var uncommittedBlocks = 50_000
        package var committedBlocks = 50_000
        /// How long blocks that were never committed are kept after the last of them.
        package var blockLifetime: Duration = .seconds(7 * 86_400)
        /// How long a broken-off upload's file is kept after its last byte.
        package var uploadLifetime: Duration = .seconds(86_400)
        /// Free space that uploads leave on the file system, in bytes.
        package var reservedSpace: Int64 = 64 << 20
        /// Containers whose indexes are kept in memory and whose journals are kept open after their use.
        package var openContainers = 64

        package init() {}
    }

    let root: String
    package let limits: Limits
    let now: @Sendable () -> Date
    private let indexes: Mutex<IndexCache>

    var incoming: String { "\(root)/incoming" }
    var trash: String { "\(root)/trash" }
    var containers: String { "\(root)/containers" }

    private init(root: String, limits: Limits, now: @escaping @Sendable () -> Date) {
        (self.root, self.limits, self.now) = (root, limits, now)
        indexes = Mutex(IndexCache(capacity: limits.openContainers))
    }

    /// Containers whose journals are open now: those in use, and those used last.
    package var openContainerCount: Int { indexes.withLock { $0.openCount } }

    /// Opens the store on a directory, which is made if it does not exist.
    ///
    /// - Throws: `inputOutputFailed`, `insufficientSpace`.
    package static func open(
        at directory: URL, limits: Limits = Limits(), now: @escaping @Sendable () -> Date
    ) async throws -> ArtifactStore {
        let store = ArtifactStore(root: directory.path, limits: limits, now: now)
        try await DiskWork.run {
            for path in [store.containers, store.incoming, store.trash] { try Disk.makeDirectory(path) }
        }
        return store
    }

    // MARK: Containers

    /// - Throws: `containerAlreadyExists`.
    @discardableResult
    package func createContainer(
        _ name: ContainerName, metadata: [String: String] = [:]
    ) async throws -> ContainerRecord {
        let stamp = WriteStamp(now: now())
        let record = ContainerRecord(
            name: name.value, etag: stamp.etag, lastModified: stamp.at, metadata: metadata)
        let (draft, target, parent) = ("\(incoming)/\(UUID().uuidString.lowercased())", path(of: name), containers)
        try await DiskWork.run {
            for folder in ["content", "blocks"] { try Disk.makeDirectory("\(draft)/\(folder)") }
            try IndexJournal.writeNew([IndexEntry(container: record)], at: "\(draft)/index.journal")
            // A directory with content is never replaced by a rename, so exactly one of two creators wins.
            guard rename(draft, target) == 0 else {
                let exists = errno == EEXIST || errno == ENOTEMPTY
                let failure = Disk.failure("rename", target)
                try Disk.removeTree(draft)
                throw exists
                    ? ArtifactError(.containerAlreadyExists, "The container '\(name)' already exists.") : failure
            }
            try Disk.synchronizeDirectory(parent)
        }
        return record
    }

    /// Creates the container unless it exists.
    package func ensureContainer(_ name: ContainerName) async throws {
        do {
            try await createContainer(name)
        } catch let error as ArtifactError where error.code == .containerAlreadyExists {
            return
        }
    }

    /// - Throws: `containerNotFound`.
    package func deleteContainer(_ name: ContainerName) async throws {
        try await clear(try await retire(name))
    }

    /// Takes a container out of sight, in one step that takes as long for a large one as for an empty one. `clear`
    /// frees its space; where that does not come to be called, the next sweep does.
    ///
    /// - Throws: `containerNotFound`.
    package func retire(_ name: ContainerName) async throws -> RetiredContainer {
        let target = "\(trash)/\(UUID().uuidString.lowercased())"
        try await index(of: name, isKept: false).moveAway(to: target)
        indexes.withLock { $0.remove(name) }
        return RetiredContainer(path: target)
    }

    /// Removes the files of a retired container; returns how many bytes of the disk that frees. Files that have another
    /// name elsewhere, as hard links of replicas, are not counted.
    @discardableResult
    package func clear(_ container: RetiredContainer) async throws -> Int64 {
        try await DiskWork.run {
            let freed = try Disk.ownedBytes(in: container.path)
            try Disk.removeTree(container.path)
            return freed
        }
    }

    /// - Throws: `containerNotFound`.
    package func container(_ name: ContainerName) async throws -> ContainerRecord {
        try await container(name, isKept: true)
    }

    private func container(_ name: ContainerName, isKept: Bool) async throws -> ContainerRecord {
        try await index(of: name, isKept: isKept).containerRecord()
    }

    /// - Throws: `containerNotFound`.
    @discardableResult
    package func setMetadata(
        _ metadata: [String: String], of name: ContainerName
    ) async throws -> ContainerRecord {
        try await index(of: name).setMetadata(metadata, now: now())
    }

    /// In the order of their names, those after `marker`.
    ///
    /// - Returns: at most `limit` containers, and the marker of the next page if there is one.
    package func listContainers(
        prefix: String = "", after marker: String = "", limit: Int = 5000
    ) async throws -> (containers: [ContainerRecord], next: String?) {
        let names = try await containerNames().filter { $0.value.hasPrefix(prefix) && $0.value > marker }
        var records: [ContainerRecord] = []
        for name in names.prefix(limit) {
            do {
                // A page of thousands must not push out those that are worked with.
                records.append(try await container(name, isKept: false))
            } catch let error as ArtifactError where error.code == .containerNotFound {
                continue  // deleted since the directory was read
            }
        }
        return (records, names.count > limit ? names[limit - 1].value : nil)
    }

    func containerNames() async throws -> [ContainerName] {
        let directory = containers
        let names = try await DiskWork.run { try Disk.names(in: directory) }
        // What is not a container name was not put there by the store.
        return names.compactMap { try? ContainerName($0) }.sorted()
    }

    private func path(of name: ContainerName) -> String { "\(containers)/\(name)" }

    /// The one index of a container in this process; it is open for as long as it is held, and some time longer if it
    /// is kept. Made only for a container that exists, so that requests for others leave nothing behind.
    func index(of name: ContainerName, isKept: Bool = true) async throws -> ContainerIndex {
        if let index = indexes.withLock({ $0.find(name, isKept: isKept) }) { return index }
        let path = path(of: name)
        guard try await DiskWork.run({ try Disk.status(path) != nil }) else {
            throw ArtifactError.containerNotFound(name)
        }
        let index = ContainerIndex(name: name, directory: path)
        return indexes.withLock { $0.add(index, name, isKept: isKept) }
    }
}

/// A container that is out of sight and whose files are still there.
package struct RetiredContainer: Sendable {
    let path: String
}
