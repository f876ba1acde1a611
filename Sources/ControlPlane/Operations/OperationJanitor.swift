import Foundation
package import Logging
package import Postgres
import ServiceLifecycle
import Store

/// Forgets operations some time after their end, responses of what-if and old scaling decisions, so that their tables do not grow for ever.
package struct OperationJanitor: Service {
    private let database: Database
    private let time: TimeSource
    private let logger: Logger

    /// Callers may still ask for the status that long.
    private static let retention: TimeInterval = 7 * 86_400
    /// The same for responses of what-if.
    private static let resultRetention: TimeInterval = 3_600
    private static let interval = Duration.seconds(600)
    private static let batch = 1_000

    package init(database: Database, time: TimeSource = .system, logger: Logger) {
        (self.database, self.time, self.logger) = (database, time, logger)
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await purge()
                try? await time.sleep(Self.interval)  // only cancellation throws, and the loop sees it
            }
        }
    }

    private func purge() async {
        do {
            let date = time.now().addingTimeInterval(-Self.retention)
            while try await OperationStore(database).purge(finishedBefore: date, limit: Self.batch) == Self.batch {}
            try await ScalingStore(database).trim()
            try await WhatIfResultStore(database).purge(before: time.now().addingTimeInterval(-Self.resultRetention))
        } catch {
            if !Task.isCancelled { logger.warning("forgetting old operations failed", metadata: ["error": "\(error)"]) }
        }
    }
}
