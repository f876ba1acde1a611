import Foundation
import Postgres
import TestSupport
import Testing

@Suite struct MigratorTests {
    @Test func `the shipped migrations apply once, in order`() async throws {
        try await TestDatabase.withEmptyDatabase { database in
            let migrator = try Migrator(directory: TestDatabase.migrations, logger: TestDatabase.silent)
            let applied = try await migrator.migrate(database)
            #expect(applied.count >= 6)
            #expect(applied == applied.sorted())
            #expect(try await migrator.migrate(database) == [])
        }
    }

    @Test func `migrators that start together take turns`() async throws {
        try await TestDatabase.withEmptyDatabase { database in
            let migrator = try Migrator(directory: TestDatabase.migrations, logger: TestDatabase.silent)
            let counts = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<5 { group.addTask { try await migrator.migrate(database).count } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(counts.count { $0 > 0 } == 1)
        }
    }

    @Test func `a script added later is applied alone`() async throws {
        try await withScripts(["0001_a.sql": "CREATE TABLE a (x int);"]) { folder, database in
            #expect(try await migrate(folder, database) == ["0001_a.sql"])
            try write("CREATE TABLE b (x int); INSERT INTO b VALUES (1);", "0002_b.sql", folder)
            #expect(try await migrate(folder, database) == ["0002_b.sql"])
            let value = try await database.query("SELECT x FROM b").first?.decode(Int.self)
            #expect(value == 1)
        }
    }

    @Test func `a script that was applied and has changed is refused`() async throws {
        try await withScripts(["0001_a.sql": "CREATE TABLE a (x int);"]) { folder, database in
            _ = try await migrate(folder, database)
            try write("CREATE TABLE a (x bigint);", "0001_a.sql", folder)
            try write("CREATE TABLE b (x int);", "0002_b.sql", folder)
            let error = await #expect(throws: Migrator.Failure.self) { try await migrate(folder, database) }
            #expect(error?.description.contains("0001_a.sql") == true)
            let b = try await database.query("SELECT to_regclass('b')::text").first?.decode(String?.self)
            #expect(b == .some(nil))
        }
    }

    @Test func `a script that fails leaves nothing behind`() async throws {
        try await withScripts(["0001_a.sql": "CREATE TABLE a (x int); SELECT nonsense;"]) { folder, database in
            await #expect(throws: PostgresError.self) { try await migrate(folder, database) }
            try write("CREATE TABLE a (x int);", "0001_a.sql", folder)
            #expect(try await migrate(folder, database) == ["0001_a.sql"])
        }
    }

    @Test func `a folder without scripts is an error`() async throws {
        try await withScripts(["readme.txt": "no script"]) { folder, _ in
            #expect(throws: Migrator.Failure.self) { try Migrator(directory: folder, logger: TestDatabase.silent) }
        }
    }

    private func migrate(_ folder: URL, _ database: Database) async throws -> [String] {
        try await Migrator(directory: folder, logger: TestDatabase.silent).migrate(database)
    }

    private func write(_ script: String, _ name: String, _ folder: URL) throws {
        try Data(script.utf8).write(to: folder.appending(path: name))
    }

    private func withScripts(_ scripts: [String: String], _ body: (URL, Database) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sluice-migrations-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // a left-over temporary folder harms nobody
        for (name, script) in scripts { try write(script, name, folder) }
        try await TestDatabase.withEmptyDatabase { try await body(folder, $0) }
    }
}
