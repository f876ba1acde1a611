import Foundation

/// Writes one new content to a file in the `incoming` directory, with its digests and within a limit.
///
/// `append` any number of times, then `finish` or `discard`. Until the result is committed, nobody sees the file.
/// An actor on an executor of its own, because it blocks on the disk.
actor ContentWriter {
    private let executor = DiskExecutor(label: "artifacts.content")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private static let copyChunk = 1 << 20

    private let path: String
    private let limit: Int64
    private var file: DiskFile?
    private var hasher: ContentHasher?
    private var size: Int64 = 0

    init(directory: String, limit: Int64) {
        path = "\(directory)/\(UUID().uuidString.lowercased())"
        self.limit = limit
    }

    /// - Throws: `bodyTooLarge`, `insufficientSpace`.
    func append(_ bytes: [UInt8]) throws(ArtifactError) {
        guard size + Int64(bytes.count) <= limit else {
            throw ArtifactError(.bodyTooLarge, "The body exceeds the limit of \(limit) bytes.")
        }
        let file = try openedFile()
        let hasher = try openedHasher()
        let outcome = bytes.withUnsafeBytes { raw in
            Result { () throws(ArtifactError) in
                try hasher.update(raw)
                try file.write(raw, at: size)
            }
        }
        try outcome.get()
        size += Int64(bytes.count)
    }

    /// Appends a piece of another file.
    ///
    /// - Throws: `invalidBlockList` when the file is gone or shorter by now.
    func append(contentsOf path: String, at offset: Int64, size: Int64) throws(ArtifactError) {
        let gone = ArtifactError(.invalidBlockList, "A block was replaced while the list was committed.")
        guard let source = try DiskFile.openIfPresent(path) else { throw gone }
        var done: Int64 = 0
        while done < size {
            let wanted = min(Int64(Self.copyChunk), size - done)
            let bytes = try source.read(Int(wanted), at: offset + done)
            guard bytes.count == Int(wanted) else { throw gone }
            try append(bytes)
            done += wanted
        }
    }

    /// Ends the content; when this returns, it is on the disk and read-only.
    func finish() throws(ArtifactError) -> StagedContent {
        let file = try openedFile()
        let digests = try openedHasher().finish()
        try file.makeReadOnly()
        try file.synchronize()
        self.file = nil
        hasher = nil
        return StagedContent(
            path: path, size: size, sha256: Hexadecimal.encode(digests.sha256),
            md5: Data(digests.md5).base64EncodedString())
    }

    /// Forgets the content; harmless after a commit, which has moved the file away.
    func discard() {
        file = nil
        // A file that can't be removed now is removed by a later sweep.
        try? Disk.remove(path)
    }

    private func openedFile() throws(ArtifactError) -> DiskFile {
        if let file { return file }
        let created = try DiskFile.create(path)
        file = created
        return created
    }

    private func openedHasher() throws(ArtifactError) -> ContentHasher {
        if let hasher { return hasher }
        let created = try ContentHasher()
        hasher = created
        return created
    }
}

/// Finished content that is not visible yet: a file in the store's `incoming` directory.
struct StagedContent: Sendable {
    var path: String
    var size: Int64
    /// Hexadecimal.
    var sha256: String
    /// Base64.
    var md5: String
}
