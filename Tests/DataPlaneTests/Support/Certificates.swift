import Foundation
import Identity

@testable import DataPlane

/// Certificates in a directory that is gone with the test.
final class Certificates: Sendable {
    private let directory = URL(fileURLWithPath: "/tmp/tls-\(getpid())-\(UInt32.random(in: 0...(.max)))")

    init() throws { try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true) }

    deinit {
        // What is left hurts nobody.
        try? FileManager.default.removeItem(at: directory)
    }

    var files: TLSFiles { TLSFiles(certificate: path("server.pem"), key: path("server.key")) }

    func path(_ name: String) -> String { directory.appendingPathComponent(name).path }

    /// Puts a certificate of a new authority in place; returns the authority's file.
    func renew(_ name: String) throws -> String {
        let authority = try CertificateAuthority.create(name: name)
        let issued = try authority.issue(hosts: ["localhost", "127.0.0.1"])
        try write(authority.certificatePEM, "\(name).pem")
        try write(issued.certificatePEM, "server.pem")
        try write(issued.privateKeyPEM, "server.key")
        return path("\(name).pem")
    }

    func write(_ text: String, _ name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)), options: .atomic)
    }
}
