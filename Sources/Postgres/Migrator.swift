package import Foundation
package import Logging

/// Applies the numbered scripts of `migrations/`, each once, in order; those that are new in one transaction.
///
/// An advisory lock lets several starting processes take turns. A script that was applied and has changed since is
/// an error: migrations are frozen once shipped.
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

    /// Brings the schema up to date; answers the file names that were applied now.
    @discardableResult
    package func migrate(_ database: Database) async throws -> [String] {
        let schema = database.settings.schema
        return try await database.transaction { transaction in
            // 7_350_921 is this product's lock; the schema tells tests apart.
            _ = try await transaction.query("SELECT pg_advisory_xact_lock(7350921, hashtext(\(schema)))")
            try await transaction.script("CREATE SCHEMA IF NOT EXISTS \(schema)")
            try await transaction.script(
                """
                CREATE TABLE IF NOT EXISTS schema_migrations (
                    version text PRIMARY KEY,
                    script text NOT NULL,
                    applied_at timestamptz NOT NULL DEFAULT now()
                )
                """)
            return try await apply(to: transaction)
        }
    }

    private func apply(to transaction: Transaction) async throws -> [String] {
        var applied: [String: String] = [:]
        for row in try await transaction.query("SELECT version, script FROM schema_migrations").rows {
            let (version, script) = try row.decode(String.self, String.self)
            applied[version] = script
        }
        var fresh: [String] = []
        for migration in migrations {
            if let script = applied[migration.version] {
                guard script == migration.script else { throw Failure.changed(fileName: migration.fileName) }
                continue
            }
            try await transaction.script(migration.script)
            try await transaction.query(
                "INSERT INTO schema_migrations (version, script) VALUES (\(migration.version), \(migration.script))")
            logger.info("migration applied", metadata: ["migration.file": "\(migration.fileName)"])
            fresh.append(migration.fileName)
        }
        return fresh
    }
}
