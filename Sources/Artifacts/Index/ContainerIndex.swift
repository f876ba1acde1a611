import Foundation

/// One container: its index in memory, kept in step with the journal on disk, and the directories of its content.
///
/// ```
/// <container>/index.journal      what exists (IndexJournal)
/// <container>/content/<uuid>     finished contents, read-only, never changed
/// <container>/blocks/<sha256 of the blob's name>/<hexadecimal block ID>
/// ```
/// A content file is put in place before the journal names it and removed after the journal forgot it, both under the
/// journal's lock. So a kill at any point leaves at worst a content file that nobody names, which `sweep` removes.
///
/// An actor on an executor of its own, because it blocks on the disk.
actor ContainerIndex {
    private let executor: DiskExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    let name: ContainerName
    private let directory: String
    private let journal: IndexJournal
    private var table = BlobTable()
    private var container: ContainerRecord?
    /// Uncommitted blocks and the length of their file names, remembered so as not to read a directory per block.
    var blockCounts: [BlobName: Int] = [:]
    var blockNameLengths: [BlobName: Int] = [:]

    init(name: ContainerName, directory: String) {
        (self.name, self.directory) = (name, directory)
        executor = DiskExecutor(label: "artifacts.\(name)")
        journal = IndexJournal(path: "\(directory)/index.journal")
    }

    private func apply(_ change: IndexJournal.Change) {
        switch change {
        case .reset:
            table.removeAll()
            blockCounts.removeAll()
            blockNameLengths.removeAll()
            container = nil
        case .entries(let entries):
            table.apply(entries)
            container = entries.last { $0.container != nil }?.container ?? container
        }
    }

    private func refresh() throws(ArtifactError) {
        do throws(ArtifactError) { try journal.refresh(apply: apply) } catch { throw named(error) }
    }

    func locked<Value>(_ body: () throws(ArtifactError) -> Value) throws(ArtifactError) -> Value {
        do throws(ArtifactError) { return try journal.locked(apply: apply, body) } catch { throw named(error) }
    }

    /// The journal does not know the container's name.
    private func named(_ error: ArtifactError) -> ArtifactError {
        error.code == .containerNotFound ? .containerNotFound(name) : error
    }

    private func append(_ entry: IndexEntry) throws(ArtifactError) {
        try journal.append(entry)
        apply(.entries([entry]))
    }

    func contentPath(_ file: String) -> String { "\(directory)/content/\(file)" }
    func blocksPath(_ blob: BlobName) throws(ArtifactError) -> String {
        "\(directory)/blocks/" + Hexadecimal.encode(try ContentHasher.digests(of: blob.value.utf8).sha256)
    }
    var allBlocksPath: String { "\(directory)/blocks" }

    // MARK: Reading

    func containerRecord() throws(ArtifactError) -> ContainerRecord {
        try refresh()
        guard let container else { throw .containerNotFound(name) }
        return container
    }

    func find(_ blob: BlobName) throws(ArtifactError) -> BlobRecord? {
        try refresh()
        return table[blob]
    }

    func record(of blob: BlobName, conditions: BlobConditions = .none) throws(ArtifactError) -> BlobRecord {
        guard let record = try find(blob) else { throw .blobNotFound(blob) }
        try conditions.checkRead(of: record)
        return record
    }

    /// A blob and its opened content, which stays readable whatever happens to the blob meanwhile.
    func open(
        _ blob: BlobName, conditions: BlobConditions = .none
    ) throws(ArtifactError) -> (record: BlobRecord, file: DiskFile) {
        while true {
            let record = try record(of: blob, conditions: conditions)
            if let file = try DiskFile.openIfPresent(contentPath(record.contentFile)) { return (record, file) }
            // Another process may have replaced the blob in between; if not, its content is lost.
            guard try find(blob)?.contentFile != record.contentFile else {
                throw ArtifactError(.contentDamaged, "The blob's content is missing.", context: record.contentFile)
            }
        }
    }

    func list(_ query: BlobListing.Query) throws(ArtifactError) -> BlobListing {
        try refresh()
        return table.list(query)
    }

    func records(withPrefix prefix: String) throws(ArtifactError) -> [BlobRecord] {
        try refresh()
        return table.records(withPrefix: prefix)
    }

    func containsAny(withPrefix prefix: String) throws(ArtifactError) -> Bool {
        try refresh()
        return table.containsAny(withPrefix: prefix)
    }

    // MARK: Writing

    func checkWrite(_ blob: BlobName, conditions: BlobConditions) throws(ArtifactError) {
        try conditions.checkWrite(over: try find(blob))
    }

    /// Makes staged content visible under a name, in place of what was there.
    func commit(_ draft: BlobDraft, content: StagedContent, now: Date) throws(ArtifactError) -> BlobRecord {
        try locked { () throws(ArtifactError) in
            let previous = table[draft.name]
            try draft.conditions.checkWrite(over: previous)
            let stamp = WriteStamp(now: now)
            let record = draft.record(content: content, stamp: stamp, createdAt: previous?.createdAt ?? stamp.at)
            try Disk.move(content.path, to: contentPath(record.contentFile))
            do throws(ArtifactError) {
                try Disk.synchronizeDirectory("\(directory)/content")
                try append(IndexEntry(put: record))
            } catch {
                // Nobody names the file; should this fail as well, `sweep` removes it.
                try? Disk.remove(contentPath(record.contentFile))
                throw error
            }
            forget(previous)
            discardBlocks(of: draft.name)
            return record
        }
    }

    /// Changes metadata or properties.
    func update(
        _ blob: BlobName, conditions: BlobConditions, now: Date, _ change: @Sendable (inout BlobRecord) -> Void
    ) throws(ArtifactError) -> BlobRecord {
        try locked { () throws(ArtifactError) in
            guard var record = table[blob] else { throw .blobNotFound(blob) }
            try conditions.checkWrite(over: record)
            let stamp = WriteStamp(now: now)
            change(&record)
            record.etag = stamp.etag
            record.lastModified = stamp.at
            try append(IndexEntry(put: record))
            return record
        }
    }

    func remove(_ blob: BlobName, conditions: BlobConditions) throws(ArtifactError) {
        try locked { () throws(ArtifactError) in
            guard let record = table[blob] else { throw .blobNotFound(blob) }
            try conditions.checkWrite(over: record)
            try append(IndexEntry(delete: blob))
            forget(record)
            discardBlocks(of: blob)
        }
    }

    func setMetadata(_ metadata: [String: String], now: Date) throws(ArtifactError) -> ContainerRecord {
        try locked { () throws(ArtifactError) in
            let stamp = WriteStamp(now: now)
            let record = ContainerRecord(
                name: name.value, etag: stamp.etag, lastModified: stamp.at, metadata: metadata)
            try append(IndexEntry(container: record))
            return record
        }
    }

    /// Takes the whole container out of sight in one step.
    func moveAway(to path: String) throws(ArtifactError) {
        try locked { () throws(ArtifactError) in try Disk.move(directory, to: path) }
        apply(.reset)
    }

    private func forget(_ record: BlobRecord?) {
        // The journal no longer names the file, so leaving it behind costs space only until the next sweep.
        if let record { try? Disk.remove(contentPath(record.contentFile)) }
    }

    // MARK: Upkeep

    /// Removes contents that no blob names. Contents are placed under the same lock, so none of them is in use.
    func removeOrphans() throws(ArtifactError) -> Int {
        try locked { () throws(ArtifactError) in
            let named = Set(table.all.map(\.contentFile))
            let orphans = try Disk.names(in: "\(directory)/content").filter { !named.contains($0) }
            for orphan in orphans { try Disk.remove(contentPath(orphan)) }
            return orphans.count
        }
    }

    /// Rewrites the journal without superseded lines when they are the greater part.
    func compact(temporary: String) throws(ArtifactError) {
        try refresh()
        guard journal.lineCount > 2 * table.count + 1000 else { return }
        try locked { () throws(ArtifactError) in
            let entries = [IndexEntry(container: container)] + table.all.map { IndexEntry(put: $0) }
            try journal.rewrite(entries, temporary: temporary)
        }
        try Disk.synchronizeDirectory(directory)
    }
}
