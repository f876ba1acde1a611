import Foundation
import Identity
import Resources

/// The storage initializer's log: what was brought to the host for a generation of a deployment, and how long it took.
///
/// Written per generation by `prepare`; every replica of the generation gets a copy, with more when its start had to
/// fetch anything again.
struct StorageLog: Sendable {
    private(set) var text = ""
    /// Whether anything was built or fetched, as against found.
    private(set) var hasNews = false

    mutating func add(_ line: String, isNew: Bool) {
        hasNews = hasNews || isNew
        text += "\(Date.now.formatted(.iso8601)) \(line)\n"
    }

    /// Such as `fetched model iris:1 (1 file, 3 KB) in 4 ms`.
    mutating func add(_ label: String, _ entry: ArtifactCache.Entry, isNew: Bool) {
        let size = "\(entry.files) \(entry.files == 1 ? "file" : "files"), \(StorageLog.size(entry.bytes))"
        let outcome = isNew ? "in \(entry.milliseconds) ms" : "on this host"
        add("\(isNew ? "fetched" : "found") \(label) (\(size)) \(outcome)", isNew: isNew)
    }

    static func size(_ bytes: Int64) -> String {
        switch bytes {
        case ..<1024: "\(bytes) B"
        case ..<(1 << 20): "\((bytes + 1023) >> 10) KB"
        default: "\((bytes + 1 << 20 - 1) >> 20) MB"
        }
    }

    /// What was logged for the generation before, then this; at most the last 200 lines.
    func appended(to file: URL) -> String {
        // There may be none yet.
        let earlier = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        if !earlier.isEmpty, !hasNews { return earlier }
        let lines = (earlier + text).split(separator: "\n").suffix(200)
        return lines.joined(separator: "\n") + "\n"
    }

    /// Where the log of a generation lies.
    static func file(of specification: ReplicaSpecification, in configuration: LocalProcessConfiguration) -> URL {
        let name = "\(specification.endpoint)\u{0}\(specification.deployment)\u{0}\(specification.generation)"
        return configuration.preparations.appending(path: String(Digests.sha256Hex(name).prefix(32)))
    }
}
