import Foundation
import Resources
import Synchronization

/// How long a committed operation waits until its first step begins, at a moderate rate.
enum QueueLatency {
    private static let count = 2_000
    private static let rate = 200

    /// Moments of one operation.
    private struct Moments {
        var committed: Date?
        var accepted: Date?
        var started: Date?
    }

    static func measure(on workbench: Workbench) async throws -> [Figure] {
        let moments = Moment()
        try await workbench.withSchema("latency") { settings in
            try await QueueRig.run(
                on: settings,
                // The runner stamps the beginning of a step before it runs it.
                afterStep: { operation, _ in moments.start(of: operation) }
            ) { rig in
                try await rig.process {
                    _ = try await OpenLoop.run(rate: rate, count: count) { _ in
                        let id = OperationID()
                        try await rig.enqueue(id)
                        moments.commit(of: id)
                    }
                    try await rig.untilDrained(within: .seconds(30))
                }
            }
        }
        let (afterCommit, afterAccept) = moments.samples
        return [
            Figure("operation queue at \(rate)/s, commit to start", afterCommit, p99Below: 10),
            Figure("  the same from createdAt, so with its own commit", afterAccept),
        ]
    }

    private final class Moment: Sendable {
        private let moments = Mutex<[OperationID: Moments]>([:])

        func commit(of id: OperationID) {
            let now = Date()
            moments.withLock { $0[id, default: Moments()].committed = now }
        }

        func start(of operation: ResourceOperation) {
            moments.withLock { moments in
                moments[operation.id, default: Moments()].accepted = operation.createdAt
                moments[operation.id, default: Moments()].started = operation.timeline.last?.startedAt
            }
        }

        var samples: (afterCommit: Samples, afterAccept: Samples) {
            var (afterCommit, afterAccept) = (Samples(), Samples())
            for moment in moments.withLock({ Array($0.values) }) {
                guard let committed = moment.committed, let accepted = moment.accepted, let started = moment.started
                else { continue }
                // A worker that looked anyway may begin before the writer hears of its commit.
                afterCommit.add(max(0, started.timeIntervalSince(committed)) * 1_000)
                afterAccept.add(started.timeIntervalSince(accepted) * 1_000)
            }
            return (afterCommit, afterAccept)
        }
    }
}
