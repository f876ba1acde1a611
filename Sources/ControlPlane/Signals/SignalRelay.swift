package import Logging
package import Postgres
import ServiceLifecycle
import Store

/// Carries signals between the processes that share a schema.
///
/// `NOTIFY` serialises the commits of the transactions that hold it, so it is sent after the commit, for many
/// signals at once; what a crash in between loses, the waiters' own timers find.
package struct SignalRelay: Service {
    private let hub: SignalHub
    private let database: Database
    private let logger: Logger

    /// Signals within this time travel together.
    private static let gathering = Duration.milliseconds(3)

    package init(hub: SignalHub, database: Database, logger: Logger) {
        (self.hub, self.database, self.logger) = (hub, database, logger)
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await receive() }
                group.addTask { await send() }
            }
        }
    }

    private func receive() async {
        let listener = NotificationListener(settings: database.settings, logger: logger)
        await listener.run { [hub] event in
            switch event {
            case .notification(let payload):
                if let topic = ChangeTopic(rawValue: payload) { hub.raiseHere([topic]) }
            case .reconnected:
                hub.raiseHere(Set(ChangeTopic.allCases))
            }
        }
    }

    private func send() async {
        while !Task.isCancelled {
            let topics = await hub.takeUnsent()
            guard !topics.isEmpty else { continue }
            do {
                try await ChangeNotifier(database).notify(topics)
                try await Task.sleep(for: Self.gathering)
            } catch {
                guard !Task.isCancelled else { return }
                logger.debug("other processes were not told of a change", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .seconds(1))  // only cancellation throws, and the loop sees it
            }
        }
    }
}
