import Foundation

/// An open file. Reads and writes name their offset, so the only state is the descriptor, closed with the object.
final class DiskFile: Sendable {
    private let descriptor: Int32

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Creates a file that must not exist yet.
    static func create(_ path: String) throws(ArtifactError) -> DiskFile {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Disk.failure("create", path) }
        return DiskFile(descriptor: descriptor)
    }

    /// `nil` when there is no such file.
    static func openIfPresent(_ path: String, writing: Bool = false) throws(ArtifactError) -> DiskFile? {
        let descriptor = open(path, (writing ? O_RDWR : O_RDONLY) | O_CLOEXEC)
        if descriptor < 0 && (errno == ENOENT || errno == ENOTDIR) { return nil }
        guard descriptor >= 0 else { throw Disk.failure("open", path) }
        return DiskFile(descriptor: descriptor)
    }

    func status() throws(ArtifactError) -> Disk.Status {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Disk.failure("stat") }
        return Disk.Status(status)
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(ArtifactError) {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(done))
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw Disk.failure("write") }
            done += count
        }
    }

    /// At most `count` bytes from `offset`; fewer only at the end of the file.
    func read(_ count: Int, at offset: Int64) throws(ArtifactError) -> [UInt8] {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            while initialized < count {
                let rest = UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[initialized...]))
                let got = pread(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(initialized))
                if got < 0 && errno == EINTR { continue }
                failed = got < 0
                guard got > 0 else { return }
                initialized += got
            }
        }
        if failed { throw Disk.failure("read") }
        return bytes
    }

    func truncate(to size: Int64) throws(ArtifactError) {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw Disk.failure("truncate") }
    }

    /// Waits until the content is on the disk.
    func synchronize() throws(ArtifactError) {
        guard fdatasync(descriptor) == 0 else { throw Disk.failure("sync") }
    }

    func makeReadOnly() throws(ArtifactError) {
        guard fchmod(descriptor, 0o444) == 0 else { throw Disk.failure("chmod") }
    }

    /// Waits for the file's lock, which other processes honour too.
    func lock() throws(ArtifactError) {
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw Disk.failure("lock") }
        }
    }

    func unlock() { flock(descriptor, LOCK_UN) }
}
