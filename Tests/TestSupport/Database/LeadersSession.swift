package import Postgres

extension Database {
    /// Ends the session that holds the leader's lock: another control plane may lead before the first one knows.
    package func endLeadersSession() async throws {
        try await query(
            """
            SELECT pg_terminate_backend(pid) FROM pg_locks
            WHERE locktype = 'advisory' AND granted AND classid = hashtext(\(settings.schema))::oid
            AND objid = hashtext('leader')::oid
            """)
    }
}
