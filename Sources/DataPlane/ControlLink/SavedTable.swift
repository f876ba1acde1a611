import Foundation
import Glibc

/// The file that keeps the last table a router was given.
struct SavedTable: Sendable {
    let path: String

    /// What the file holds; `nil` if there is none.
    func read() throws -> Data? {
        guard access(path, F_OK) == 0 else { return nil }
        return try Data(contentsOf: URL(fileURLWithPath: path))
    }

    /// Replaces the file as a whole: after a crash it holds the old table or the new one.
    func write(_ lines: Data) throws(SystemError) {
        let temporary = "\(path).\(getpid()).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemError("open \(temporary)") }
        do throws(SystemError) {
            try FileWriting.write(lines, to: descriptor)
            guard fsync(descriptor) == 0 else { throw SystemError("fsync") }
        } catch {
            close(descriptor)
            unlink(temporary)
            throw error
        }
        close(descriptor)
        guard rename(temporary, path) == 0 else { throw SystemError("rename \(temporary)") }
        syncDirectory()
    }

    /// Makes the new name last. A failure here leaves the old table or the new one after a crash, as any moment does.
    private func syncDirectory() {
        let directory = open(
            URL(fileURLWithPath: path).deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { return }
        fsync(directory)
        close(directory)
    }
}
