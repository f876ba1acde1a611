import CDispatch
import Foundation
import Glibc
import Routing

/// The files that keep the last table a router was given: a whole one, and beside it the changes that it was given since.
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
        // Changes to an earlier table are told by their generations, so a crash before this line does no harm.
        unlink(changesPath)
        syncDirectory()
    }

    // MARK: Changes

    private var changesPath: String { "\(path).changes" }

    /// Most bytes of changes beside a small table; beside a large one they may grow as large as it.
    private static let changesLimit = 1 << 20

    /// Whether changes of so many bytes find room. Where not, a whole table makes room.
    func takesChanges(_ count: Int) -> Bool {
        Self.size(changesPath) + count <= max(Self.changesLimit, Self.size(path))
    }

    /// Adds changes to those that are there; a failure leaves the file as it was.
    func append(_ changes: Data) throws(SystemError) {
        let descriptor = open(changesPath, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemError("open \(changesPath)") }
        defer { close(descriptor) }
        let size = Self.size(changesPath)
        do throws(SystemError) {
            try FileWriting.write(changes, to: descriptor)
            guard fdatasync(descriptor) == 0 else { throw SystemError("fdatasync") }
        } catch {
            ftruncate(descriptor, off_t(size))
            throw error
        }
    }

    /// The changes that lead on from a generation, in order; what was written in part is left out.
    func readChanges(since generation: Int64) throws -> [Data] {
        guard access(changesPath, F_OK) == 0 else { return [] }
        let bytes = try Data(contentsOf: URL(fileURLWithPath: changesPath))
        var lines = bytes.lineRanges[...]
        var generation = generation
        var all: [Data] = []
        while let first = lines.first {
            // A line that is no header is the rest of a write that a crash cut off.
            guard let header = try? JSONDecoder().decode(TableChanges.Header.self, from: bytes[first]),
                lines.count > header.addedCount
            else { break }
            let last = lines[lines.startIndex + header.addedCount]
            lines = lines.dropFirst(1 + header.addedCount)
            guard header.base >= generation else { continue }
            guard header.base == generation, last.upperBound < bytes.count else { break }
            all.append(bytes[first.lowerBound..<last.upperBound + 1])
            generation = header.table.generation
        }
        return all
    }

    private static func size(_ path: String) -> Int {
        var status = stat()
        // No file holds nothing.
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
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
