import Foundation

/// A lock that one session of the schema holds at a time; the server frees it when the session ends, however it ends.
package actor SessionLock {
    private let settings: ConnectionSettings
    private let key: String
    private let watch: SilenceWatch
    private var connection: Connection?
    /// The look that runs.
    private var look: Task<Bool, any Error>?

    /// `key` names what is locked; the schema is part of the lock.
    package init(settings: ConnectionSettings, key: String) {
        self.settings = settings
        self.key = key
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
        if let connection {
            do {
                _ = try await connection.query("SELECT 1")
                return true
            } catch {
                self.connection = nil
            }
        }
        let fresh = try await Connection.open(settings)
        await watch.add(fresh.activity)
        let result = try await fresh.query(
            "SELECT pg_try_advisory_lock(hashtext(\(settings.schema)), hashtext(\(key)))")
        guard let row = result.first, try row.decode(Bool.self) else { return false }
        connection = fresh
        return true
    }

    /// Ends the session, and the lock with it.
    package func release() {
        connection = nil
    }
}
