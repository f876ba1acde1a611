import Foundation
import Identity
import Postgres

/// The password of the private cluster: random, in a file that libpq reads itself (libpq documentation, "The Password
/// File"), so that it stands in no address, no command line and no log.
struct ClusterPassword: Sendable {
    static let user = "sluice"
    /// What `pg_hba.conf` says: by the socket only, and with the password.
    static let rules = "local all all scram-sha-256\n"

    let file: URL

    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    /// Draws the password once.
    func ensure() throws {
        guard !FileManager.default.fileExists(atPath: file.path) else { return }
        let text = try Digests.random(count: 32).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
        try DataDirectory.writeSecret(Data("*:*:*:\(Self.user):\(text)\n".utf8), to: file)
    }

    func read() throws -> String {
        let line = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").first ?? ""
        guard let text = line.split(separator: ":").last, !text.isEmpty, text.allSatisfy(\.isHexDigit) else {
            throw Missing(description: "\(file.path) holds no password of ours")
        }
        return String(text)
    }

    /// Gives the user of the cluster this password. It is no text of anybody's, but hexadecimal digits of ours.
    func statement() throws -> SQL {
        "ALTER ROLE sluice PASSWORD '\(raw: try read())'"
    }
}
