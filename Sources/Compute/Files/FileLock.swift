package import Foundation
import Glibc

/// An exclusive lock between processes on a file; the kernel drops it when its holder dies.
package struct FileLock: ~Copyable {
    /// A child that inherits it holds the lock as well, until it ends.
    package let descriptor: Int32

    /// Waits until the lock is free. Tries in intervals: `flock` itself would block a thread of the shared pool.
    package static func acquire(_ file: URL) async throws(ComputeError) -> FileLock {
        let lock = try FileLock(opening: file)
        var pause = Pause()
        while flock(lock.descriptor, LOCK_EX | LOCK_NB) != 0 {
            do { try await pause.next() } catch { throw .cancelled }
        }
        return lock
    }

    /// The lock if it is free now.
    package static func attempt(_ file: URL) throws(ComputeError) -> FileLock? {
        let lock = try FileLock(opening: file)
        guard flock(lock.descriptor, LOCK_EX | LOCK_NB) == 0 else { return nil }
        return lock
    }

    private init(opening file: URL) throws(ComputeError) {
        let path = file.path(percentEncoded: false)
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw ComputeError(.exhausted, "could not open the lock file \(path): \(String(cString: strerror(errno)))")
        }
        self.init(descriptor: descriptor)
    }

    private init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }
}
