package import Logging
package import Postgres
import ServiceLifecycle

/// Lets one process at a time run what must not run twice: the replica reconciler and the fleet supervisor.
///
/// The lock is a session's of the database, so it is free the moment its holder dies.
package struct Leadership: Service {
    private let lock: SessionLock
    private let duties: [@Sendable () async -> Void]
    private let logger: Logger

    /// How often the lock is tried for, and looked after.
    private static let interval = Duration.milliseconds(500)

    package init(settings: ConnectionSettings, logger: Logger, duties: [@Sendable () async -> Void]) {
        lock = SessionLock(settings: settings, key: "leader")
        (self.duties, self.logger) = (duties, logger)
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown { await lead() }
        await lock.release()
    }

    private func lead() async {
        while !Task.isCancelled {
            if await isLeader() {
                logger.info("this process leads")
                await performDuties()
                if !Task.isCancelled { logger.warning("this process leads no more") }
            }
            try? await Task.sleep(for: Self.interval)  // only cancellation throws, and the loop sees it
        }
    }

    /// Duties go on over a lost connection: stopping them would leave replicas unwatched while nobody else can reach
    /// the database either. They end when another process holds the lock.
    private func performDuties() async {
        await withTaskGroup(of: Void.self) { group in
            for duty in duties { group.addTask { await duty() } }
            while await mayGoOn() { try? await Task.sleep(for: Self.interval) }  // `mayGoOn` sees cancellation
            group.cancelAll()
        }
    }

    private func isLeader() async -> Bool {
        do {
            return try await lock.isHeld()
        } catch {
            logger.debug("the leader's lock could not be tried", metadata: ["error": "\(error)"])
            return false
        }
    }

    private func mayGoOn() async -> Bool {
        guard !Task.isCancelled else { return false }
        do {
            return try await lock.isHeld()
        } catch {
            return true
        }
    }
}
