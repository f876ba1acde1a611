import Foundation
import TestSupport
import Testing

@testable import Postgres

@Suite struct SilenceWatchTests {
    private static let isOurs = (ProcessInfo.processInfo.environment["DATABASE_URL"] ?? "").isEmpty

    /// As after a fail-over to another server, or behind a pooler that lost its server.
    @Test(.enabled(if: isOurs, "the server's processes must be of this machine"))
    func `a statement that nobody works on is given up, and the pool goes on`() async throws {
        try await TestDatabase.withEmptyDatabase { database in
            let watched = Self.watched(database, poolSize: 1)
            let pid = try #require(try await watched.query("SELECT pg_backend_pid()").first).decode(Int.self)
            #expect(kill(pid_t(pid), SIGSTOP) == 0)
            defer { kill(pid_t(pid), SIGCONT) }
            let error = try #require(await #expect(throws: PostgresError.self) { try await watched.query("SELECT 1") })
            #expect(error.code == .unavailable)
            #expect(try await watched.query("SELECT 2").rows.count == 1)
            await watched.close()
        }
    }

    @Test func `a statement that takes long is left alone`() async throws {
        try await TestDatabase.withEmptyDatabase { database in
            let watched = Self.watched(database, poolSize: 1)
            let looks = 20
            try await watched.query("SELECT pg_sleep(\(raw: "\(0.05 * Double(looks))"))")
            await watched.close()
        }
    }

    @Test func `a server that takes connections and says nothing is silent`() async throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                #expect(bind(descriptor, pointer, length) == 0)
                #expect(listen(descriptor, 8) == 0)
                #expect(getsockname(descriptor, pointer, &length) == 0)
            }
        }
        let port = UInt16(bigEndian: address.sin_port)
        let url = "postgresql://somebody@127.0.0.1:\(port)/postgres"
        let settings = ConnectionSettings(url: url, connectTimeout: .seconds(2))
        #expect(await SilenceWatch.ask(settings) == .silent)
    }

    @Test func `a server that works names the processes that do`() async throws {
        try await TestDatabase.withEmptyDatabase { database in
            guard case .working(let processes) = await SilenceWatch.ask(database.settings) else {
                return #expect(Bool(false), "it answers")
            }
            #expect(!processes.isEmpty)
        }
    }

    private static func watched(_ database: Database, poolSize: Int) -> Database {
        var settings = database.settings
        settings.silenceLimit = .milliseconds(60)
        return Database(settings: settings, poolSize: poolSize, logger: TestDatabase.silent)
    }
}
