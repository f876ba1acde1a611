/// A container's index on disk: an append-only file of JSON lines, the latest line on a name wins.
///
/// Promises:
/// - A line counts once its newline is written. A torn last line is ignored by readers and cut off by the next writer.
/// - Writers hold the file's lock, in this and other processes, and have read all lines before they decide.
/// - Compaction and deletion of the container replace the file; whoever holds the old one notices by its inode, which
///   can't be reused while the old file is open.
///
/// Not thread-safe: owned by one `ContainerIndex`. All calls block.
final class IndexJournal {
    enum Change {
        /// Forget everything: the file is another one.
        case reset
        case entries([IndexEntry])
    }

    let path: String
    private var file: DiskFile?
    private var inode: UInt64 = 0
    /// The end of the last complete line that was read or written.
    private var offset: Int64 = 0
    /// Lines in the file, superseded ones included.
    private(set) var lineCount = 0

    private static let chunk = 4 << 20

    init(path: String) { self.path = path }

    /// Reports what was written since the last call.
    ///
    /// - Throws: `containerNotFound` when there is no journal (any more).
    func refresh(apply: (Change) -> Void) throws(ArtifactError) {
        guard let status = try Disk.status(path) else {
            file = nil
            apply(.reset)
            throw ArtifactError(.containerNotFound, "The container does not exist.")
        }
        if file == nil || status.inode != inode {
            guard let opened = try DiskFile.openIfPresent(path, writing: true) else {
                return try refresh(apply: apply)
            }
            file = opened
            inode = try opened.status().inode
            offset = 0
            lineCount = 0
            apply(.reset)
        }
        try readTail(apply: apply)
    }

    private func readTail(apply: (Change) -> Void) throws(ArtifactError) {
        guard let file else { return }
        let size = try file.status().size
        var pending: [UInt8] = []
        while offset + Int64(pending.count) < size {
            let wanted = min(Int64(Self.chunk), size - offset - Int64(pending.count))
            let bytes = try file.read(Int(wanted), at: offset + Int64(pending.count))
            if bytes.isEmpty { return }
            pending += bytes
            let (entries, consumed) = try IndexEntry.entries(in: pending)
            offset += Int64(consumed)
            lineCount += entries.count
            pending.removeFirst(consumed)
            if !entries.isEmpty { apply(.entries(entries)) }
        }
    }

    /// Runs `body` as the only writer, with everything read that others wrote.
    func locked<Value>(
        apply: (Change) -> Void, _ body: () throws(ArtifactError) -> Value
    ) throws(ArtifactError) -> Value {
        while true {
            try refresh(apply: apply)
            guard let file else { continue }
            try file.lock()
            defer { file.unlock() }
            // While we waited for the lock, the file may have been replaced by a compaction or a deletion.
            guard try Disk.status(path)?.inode == inode else { continue }
            try readTail(apply: apply)
            return try body()
        }
    }

    /// Writes an entry that survives a power cut once this returns. Only inside `locked`.
    func append(_ entry: IndexEntry) throws(ArtifactError) {
        guard let file else { return }
        let line = try entry.line()
        do throws(ArtifactError) {
            if try file.status().size > offset { try file.truncate(to: offset) }
            try Self.write(line, to: file, at: offset)
            try file.synchronize()
        } catch {
            // A line half there is cut off by the next writer at the latest, so a failure here changes nothing.
            try? file.truncate(to: offset)
            throw error
        }
        offset += Int64(line.count)
        lineCount += 1
    }

    /// Replaces the file by one with these entries only. Inside `locked`; the next `refresh` reads the new file.
    func rewrite(_ entries: [IndexEntry], temporary: String) throws(ArtifactError) {
        try Self.writeNew(entries, at: temporary)
        try Disk.move(temporary, to: path)
    }

    static func writeNew(_ entries: [IndexEntry], at path: String) throws(ArtifactError) {
        let file = try DiskFile.create(path)
        var offset: Int64 = 0
        for entry in entries {
            let line = try entry.line()
            try write(line, to: file, at: offset)
            offset += Int64(line.count)
        }
        try file.synchronize()
    }

    private static func write(_ bytes: [UInt8], to file: DiskFile, at offset: Int64) throws(ArtifactError) {
        let outcome = bytes.withUnsafeBytes { raw in
            Result { () throws(ArtifactError) in try file.write(raw, at: offset) }
        }
        try outcome.get()
    }
}
