import Foundation
import Logging
import Postgres
import Server

/// A temporary directory with a PostgreSQL of its own, as durable as the product's: both are gone afterwards.
struct Workbench: Sendable {
    let directory: URL
    private let cluster: PrivateCluster

    /// Writes nowhere.
    static let silent = Logger(label: "benchmarks", factory: { _ in SwiftLogNoOpLogHandler() })

    static func with<Result: Sendable>(_ body: (Workbench) async throws -> Result) async throws -> Result {
        // Short, for sockets lie in it.
        let directory = URL(
            filePath: "/tmp/sluice-bench-\(UUID().uuidString.prefix(8).lowercased())", directoryHint: .isDirectory)
        let data = DataDirectory(root: directory)
        try data.create()
        let cluster = try PrivateCluster(data, logger: silent)
        do {
            try await cluster.start()
            let result = try await body(Workbench(directory: directory, cluster: cluster))
            try await clean(directory, cluster)
            return result
        } catch {
            try await clean(directory, cluster)
            throw error
        }
    }

    private static func clean(_ directory: URL, _ cluster: PrivateCluster) async throws {
        await cluster.stop()
        try FileManager.default.removeItem(at: directory)
    }

    var databaseURL: String { cluster.url }

    /// A fresh schema with all migrations applied, dropped afterwards.
    func withSchema<Result: Sendable>(
        _ name: String, _ body: (ConnectionSettings) async throws -> Result
    ) async throws -> Result {
        let settings = ConnectionSettings(url: databaseURL, schema: name)
        let database = Database(settings: settings, poolSize: 1, logger: Self.silent)
        try await Migrator(directory: Sources.find("migrations"), logger: Self.silent).migrate(database)
        do {
            let result = try await body(settings)
            try await database.query("DROP SCHEMA \(raw: name) CASCADE")
            await database.close()
            return result
        } catch {
            await database.close()
            throw error
        }
    }

    /// A directory of one section.
    func makeDirectory(_ name: String) throws -> URL {
        let url = directory.appending(path: name, directoryHint: .isDirectory)
        try FileManager.default.createDirectory(
            at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o711])
        return url
    }
}

/// Files of the sources, found from the binary, which lies in them.
enum Sources {
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    static func find(_ path: String) throws -> URL {
        var directory = SupportFiles.binaryDirectory
        for _ in 0..<5 {
            let candidate = directory.appending(path: path)
            if FileManager.default.fileExists(atPath: candidate.path) { return candidate }
            directory.deleteLastPathComponent()
        }
        throw Missing(description: "\(path) was not found above the binary")
    }
}
