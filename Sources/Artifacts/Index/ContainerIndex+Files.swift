/// Content as files of its own.
extension ContainerIndex {
    /// Gives a blob's content a second file, by hard link or else by copy.
    func duplicate(
        _ blob: BlobName, conditions: BlobConditions = .none, to path: String
    ) throws(ArtifactError) -> BlobRecord {
        while true {
            let (record, file) = try open(blob, conditions: conditions)
            switch try Disk.link(contentPath(record.contentFile), to: path) {
            case .linked: return record
            // Replaced by another process since it was opened: take the new one.
            case .sourceMissing: continue
            case .impossible:
                try file.copy(to: path)
                return record
            }
        }
    }

    func discard(_ path: String) {
        // A file left in the incoming directory is removed by a later sweep.
        try? Disk.remove(path)
    }
}

extension DiskFile {
    /// Copies the whole content to a new, read-only file.
    func copy(to path: String) throws(ArtifactError) {
        let target = try DiskFile.create(path)
        var offset: Int64 = 0
        while true {
            let bytes = try read(1 << 20, at: offset)
            if bytes.isEmpty { break }
            let outcome = bytes.withUnsafeBytes { raw in
                Result { () throws(ArtifactError) in try target.write(raw, at: offset) }
            }
            try outcome.get()
            offset += Int64(bytes.count)
        }
        try target.makeReadOnly()
    }
}
