import Foundation
import Glibc

/// A log that other processes append to, of bounded size: the present part and one older part (`….1`).
struct LogFile: Sendable {
    var url: URL

    private var older: URL { url.appendingPathExtension("1") }

    /// Most bytes of each part that are looked at for a tail.
    private static let tailBytes = 1 << 20

    /// The last lines, from the older part too when the present one has fewer.
    func tail(_ lines: Int) -> String {
        guard lines > 0 else { return "" }
        var found = LogFile.lastLines(of: url, lines)
        if found.count < lines { found = LogFile.lastLines(of: older, lines - found.count) + found }
        return found.joined(separator: "\n")
    }

    /// Moves the content aside when it is longer than the limit.
    ///
    /// The writers keep their descriptors (opened for appending), so the content is copied and the file emptied; what
    /// is written between these two steps is lost.
    func rotate(limit: Int) {
        guard let size = try? url.resourceValues(forKeys: [.fileSizeKey]).fileSize, size > limit else { return }
        // Rotation is tried again at the next look when it fails now.
        try? FileManager.default.removeItem(at: older)
        guard (try? FileManager.default.copyItem(at: url, to: older)) != nil else { return }
        truncate(url.path(percentEncoded: false), 0)
    }

    private static func lastLines(of url: URL, _ count: Int) -> ArraySlice<Substring> {
        // No file, no lines.
        guard let file = try? FileHandle(forReadingFrom: url) else { return [] }
        defer { try? file.close() }
        guard let end = try? file.seekToEnd() else { return [] }
        let start = end > UInt64(tailBytes) ? end - UInt64(tailBytes) : 0
        guard (try? file.seek(toOffset: start)) != nil, let data = try? file.readToEnd() else { return [] }
        var lines = String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)[...]
        if lines.last?.isEmpty == true { lines = lines.dropLast() }
        return lines.suffix(count)
    }
}
