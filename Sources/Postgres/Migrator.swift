package import Foundation
package import Logging

/// Applies the numbered scripts of `migrations/`, each once, in order, each in a transaction of its own and without a time
/// limit.
///
/// An advisory lock lets several starting processes take turns. A script that was applied and has changed since is
/// an error: migrations are frozen once shipped. A script whose first line is `-- sluice: no transaction` holds one
/// statement that allows none, such as `CREATE INDEX CONCURRENTLY`; it may be run again after a crash.
package struct Migrator: Sendable {
    package struct Migration: Sendable, Equatable {
        /// `0001`.
        package let version: String
        package let fileName: String
        package let script: String
    }

    package enum Failure: Error, CustomStringConvertible {
        case noMigrations(String)
        case changed(fileName: String)

        package var description: String {
            switch self {
            case .noMigrations(let path): "no migrations found in \(path)"
            case .changed(let fileName): "\(fileName) was changed after it had been applied"
            }
        }
    }

    private let migrations: [Migration]
    private let logger: Logger

    package init(directory: URL, logger: Logger) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
            .filter { $0.hasSuffix(".sql") }
            .sorted()
        guard !names.isEmpty else { throw Failure.noMigrations(directory.path) }
        migrations = try names.map { name in
            Migration(
                version: String(name.prefix { $0 != "_" }), fileName: name,
                script: try String(contentsOf: directory.appendingPathComponent(name), encoding: .utf8))
        }
        self.logger = logger
    }

    /// Brings the schema up to date; returns the file names that were applied now.
    @discardableResult
    package func migrate(_ database: Database) async throws -> [String] {
        // A connection of its own: the lock and the missing time limit belong to the session, and end with it.
        let connection = try await Connection.open(database.settings)
        try await connection.script("SET statement_timeout = 0")
        let schema = database.settings.schema
        // 7_350_921 is this product's lock; the schema tells tests apart.
        _ = try await connection.query("SELECT pg_advisory_lock(7350921, hashtext(\(schema)))")
        try await connection.script("CREATE SCHEMA IF NOT EXISTS \(schema)")
        try await connection.script(
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                version text PRIMARY KEY,
                script text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now()
            )
            """)
        return try await applyFresh(on: connection)
    }

    private func applyFresh(on connection: Connection) async throws -> [String] {
        var applied: [String: String] = [:]
        for row in try await connection.query("SELECT version, script FROM schema_migrations").rows {
            let (version, script) = try row.decode(String.self, String.self)
            applied[version] = script
        }
        var fresh: [Migration] = []
        for migration in migrations {
            guard let script = applied[migration.version] else {
                fresh.append(migration)
                continue
            }
            guard script == migration.script else { throw Failure.changed(fileName: migration.fileName) }
        }
        for migration in fresh {
            try await apply(migration, on: connection)
            logger.info("migration applied", metadata: ["migration.file": "\(migration.fileName)"])
        }
        return fresh.map(\.fileName)
    }

    /// A failure ends the connection, and what it had begun with it.
    private func apply(_ migration: Migration, on connection: Connection) async throws {
        try await connection.script(migration.script, beginning: migration.isTransactional)
        _ = try await connection.query(
            "INSERT INTO schema_migrations (version, script) VALUES (\(migration.version), \(migration.script))")
        if migration.isTransactional { try await connection.commit() }
    }
}

extension Migrator.Migration {
    fileprivate var isTransactional: Bool { !script.hasPrefix("-- sluice: no transaction\n") }
}
