package import Foundation
package import Logging
package import Postgres

/// A real PostgreSQL for tests: the server of `DATABASE_URL`, or a private one that ends with the test process.
///
/// ```swift
/// try await TestDatabase.withDatabase { database in
///     try await SubscriptionStore(database).ensure(id: "s", displayName: "S")
/// }
/// ```
///
/// Every call has a schema of its own, so tests run in parallel.
package enum TestDatabase {
    /// Calls that have a schema at the same time: a bound for the server's connections.
    private static let turnstile = Turnstile(places: 6)

    /// Where the numbered scripts lie that the product ships.
    package static let migrations = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "migrations", directoryHint: .isDirectory)

    /// Runs `body` on a fresh schema with all migrations applied, and drops the schema.
    @discardableResult
    package static func withDatabase<Result: Sendable>(
        poolSize: Int = 6, _ body: (Database) async throws -> Result
    ) async throws -> Result {
        try await withEmptyDatabase(poolSize: poolSize) { database in
            try await Migrator(directory: migrations, logger: silent).migrate(database)
            return try await body(database)
        }
    }

    /// The same without migrations: not even the schema exists.
    @discardableResult
    package static func withEmptyDatabase<Result: Sendable>(
        poolSize: Int = 6, _ body: (Database) async throws -> Result
    ) async throws -> Result {
        let url = try await connectionURL()
        let schema = "test_\(UUID().uuidString.lowercased().filter { $0 != "-" })"
        let settings = ConnectionSettings(url: url, schema: schema)
        return try await turnstile.pass {
            let database = Database(settings: settings, poolSize: poolSize, logger: silent)
            let outcome = await outcome(of: { try await body(database) })
            await database.close()
            try await drop(schema, settings)
            return try outcome.get()
        }
    }

    /// Another pool on the schema of `database`, as a second process would have.
    @discardableResult
    package static func withSecondDatabase<Result: Sendable>(
        beside database: Database, poolSize: Int = 2, _ body: (Database) async throws -> Result
    ) async throws -> Result {
        let second = Database(settings: database.settings, poolSize: poolSize, logger: silent)
        let outcome = await outcome(of: { try await body(second) })
        await second.close()
        return try outcome.get()
    }

    /// A URL for whole servers; give each a schema of its own.
    package static func connectionURL() async throws -> String {
        if let url = ProcessInfo.processInfo.environment["DATABASE_URL"], !url.isEmpty { return url }
        return try await PrivateServer.shared.url()
    }

    /// A logger that writes nowhere.
    package static let silent = Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() })

    private static func outcome<Value: Sendable>(of body: () async throws -> Value) async -> Result<Value, any Error> {
        do {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }

    /// On a connection of its own, which also works in a cancelled task's stead.
    private static func drop(_ schema: String, _ settings: ConnectionSettings) async throws {
        let cleaner = Database(settings: settings, poolSize: 1, logger: silent)
        try await cleaner.query("DROP SCHEMA IF EXISTS \(raw: schema) CASCADE")
        await cleaner.close()
    }
}

/// Lets a number of callers through at once; the rest wait in order.
private actor Turnstile {
    private var places: Int
    private var waiters: [CheckedContinuation<Void, Never>] = []

    init(places: Int) {
        self.places = places
    }

    nonisolated func pass<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        await enter()
        do {
            let result = try await body()
            await leave()
            return result
        } catch {
            await leave()
            throw error
        }
    }

    private func enter() async {
        if places > 0 {
            places -= 1
        } else {
            await withCheckedContinuation { waiters.append($0) }
        }
    }

    private func leave() {
        if waiters.isEmpty {
            places += 1
        } else {
            waiters.removeFirst().resume()
        }
    }
}
