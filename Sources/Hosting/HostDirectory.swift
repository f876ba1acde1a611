package import Compute
package import Foundation

/// Where a host keeps who it is.
///
/// | Entry | What |
/// |---|---|
/// | `host.id` | its id, made at the first start |
/// | `host.lock` | locked by the process that is the host |
package struct HostDirectory: Sendable {
    private let url: URL

    package init(_ url: URL) {
        self.url = url
    }

    /// The id of the directory. Of several processes that make it at once, all read the one that came first.
    package func identify() throws -> UUID {
        if let id { return id }
        try FileManager.default.createDirectory(
            at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let own = url.appending(path: "host.id.\(UUID().uuidString)")
        try Data(UUID().uuidString.lowercased().utf8).write(to: own)
        // Fails where another process was first.
        try? FileManager.default.linkItem(at: own, to: file)
        try FileManager.default.removeItem(at: own)
        guard let id else { throw CocoaError(.fileReadCorruptFile, userInfo: [NSFilePathErrorKey: file.path]) }
        return id
    }

    /// Nil before the first start.
    package var id: UUID? {
        (try? String(contentsOf: file, encoding: .utf8)).flatMap { UUID(uuidString: $0) }
    }

    private var file: URL { url.appending(path: "host.id") }

    /// The directory's lock, unless another process holds it.
    package func lock() throws -> FileLock? {
        try FileLock.attempt(url.appending(path: "host.lock"))
    }
}
