import Foundation

/// A lock that one session of the schema holds at a time; the server frees it when the session ends, however it ends.
///
/// Whoever holds it asks ``isHeld()`` often. The server ends a session of which it hears nothing: it may not learn in any
/// other way that the holder is gone, as when a firewall has forgotten their connection.
package actor SessionLock {
    private let settings: ConnectionSettings
    private let key: String
    private let idleLimit: Duration
    private let watch: SilenceWatch
    /// Kept between looks whether it holds the lock or not: a new session costs the server a process.
    private var connection: Connection?
    private var holdsLock = false
    /// The look that runs.
    private var look: Task<Bool, any Error>?

    /// `key` names what is locked; the schema is part of the lock. The server ends a session that says nothing for
    /// `idleLimit`, to the millisecond (PostgreSQL 14 and newer).
    package init(settings: ConnectionSettings, key: String, idleLimit: Duration = .seconds(10)) {
        (self.settings, self.key, self.idleLimit) = (settings, key, idleLimit)
        watch = SilenceWatch(settings: settings)
    }

    /// Takes the lock if it is free, or shows that it is still held; calls that overlap share one look.
    /// Throws when the database can't be reached.
    package func isHeld() async throws -> Bool {
        if let look { return try await look.value }
        let mine = Task { try await holdOrTake() }
        look = mine
        defer { look = nil }
        return try await mine.value
    }

    private func holdOrTake() async throws -> Bool {
        if holdsLock, let connection {
            do {
                _ = try await connection.query("SELECT 1")
                return true
            } catch {
                release()  // the lock ended with its session; it may still be free
            }
        }
        do {
            let result = try await session().query(
                "SELECT pg_try_advisory_lock(hashtext(\(settings.schema)), hashtext(\(key)))")
            holdsLock = try result.first?.decode(Bool.self) ?? false
            return holdsLock
        } catch {
            release()
            throw error
        }
    }

    private func session() async throws -> Connection {
        if let connection { return connection }
        let fresh = try await Connection.open(settings)
        await watch.add(fresh.activity)
        _ = try await fresh.query(
            """
            SELECT set_config(name, \(String(Int(idleLimit / .milliseconds(1)))), false) FROM pg_settings
            WHERE name = 'idle_session_timeout'
            """)
        connection = fresh
        return fresh
    }

    /// Ends the session, and the lock with it.
    package func release() {
        connection = nil
        holdsLock = false
    }
}
