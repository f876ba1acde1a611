package import Compute
package import Foundation
package import Logging
package import Resources
import ServiceLifecycle

/// The host inside a control plane.
///
/// All control planes on a data directory are one host. The one that holds the directory's lock is it: the kernel drops the
/// lock when its holder dies, so the next one goes on at once. Where its holder was not heard for some time, as when it was
/// stopped, another one goes on without the lock; of two that register, the later one is heard.
package struct LocalHost: Service {
    /// The ways of the host of a directory to the control plane.
    package struct Access: Sendable {
        let connection: any HostConnection
        let isUnresponsive: @Sendable (Duration) async throws -> Bool

        /// - Parameter isUnresponsive: whether nobody was heard as that host for that time.
        package init(
            connection: any HostConnection, isUnresponsive: @escaping @Sendable (Duration) async throws -> Bool
        ) {
            (self.connection, self.isUnresponsive) = (connection, isUnresponsive)
        }
    }

    private let directory: HostDirectory
    private let backend: any ComputeBackend
    private let settings: HostSettings
    private let logger: Logger
    private let access: @Sendable (UUID) -> Access

    private static let unresponsiveAfter = Duration.seconds(3)
    private static let lookInterval = Duration.milliseconds(250)

    package init(
        directory: HostDirectory, backend: any ComputeBackend, settings: HostSettings, logger: Logger,
        access: @escaping @Sendable (UUID) -> Access
    ) {
        (self.directory, self.backend, self.settings) = (directory, backend, settings)
        (self.logger, self.access) = (logger, access)
    }

    package func run() async throws {
        let access = access(try directory.identify())
        await cancelWhenGracefulShutdown { await serve(access) }
    }

    private func serve(_ access: Access) async {
        while !Task.isCancelled {
            do {
                if let lock = try directory.lock() {
                    while !Task.isCancelled { await host(access) }
                    _ = consume lock
                } else if try await access.isUnresponsive(Self.unresponsiveAfter) {
                    logger.warning("the host of this directory was not heard, this process goes on in its place")
                    await host(access)
                }
            } catch {
                guard !Task.isCancelled else { return }
                logger.debug("this process could not become the host", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: Self.lookInterval)  // only cancellation throws, and the loop sees it
        }
    }

    /// Is the host until the task is cancelled, or somebody else has registered as it.
    private func host(_ access: Access) async {
        let facts = HostFacts(backends: [backend.name], architecture: Self.architecture)
        await ReplicaHost(
            connection: access.connection, backend: backend, facts: facts, settings: settings, logger: logger
        ).run()
        guard !Task.isCancelled else { return }
        logger.warning("another process is the host of this directory now")
        try? await Task.sleep(for: settings.retryPause)  // only cancellation throws, and the caller sees it
    }

    private static let architecture = {
        #if arch(arm64)
            "aarch64"
        #else
            "x86_64"
        #endif
    }()
}
