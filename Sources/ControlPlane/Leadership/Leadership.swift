package import Logging
package import Postgres
import ServiceLifecycle
import Store

/// Lets one process at a time run what must not run twice: the planner of replicas, autoscalers, the fleet's supervisor.
///
/// The lock is a session's of the database, so it is free the moment its holder dies. Each leader begins a term in the
/// database, which ends that of the one before: of two who lead for a moment, only the newer one may write plans.
package struct Leadership: Service {
    /// What a leader does, until it is cancelled; the number is that of its term.
    package typealias Duty = @Sendable (Int64) async -> Void

    private let database: Database
    private let lock: SessionLock
    private let duties: [Duty]
    private let logger: Logger

    /// How often the lock is tried for, and looked after.
    private static let interval = Duration.milliseconds(500)

    package init(database: Database, logger: Logger, duties: [Duty]) {
        lock = SessionLock(settings: database.settings, key: "leader")
        (self.database, self.duties, self.logger) = (database, duties, logger)
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown { await lead() }
        await lock.release()
    }

    private func lead() async {
        while !Task.isCancelled {
            if await isLeader(), let term = await beginTerm() {
                logger.info("this process leads", metadata: ["leader.term": "\(term)"])
                await performDuties(term)
                if !Task.isCancelled { logger.warning("this process leads no more") }
            }
            try? await Task.sleep(for: Self.interval)  // only cancellation throws, and the loop sees it
        }
    }

    /// Duties go on over a lost connection: stopping them would leave replicas unwatched while nobody else can reach
    /// the database either. They end when another process holds the lock.
    private func performDuties(_ term: Int64) async {
        await withTaskGroup(of: Void.self) { group in
            for duty in duties { group.addTask { await duty(term) } }
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

    private func beginTerm() async -> Int64? {
        do {
            return try await LeaderTermStore(database).raise()
        } catch {
            logger.debug("a term could not be begun, trying again", metadata: ["error": "\(error)"])
            return nil
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
