import Foundation
import Postgres
import TestSupport
import Testing

@Suite struct NotificationListenerTests {
    @Test func `a notification is heard with its payload, after the first connect`() async throws {
        try await listening { database, heard in
            try await notify(database, "it's \"here\" 👋")
            try await eventually { heard.withLock { $0.contains(.notification(payload: "it's \"here\" 👋")) } }
            #expect(heard.withLock { $0.first } == .reconnected)
        }
    }

    @Test func `a notification of a transaction is heard when it commits, not when it rolls back`() async throws {
        struct Oops: Error {}
        try await listening { database, heard in
            let channel = NotificationListener.channel(schema: database.settings.schema)
            await #expect(throws: Oops.self) {
                try await database.transaction { transaction in
                    try await transaction.query("SELECT pg_notify(\(channel), 'never')")
                    throw Oops()
                }
            }
            _ = try await database.transaction { transaction in
                try await transaction.query("SELECT pg_notify(\(channel), 'committed')")
            }
            try await eventually { heard.withLock { $0.contains(.notification(payload: "committed")) } }
            #expect(heard.withLock { !$0.contains(.notification(payload: "never")) })
        }
    }

    @Test func `another schema's notifications are not heard`() async throws {
        try await listening { database, heard in
            try await database.query("SELECT pg_notify('sluice_another', 'foreign')")
            try await notify(database, "own")
            try await eventually { heard.withLock { $0.contains(.notification(payload: "own")) } }
            #expect(heard.withLock { !$0.contains(.notification(payload: "foreign")) })
        }
    }

    @Test func `a listener whose backend is gone connects again and says so`() async throws {
        try await listening { database, heard in
            let channel = NotificationListener.channel(schema: database.settings.schema)
            try await database.query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = \("LISTEN \(channel)")")
            try await eventually { heard.withLock { $0.count { $0 == .reconnected } } == 2 }
            try await notify(database, "afterwards")
            try await eventually { heard.withLock { $0.contains(.notification(payload: "afterwards")) } }
        }
    }

    @Test func `a cancelled listener ends`() async throws {
        try await TestDatabase.withDatabase { database in
            let listener = NotificationListener(settings: database.settings, logger: TestDatabase.silent)
            let isConnected = Locked(false)
            let task = Task { await listener.run { _ in isConnected.withLock { $0 = true } } }
            try await eventually { isConnected.withLock { $0 } }
            task.cancel()
            await task.value
            #expect(task.isCancelled)
        }
    }

    private typealias Heard = Locked<[NotificationListener.Event]>

    private func listening(_ body: (Database, Heard) async throws -> Void) async throws {
        try await TestDatabase.withDatabase { database in
            let heard = Heard([])
            let listener = NotificationListener(settings: database.settings, logger: TestDatabase.silent)
            let task = Task { await listener.run { event in heard.withLock { $0.append(event) } } }
            defer { task.cancel() }
            try await eventually("the listener connects") { heard.withLock { $0.contains(.reconnected) } }
            try await body(database, heard)
        }
    }

    private func notify(_ database: Database, _ payload: String) async throws {
        let channel = NotificationListener.channel(schema: database.settings.schema)
        try await database.query("SELECT pg_notify(\(channel), \(payload))")
    }
}
