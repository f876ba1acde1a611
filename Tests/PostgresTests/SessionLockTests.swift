import Postgres
import TestSupport
import Testing

@Suite struct SessionLockTests {
    @Test func `one holder at a time, until it releases`() async throws {
        try await TestDatabase.withDatabase { database in
            let first = SessionLock(settings: database.settings, key: "leader")
            let second = SessionLock(settings: database.settings, key: "leader")
            #expect(try await first.isHeld())
            #expect(try await first.isHeld())
            #expect(try await !second.isHeld())
            await first.release()
            try await eventually { try await second.isHeld() }
            #expect(try await !first.isHeld())
            await second.release()
        }
    }

    @Test func `a holder that says nothing loses the lock`() async throws {
        try await TestDatabase.withDatabase { database async throws in
            // As one whose connection a firewall has forgotten: the server is told nothing.
            let silent = SessionLock(settings: database.settings, key: "leader", idleLimit: .milliseconds(50))
            let other = SessionLock(settings: database.settings, key: "leader")
            #expect(try await silent.isHeld())
            try await eventually { try await other.isHeld() }
            #expect(try await !silent.isHeld())
            #expect(try await other.isHeld())
        }
    }

    @Test func `another key is another lock`() async throws {
        try await TestDatabase.withDatabase { database async throws in
            let first = SessionLock(settings: database.settings, key: "a")
            let second = SessionLock(settings: database.settings, key: "b")
            #expect(try await first.isHeld())
            #expect(try await second.isHeld())
        }
    }

    @Test func `another schema is another lock`() async throws {
        try await TestDatabase.withDatabase { database async throws in
            var elsewhere = database.settings
            elsewhere.schema += "_x"
            let first = SessionLock(settings: database.settings, key: "leader")
            let second = SessionLock(settings: elsewhere, key: "leader")
            #expect(try await first.isHeld())
            #expect(try await second.isHeld())
        }
    }

    @Test func `a holder whose session the server ended takes the lock again`() async throws {
        try await TestDatabase.withDatabase { database in
            let lock = SessionLock(settings: database.settings, key: "leader")
            #expect(try await lock.isHeld())
            let pid = try #require(
                try await database.query(
                    """
                    SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted
                    AND classid = hashtext(\(database.settings.schema))::oid AND objid = hashtext('leader')::oid
                    """
                ).first
            ).decode(Int.self)
            try await database.query("SELECT pg_terminate_backend(\(pid)::int)")
            try await eventually { try await !isAlive(pid, database) }
            #expect(try await lock.isHeld())
        }
    }

    @Test func `callers that ask together get the same response`() async throws {
        try await TestDatabase.withDatabase { database in
            let lock = SessionLock(settings: database.settings, key: "leader")
            async let first = lock.isHeld()
            async let second = lock.isHeld()
            let answers = try await [first, second]
            #expect(answers == [true, true])
        }
    }
}
