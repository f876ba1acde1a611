package import Foundation
import Glibc

/// The layout of the data directory.
package struct DataDirectory: Sendable {
    package var root: URL

    package init(root: URL) {
        self.root = root.absoluteURL.standardizedFileURL
    }

    /// `/var/lib/sluice` for root, whose home other accounts can't enter; else `~/.sluice`.
    package static var standard: String {
        getuid() == 0 ? "/var/lib/sluice" : NSHomeDirectory() + "/.sluice"
    }

    /// Written on the first start, mode 0600: what a client needs to sign in.
    package var credentials: URL { root.appending(path: "credentials.json") }
    package var masterKey: URL { root.appending(path: "master.key") }
    package var identity: URL { root.appending(path: "installation.json") }
    package var certificates: URL { root.appending(path: "tls", directoryHint: .isDirectory) }
    /// The API's certificate and key: apart from the authority's key, for routers need these two and no other.
    var serverCertificate: URL { certificates.appending(path: "server", directoryHint: .isDirectory) }
    package var authorityCertificate: URL { certificates.appending(path: "ca.pem") }
    /// What clients trust: our authority, if the certificate is its, and those of the system.
    package var authorityBundle: URL { certificates.appending(path: "ca-bundle.pem") }
    package var cluster: URL { root.appending(path: "postgres", directoryHint: .isDirectory) }
    /// Of the private cluster, as libpq reads it.
    var clusterPassword: URL { root.appending(path: "postgres.pass") }
    package var artifacts: URL { root.appending(path: "artifacts", directoryHint: .isDirectory) }
    package var compute: URL { root.appending(path: "compute", directoryHint: .isDirectory) }
    /// How replicas are confined, as the running control plane found it.
    package var isolationRecord: URL { compute.appending(path: "isolation.json") }
    package var routers: URL { root.appending(path: "routers", directoryHint: .isDirectory) }
    /// Slots that the routers share: in memory where the system has a file system for it, since every request writes
    /// there. Named by the root's place on its disk, which nobody else has.
    package var slotTable: URL {
        var root = stat()
        guard access("/dev/shm", W_OK) == 0, stat(self.root.path, &root) == 0 else {
            return routers.appending(path: "slots", directoryHint: .isDirectory)
        }
        return URL(filePath: "/dev/shm/sluice-\(root.st_dev)-\(root.st_ino)", directoryHint: .isDirectory)
    }
    package var logs: URL { root.appending(path: "logs", directoryHint: .isDirectory) }
    /// The running control plane: process id and start time.
    package var processRecord: URL { root.appending(path: "serve.json") }

    /// Makes the directories. The root may be entered by other accounts, for the database's own, but not read.
    package func create() throws {
        try FileManager.default.createDirectory(
            at: root, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o711])
        for directory in [certificates, serverCertificate, artifacts, compute, routers, logs] {
            try FileManager.default.createDirectory(
                at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
    }

    /// Writes a file that only we can read, whole or not at all.
    package static func writeSecret(_ data: Data, to url: URL) throws {
        let draft = url.appendingPathExtension("\(UUID().uuidString).draft")
        guard
            FileManager.default.createFile(atPath: draft.path, contents: data, attributes: [.posixPermissions: 0o600])
        else { throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: url.path]) }
        guard rename(draft.path, url.path) == 0 else {
            throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: url.path])
        }
    }
}
