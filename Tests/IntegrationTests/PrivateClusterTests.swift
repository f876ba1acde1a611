import Compute
import Foundation
import Glibc
import Postgres
import Server
import TestSupport
import Testing

/// A PostgreSQL of its own, made, found trusting as an earlier version left it, and started again.
@Suite(.timeLimit(.minutes(2))) struct PrivateClusterTests {
    @Test func `asks for a password that stands in a file alone, also where an earlier version let everybody in`()
        async throws
    {
        let root = FileManager.default.temporaryDirectory.appending(path: "sluice-\(UUID().uuidString.prefix(8))")
        let data = DataDirectory(root: root)
        try data.create()
        defer { try? FileManager.default.removeItem(at: root) }
        let cluster = try PrivateCluster(data, logger: TestDatabase.silent)
        do {
            try await cluster.start()
            try await expectClosed(cluster, root)
            await cluster.stop()
            // As it was before there was a password.
            let rules = data.cluster.appending(path: "data/pg_hba.conf")
            try Data("local all all trust\n".utf8).write(to: rules)
            try FileManager.default.removeItem(at: root.appending(path: "postgres.pass"))
            for _ in 0..<2 {
                try await cluster.start()
                try await expectClosed(cluster, root)
            }
            await cluster.stop()
        } catch {
            await cluster.stop()
            throw error
        }
    }

    private func expectClosed(_ cluster: PrivateCluster, _ root: URL) async throws {
        #expect(try await canAsk(cluster.url))
        let withoutPassword = cluster.url.replacing(#/passfile=.*/#, with: "passfile=/dev/null")
        var isOpen = true
        // A signal makes the server read its rules anew, in its own time.
        for _ in 0..<100 where isOpen {
            isOpen = try await canAsk(withoutPassword)
            if isOpen { try await Task.sleep(for: .milliseconds(20)) }
        }
        #expect(!isOpen)
        let file = root.appending(path: "postgres.pass")
        let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let password = try #require(
            try String(contentsOf: file, encoding: .utf8).split(separator: ":").last?.dropLast())
        #expect(password.count == 64 && !cluster.url.contains(password))
    }

    private func canAsk(_ url: String) async throws -> Bool {
        let database = Database(
            settings: ConnectionSettings(url: url), poolSize: 1, logger: TestDatabase.silent)
        do {
            _ = try await database.query("SELECT 1")
            await database.close()
            return true
        } catch is PostgresError {
            await database.close()
            return false
        }
    }
}
