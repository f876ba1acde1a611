package import Foundation

/// What a path in a container names.
package enum ArtifactKind: Sendable, Equatable {
    case blob
    /// Blobs exist below the path.
    case folder
}

/// What `materialise` wrote.
package struct MaterialisedArtifact: Sendable, Equatable {
    package var files: Int
    /// In bytes.
    package var size: Int64
}

/// Artifacts as the control plane and the compute backends see them: a blob, or all blobs under a path.
extension ArtifactStore {
    /// `nil` when the container or the path does not exist. An empty path is the whole container.
    package func exists(_ path: String, in container: ContainerName) async throws -> ArtifactKind? {
        do {
            let index = try await index(of: container)
            if try await blob(at: path, index) != nil { return .blob }
            return try await index.containsAny(withPrefix: Self.folderPrefix(path)) ? .folder : nil
        } catch let error as ArtifactError where error.code == .containerNotFound {
            return nil
        }
    }

    /// SHA-256 in hexadecimal: of a blob's content, or of a folder's list of relative names and content digests.
    ///
    /// - Throws: `containerNotFound`, `artifactMissing`.
    package func digest(of path: String, in container: ContainerName) async throws -> String {
        let (records, prefix) = try await artifact(at: path, in: container)
        if prefix == nil, let record = records.first { return record.sha256 }
        // NUL can't occur in a name, so no two folders give the same list.
        let list = records.map { record in
            String(decoding: record.name.value.utf8.dropFirst(prefix?.utf8.count ?? 0), as: UTF8.self)
                + "\0\(record.sha256)\0"
        }
        return Hexadecimal.encode(try ContentHasher.digests(of: list.joined().utf8).sha256)
    }

    /// Writes the files of an artifact: for a blob `directory/<last component>`, for a folder all blobs under it with
    /// their paths relative to it.
    ///
    /// Files are read-only and, on the store's own file system, hard links to its contents: don't make them writable
    /// in place. Existing files of the same names are replaced. Nobody else may write to the directory meanwhile.
    /// - Throws: `containerNotFound`, `artifactMissing`, `unsafePath` (before anything is written),
    ///   `insufficientSpace`, `inputOutputFailed`.
    package func materialise(
        _ path: String, in container: ContainerName, into directory: URL
    ) async throws -> MaterialisedArtifact {
        let (records, prefix) = try await artifact(at: path, in: container)
        let index = try await index(of: container)
        let files = try records.filter { !$0.isFolderMarker }.map { record in
            let relative =
                prefix.map { String(decoding: record.name.value.utf8.dropFirst($0.utf8.count), as: UTF8.self) }
                ?? record.name.lastComponent
            return (record.name, try Self.checkedPath(relative))
        }
        var outcome = MaterialisedArtifact(files: 0, size: 0)
        for (name, relative) in files {
            outcome.size += try await index.materialise(name, at: "\(directory.path)/\(relative)")
            outcome.files += 1
        }
        return outcome
    }

    /// The blobs of an artifact in order, and the prefix they have in common; `nil` for a single blob.
    private func artifact(
        at path: String, in container: ContainerName
    ) async throws -> (records: [BlobRecord], prefix: String?) {
        let index = try await index(of: container)
        if let record = try await blob(at: path, index) { return ([record], nil) }
        let prefix = Self.folderPrefix(path)
        let records = try await index.records(withPrefix: prefix)
        guard !records.isEmpty else {
            throw ArtifactError(.artifactMissing, "Nothing is stored at '\(path)' in the container '\(container)'.")
        }
        return (records, prefix)
    }

    private func blob(at path: String, _ index: ContainerIndex) async throws -> BlobRecord? {
        // What can't be a blob's name, such as an empty path, may still be a folder's.
        guard path.utf8.last != UInt8(ascii: "/"), let name = try? BlobName(path) else { return nil }
        return try await index.find(name).flatMap { $0.isFolderMarker ? nil : $0 }
    }

    private static func folderPrefix(_ path: String) -> String {
        path.isEmpty || path.utf8.last == UInt8(ascii: "/") ? path : path + "/"
    }

    /// - Throws: `unsafePath` for a relative path that could leave its directory or can't be a file's.
    private static func checkedPath(_ path: String) throws(ArtifactError) -> String {
        let segments = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for segment in segments {
            let isDots = segment.elementsEqual(".".utf8) || segment.elementsEqual("..".utf8)
            guard !segment.isEmpty, !isDots, segment.count <= 255 else {
                throw ArtifactError(.unsafePath, "The blob name '\(path)' can't be a file's path.")
            }
        }
        return path
    }
}

extension BlobRecord {
    /// An empty blob by which some clients say that a folder exists: named with a slash at its end, or marked in its
    /// metadata.
    fileprivate var isFolderMarker: Bool {
        size == 0 && (name.value.utf8.last == UInt8(ascii: "/") || metadata["hdi_isfolder"] == "true")
    }
}

extension ContainerIndex {
    /// - Returns: the file's size in bytes.
    fileprivate func materialise(_ blob: BlobName, at path: String) throws(ArtifactError) -> Int64 {
        if let slash = path.lastIndex(of: "/") { try Disk.makeDirectory(String(path[..<slash])) }
        try Disk.remove(path)
        return try duplicate(blob, to: path).size
    }
}
