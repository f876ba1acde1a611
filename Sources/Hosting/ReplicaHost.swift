package import Compute
import Foundation
package import Logging
package import Resources

/// Makes what runs on this host what is placed on it.
///
/// It registers, which ends the epoch of whoever was this host before, gets everything that is placed here, and looks at what
/// the backend has: what runs is adopted, what nobody owns is ended, the rest is started. From then on it follows the
/// placements and reports what changes. While the control plane is away it goes on with what it knows.
///
/// All replicas are machines in one place (``ReplicaMachine``), with one timer for all; a task is only what a machine does at
/// that moment.
package struct ReplicaHost: Sendable {
    private let connection: any HostConnection
    private let backend: any ComputeBackend
    private let facts: HostFacts
    private let settings: HostSettings
    private let logger: Logger

    package init(
        connection: any HostConnection, backend: any ComputeBackend, facts: HostFacts, settings: HostSettings,
        logger: Logger
    ) {
        (self.connection, self.backend, self.facts) = (connection, backend, facts)
        (self.settings, self.logger) = (settings, logger)
    }

    /// Runs until the task is cancelled, or somebody else has registered as this host; replicas live on.
    package func run() async {
        do {
            let session = try await register()
            let found = await backend.list()
            await withDiscardingTaskGroup { group in
                var loop = HostLoop(
                    session: session, found: found, connection: connection, backend: backend, settings: settings,
                    logger: logger)
                await loop.run(in: &group)
                group.cancelAll()
            }
        } catch {
            // Cancelled before it was registered.
        }
    }

    /// Tries until it succeeds; throws when the task is cancelled.
    private func register() async throws -> HostSession {
        while true {
            do {
                let session = try await connection.register(facts)
                logger.info(
                    "host registered", metadata: ["host.id": "\(session.host)", "host.epoch": "\(session.epoch)"])
                return session
            } catch {
                try Task.checkCancellation()
                logger.warning("the host could not register, trying again", metadata: ["error": "\(error)"])
                try await Task.sleep(for: settings.retryPause)
            }
        }
    }
}
