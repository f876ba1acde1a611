package import Compute
package import Foundation

/// Which process serves from a data directory, so that `sluice down` and `sluice status` find it.
package enum ProcessRecord {
    static func write(to url: URL) throws {
        guard let identity = ProcessIdentity(pid: ProcessInfo.processInfo.processIdentifier) else { return }
        try JSONEncoder().encode(identity).write(to: url, options: .atomic)
    }

    static func remove(_ url: URL) {
        // A record of a process that is gone is not believed anyway.
        try? FileManager.default.removeItem(at: url)
    }

    /// The process that serves now.
    package static func running(_ url: URL) -> ProcessIdentity? {
        // No record, nothing served.
        guard let bytes = try? Data(contentsOf: url),
            let identity = try? JSONDecoder().decode(ProcessIdentity.self, from: bytes), identity.isAlive
        else { return nil }
        return identity
    }
}
