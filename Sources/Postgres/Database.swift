package import Logging
import Synchronization

/// The way to the database: a bounded pool of connections.
///
/// ```swift
/// let database = Database(settings: settings, poolSize: 10, logger: logger)
/// let names = try await database.query("SELECT name FROM workspaces").rows.map { try $0.decode(String.self) }
/// try await database.transaction { transaction in … }
/// ```
package final class Database: Sendable {
    package let settings: ConnectionSettings
    private let pool: ConnectionPool
    private let faults: StatementFault.Source?
    private let logger: Logger
    /// Made by ``beside(poolSize:)``.
    private let others = Mutex<[Database]>([])

    /// `faults` lets statements go wrong, for tests of what bears that.
    package init(
        settings: ConnectionSettings, poolSize: Int, faults: StatementFault.Source? = nil, logger: Logger
    ) {
        (self.settings, self.faults, self.logger) = (settings, faults, logger)
        pool = ConnectionPool(settings: settings, limit: poolSize)
    }

    /// Another pool on the same schema, for what must not wait behind the callers of this one. It closes with this one.
    package func beside(poolSize: Int) -> Database {
        let other = Database(settings: settings, poolSize: poolSize, faults: faults, logger: logger)
        others.withLock { $0.append(other) }
        return other
    }

    /// One statement in a transaction of its own.
    @discardableResult
    package func query(_ sql: SQL) async throws -> QueryResult {
        guard let fault = faults?(sql.text) else { return try await execute(sql) }
        return try await fault.apply(to: { try await execute(sql) }, late: { _ = try await self.execute(sql) })
    }

    private func execute(_ sql: SQL) async throws -> QueryResult {
        try await pool.withConnection { connection in
            try await connection.query(sql)
        }
    }

    /// Runs `body` in one transaction: committed when it returns, rolled back when it throws.
    ///
    /// After a deadlock it is run again, three times in all, so `body` must have no effect outside the transaction.
    package func transaction<Result: Sendable>(
        _ body: @Sendable (Transaction) async throws -> Result
    ) async throws -> Result {
        var attempt = 1
        while true {
            do {
                return try await pool.withConnection { connection in
                    try await run(body, on: connection)
                }
            } catch let error as PostgresError where error.code == .contended && attempt < 3 {
                attempt += 1
                logger.debug("transaction contended, running it again", metadata: ["postgres.attempt": "\(attempt)"])
            }
        }
    }

    /// The same, run once more when a unique constraint refused it: somebody wrote between our look and our write, and
    /// a second look sees what they wrote.
    package func transactionLookingAgain<Result: Sendable>(
        _ body: @Sendable (Transaction) async throws -> Result
    ) async throws -> Result {
        do {
            return try await transaction(body)
        } catch let error as PostgresError {
            guard case .uniqueViolation = error.code else { throw error }
            return try await transaction(body)
        }
    }

    private func run<Result: Sendable>(
        _ body: @Sendable (Transaction) async throws -> Result, on connection: Connection
    ) async throws -> Result {
        let transaction = Transaction(connection: connection, faults: faults)
        do {
            let result = try await body(transaction)
            if transaction.hasBegun { try await commit(transaction, on: connection) }
            return result
        } catch {
            // A connection that can't even roll back is not usable; the pool drops it.
            if transaction.hasBegun { try? await connection.script("ROLLBACK") }
            throw error
        }
    }

    private func commit(_ transaction: Transaction, on connection: Connection) async throws {
        guard let fault = faults?("COMMIT") else { return try await connection.commit() }
        // Nothing is left to roll back. The pool drops a connection that comes back inside a transaction, so a late commit
        // has it to itself.
        if fault.isExecutedUnseen { transaction.abandon() }
        try await fault.apply(to: { try await connection.commit() }, late: { try await connection.commit() })
    }

    /// Closes idle connections; those in use close when they come back.
    package func close() async {
        await pool.close()
        for other in others.withLock({ $0 }) { await other.close() }
    }
}

/// A transaction that begins with its first statement; statements go through it one after another.
package final class Transaction: Sendable {
    private let connection: Connection
    private let faults: StatementFault.Source?
    private let begun = Atomic<Bool>(false)

    init(connection: Connection, faults: StatementFault.Source?) {
        (self.connection, self.faults) = (connection, faults)
    }

    var hasBegun: Bool { begun.load(ordering: .acquiring) }

    /// Leaves its end to somebody else.
    func abandon() { begun.store(false, ordering: .releasing) }

    @discardableResult
    package func query(_ sql: SQL) async throws -> QueryResult {
        guard let fault = faults?(sql.text) else { return try await execute(sql) }
        return try await fault.apply(to: { try await execute(sql) }, late: {})
    }

    private func execute(_ sql: SQL) async throws -> QueryResult {
        let isFirst = !begun.exchange(true, ordering: .acquiringAndReleasing)
        return try await connection.query(sql, beginning: isFirst)
    }
}

/// What can run a statement: the database itself, or a transaction that a caller composes.
package protocol StatementRunner: Sendable {
    @discardableResult
    func query(_ sql: SQL) async throws -> QueryResult
}

extension Database: StatementRunner {}
extension Transaction: StatementRunner {}
