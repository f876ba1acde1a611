import Foundation

/// File system calls by path, with errors translated. All of them block: never call them on the cooperative pool.
enum Disk {
    struct Status {
        var inode: UInt64
        var size: Int64
        var modifiedAt: Date
        var isDirectory: Bool
        /// Names that the file has.
        var linkCount: Int

        init(_ status: stat) {
            inode = UInt64(status.st_ino)
            size = Int64(status.st_size)
            modifiedAt = Date(timeIntervalSince1970: TimeInterval(status.st_mtim.tv_sec))
            isDirectory = status.st_mode & S_IFMT == S_IFDIR
            linkCount = Int(status.st_nlink)
        }
    }

    /// What the last system call failed with.
    static func failure(_ call: String, _ path: String = "") -> ArtifactError {
        let number = errno
        let context = "\(call) \(path): \(String(cString: strerror(number)))"
        if number == ENOSPC || number == EDQUOT {
            return ArtifactError(.insufficientSpace, "The artifact store is full.", context: context)
        }
        return ArtifactError(
            .inputOutputFailed, "The artifact store could not read or write its files.", context: context)
    }

    static func status(_ path: String) throws(ArtifactError) -> Status? {
        var status = stat()
        if lstat(path, &status) == 0 { return Status(status) }
        guard errno == ENOENT || errno == ENOTDIR else { throw failure("stat", path) }
        return nil
    }

    /// Names in a directory, in no order; empty when there is no such directory.
    static func names(in path: String) throws(ArtifactError) -> [String] {
        guard let directory = opendir(path) else {
            guard errno == ENOENT else { throw failure("opendir", path) }
            return []
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// Makes a directory and those above it; one that exists is fine.
    static func makeDirectory(_ path: String) throws(ArtifactError) {
        if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw failure("mkdir", path)
        }
        try makeDirectory(String(path[..<slash]))
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw failure("mkdir", path) }
    }

    static func move(_ source: String, to target: String) throws(ArtifactError) {
        guard rename(source, target) == 0 else { throw failure("rename", target) }
    }

    /// Removes a file; one that is gone already is fine.
    static func remove(_ path: String) throws(ArtifactError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw failure("unlink", path) }
    }

    static func removeTree(_ path: String) throws(ArtifactError) {
        guard let status = try status(path) else { return }
        guard status.isDirectory else { return try remove(path) }
        for name in try names(in: path) { try removeTree("\(path)/\(name)") }
        guard rmdir(path) == 0 || errno == ENOENT else { throw failure("rmdir", path) }
    }

    /// The bytes of the files in a directory and those below it that have no other name.
    static func ownedBytes(in path: String) throws(ArtifactError) -> Int64 {
        guard let status = try status(path) else { return 0 }
        guard status.isDirectory else { return status.linkCount == 1 ? status.size : 0 }
        var bytes: Int64 = 0
        for name in try names(in: path) { bytes += try ownedBytes(in: "\(path)/\(name)") }
        return bytes
    }

    /// Makes a finished `rename` or `unlink` in this directory survive a power cut.
    static func synchronizeDirectory(_ path: String) throws(ArtifactError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("sync", path) }
    }

    static func availableBytes(at path: String) throws(ArtifactError) -> Int64 {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw failure("statvfs", path) }
        return Int64(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
    }

    enum LinkOutcome { case linked, sourceMissing, impossible }

    /// A second name for a file. `impossible` means: another file system, or no hard links here; copy instead.
    static func link(_ source: String, to target: String) throws(ArtifactError) -> LinkOutcome {
        if Foundation.link(source, target) == 0 { return .linked }
        switch errno {
        case ENOENT: return .sourceMissing
        case EXDEV, EPERM, EMLINK, EOPNOTSUPP: return .impossible
        default: throw failure("link", target)
        }
    }
}
