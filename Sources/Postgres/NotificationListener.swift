import CLibPQ
import Foundation
package import Logging

/// Hears `NOTIFY` on the schema's channel over a connection of its own, and reconnects when it is lost.
///
/// Notifications may be lost while the connection is down: after each reconnect `.reconnected` is delivered, and
/// every user polls as well.
package struct NotificationListener: Sendable {
    package enum Event: Sendable, Equatable {
        case notification(payload: String)
        /// Connected, for the first time or again: anything may have changed.
        case reconnected
    }

    private let settings: ConnectionSettings
    private let logger: Logger

    package init(settings: ConnectionSettings, logger: Logger) {
        (self.settings, self.logger) = (settings, logger)
    }

    /// Name of the channel that a schema's writers and listeners share.
    package static func channel(schema: String) -> String { "sluice_\(schema)" }

    /// Delivers events until the task is cancelled.
    package func run(_ deliver: @escaping @Sendable (Event) async -> Void) async {
        var pause = Duration.milliseconds(100)
        while !Task.isCancelled {
            do {
                let session = try await ListenSession.open(settings)
                pause = .milliseconds(100)
                await deliver(.reconnected)
                while !Task.isCancelled {
                    for payload in try await session.wait() { await deliver(.notification(payload: payload)) }
                }
            } catch {
                guard !Task.isCancelled else { return }
                logger.warning("listening for notifications failed, trying again", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: pause)  // only cancellation throws, and the loop sees it
                pause = min(pause * 2, .seconds(5))
            }
        }
    }
}

/// One connection that listens; lives on a thread of its own because waiting blocks.
private actor ListenSession {
    private nonisolated let executor: SerialThreadExecutor
    private var handle: Handle?

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private init() {
        executor = SerialThreadExecutor(label: "sluice.postgres.listen")
    }

    static func open(_ settings: ConnectionSettings) async throws -> ListenSession {
        let session = ListenSession()
        try await session.connect(settings)
        return session
    }

    private func connect(_ settings: ConnectionSettings) throws {
        let handle = try Handle.connect(settings)
        let result = PQexec(handle.pointer, "LISTEN \(NotificationListener.channel(schema: settings.schema))")
        defer { PQclear(result) }
        guard PQresultStatus(result) == PGRES_COMMAND_OK else {
            throw PostgresError(.unavailable, "LISTEN was refused")
        }
        self.handle = handle
    }

    /// Payloads that arrived; waits up to half a second for the first, so that cancellation is noticed.
    func wait() throws -> [String] {
        guard let pointer = handle?.pointer else { return [] }
        var descriptor = pollfd(fd: PQsocket(pointer), events: Int16(POLLIN), revents: 0)
        poll(&descriptor, 1, 500)
        guard PQconsumeInput(pointer) == 1 else {
            throw PostgresError(.unavailable, "the listening connection was lost")
        }
        var payloads: [String] = []
        while let notification = PQnotifies(pointer) {
            payloads.append(String(cString: notification.pointee.extra))
            PQfreemem(notification)
        }
        return payloads
    }
}
