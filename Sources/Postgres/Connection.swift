import CLibPQ
import Foundation
import Synchronization

/// One libpq connection: an actor on a thread of its own, so blocking calls hold up nobody else.
actor Connection {
    private nonisolated let executor: SerialThreadExecutor
    private let handle: Handle
    private var prepared: [String: String] = [:]
    private nonisolated let usable = Atomic<Bool>(true)

    /// Statements kept per connection; texts are literals in the sources, so this is not reached in practice.
    private static let preparedLimit = 512

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    nonisolated let activity: ConnectionActivity
    private nonisolated let canceller: Canceller

    private init(handle: Handle, executor: SerialThreadExecutor) {
        (self.handle, self.executor) = (handle, executor)
        activity = handle.activity
        canceller = handle.canceller
    }

    /// Connects; `schema` becomes the search path.
    static func open(_ settings: ConnectionSettings) async throws -> Connection {
        let executor = SerialThreadExecutor(label: "sluice.postgres")
        let opener = Opener(executor: executor)
        return Connection(handle: try await opener.open(settings), executor: executor)
    }

    /// Whether there is a server that responds, be it that it takes no connection now.
    static func isAnswered(_ settings: ConnectionSettings) async -> Bool {
        await Opener(executor: SerialThreadExecutor(label: "sluice.postgres")).isAnswered(settings)
    }

    /// Runs one statement, in a new transaction where it begins one. Cancelling the task cancels it on the server.
    ///
    /// Each call is a change of threads, which costs more than a short statement: hence no call for BEGIN alone.
    func query(_ sql: SQL, beginning: Bool = false) async throws -> QueryResult {
        try await withTaskCancellationHandler {
            activity.begin()
            defer { end() }
            if beginning { try command("BEGIN") }
            return try execute(sql)
        } onCancel: {
            canceller.cancel()
        }
    }

    /// Ends a transaction. One in which a statement failed can't be committed: PostgreSQL rolls it back and says so.
    func commit() throws {
        activity.begin()
        defer { end() }
        let result = PQexec(handle.pointer, "COMMIT")
        let status = PQcmdStatus(result).map { String(cString: $0) }
        _ = try outcome(of: result, statement: "COMMIT")
        guard status == "COMMIT" else {
            throw PostgresError(
                .other(sqlState: "25P02"), "the transaction was rolled back, a statement in it had failed")
        }
    }

    /// Runs a script of several statements without parameters, such as a migration.
    func script(_ text: String, beginning: Bool = false) throws {
        activity.begin()
        defer { end() }
        if beginning { try command("BEGIN") }
        try command(text)
    }

    /// False once the server has closed the connection, inside a transaction, and after a cancellation. Asked without a
    /// change of threads.
    nonisolated var isUsable: Bool { usable.load(ordering: .acquiring) && !canceller.isSpent }

    private func end() {
        activity.end()
        let isIdle = PQstatus(handle.pointer) == CONNECTION_OK && PQtransactionStatus(handle.pointer) == PQTRANS_IDLE
        usable.store(isIdle, ordering: .releasing)
    }

    private func command(_ text: String) throws {
        _ = try outcome(of: PQexec(handle.pointer, text), statement: String(text.prefix(200)))
    }

    private func execute(_ sql: SQL) throws -> QueryResult {
        try Task.checkCancellation()
        // A C string would end at the NUL, and another value than the caller's would be bound.
        guard !sql.parameters.contains(where: { $0?.utf8.contains(0) ?? false }) else {
            throw PostgresError(
                .other(sqlState: "22021"), "a parameter holds the character U+0000", statement: sql.text)
        }
        let name = try prepare(sql.text)
        let result = Self.withCStrings(sql.parameters) { values in
            PQexecPrepared(handle.pointer, name, Int32(values.count), values, nil, nil, 0)
        }
        return try outcome(of: result, statement: sql.text)
    }

    private func prepare(_ text: String) throws -> String {
        if let name = prepared[text] { return name }
        if prepared.count >= Self.preparedLimit {
            _ = try outcome(of: PQexec(handle.pointer, "DEALLOCATE ALL"), statement: "DEALLOCATE ALL")
            prepared.removeAll()
        }
        let name = "s\(prepared.count)"
        _ = try outcome(of: PQprepare(handle.pointer, name, text, 0, nil), statement: text)
        prepared[text] = name
        return name
    }

    /// Takes over the result. There is none when the connection is lost or memory is short.
    private func outcome(of result: OpaquePointer?, statement: String) throws -> QueryResult {
        if let result, PQresultStatus(result) == PGRES_TUPLES_OK { return QueryResult(ResultMemory(result)) }
        defer { PQclear(result) }
        guard PQresultStatus(result) == PGRES_COMMAND_OK else { throw failure(of: result, statement: statement) }
        return QueryResult(rows: [], affectedRows: Int(String(cString: PQcmdTuples(result))) ?? 0)
    }

    private func failure(of result: OpaquePointer?, statement: String) -> PostgresError {
        func field(_ code: UnicodeScalar) -> String {
            PQresultErrorField(result, Int32(code.value)).map { String(cString: $0) } ?? ""
        }
        guard PQstatus(handle.pointer) == CONNECTION_OK else {
            return PostgresError(.unavailable, "the connection to PostgreSQL was lost", statement: statement)
        }
        let code = PostgresError.code(sqlState: field("C"), constraint: field("n"))
        return PostgresError(code, field("M"), statement: statement)
    }

    /// C strings for the duration of `body`; nil stays NULL.
    private static func withCStrings<Result>(
        _ texts: [String?], _ body: ([UnsafePointer<CChar>?]) -> Result
    ) -> Result {
        let copies = texts.map { text in text.flatMap { strdup($0) } }
        defer { for copy in copies { free(copy) } }
        return body(copies.map { $0.map { UnsafePointer($0) } })
    }
}

/// Makes the connection on the thread that will own it.
private actor Opener {
    private nonisolated let executor: SerialThreadExecutor

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(executor: SerialThreadExecutor) {
        self.executor = executor
    }

    func open(_ settings: ConnectionSettings) throws -> Handle {
        try Handle.connect(settings)
    }

    func isAnswered(_ settings: ConnectionSettings) -> Bool { Handle.isAnswered(settings) }
}
