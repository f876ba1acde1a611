import Foundation
import Resources

/// The storage initializer's log: what was brought to the host for a generation of a deployment, and how long it took.
///
/// Written once per generation by `prepare`; every replica of the generation gets a copy with lines of its own.
struct StorageLog: Sendable {
    private(set) var text = ""

    mutating func add(_ line: String) {
        text += "\(Date.now.formatted(.iso8601)) \(line)\n"
    }

    /// Such as `fetched model iris:1 (1 file, 3 KB) in 4 ms`.
    mutating func add(_ label: String, _ entry: ArtifactCache.Entry, isNew: Bool) {
        let size = "\(entry.files) \(entry.files == 1 ? "file" : "files"), \(StorageLog.size(entry.bytes))"
        add(isNew ? "fetched \(label) (\(size)) in \(entry.milliseconds) ms" : "found \(label) (\(size)) on this host")
    }

    static func size(_ bytes: Int64) -> String {
        switch bytes {
        case ..<1024: "\(bytes) B"
        case ..<(1 << 20): "\((bytes + 1023) >> 10) KB"
        default: "\((bytes + 1 << 20 - 1) >> 20) MB"
        }
    }

    /// Where the log of a generation lies.
    static func file(of specification: ReplicaSpecification, in configuration: LocalProcessConfiguration) -> URL {
        let name = "\(specification.endpoint)\u{0}\(specification.deployment)\u{0}\(specification.generation)"
        return configuration.preparations.appending(path: String(SHA256.hex(name).prefix(32)))
    }
}
