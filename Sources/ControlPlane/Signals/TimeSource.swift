package import Foundation

/// The wall clock and the passing of time, given to everything that depends on them.
package struct TimeSource: Sendable {
    package var now: @Sendable () -> Date
    /// Throws only when the task is cancelled.
    package var sleep: @Sendable (Duration) async throws -> Void

    package init(now: @escaping @Sendable () -> Date, sleep: @escaping @Sendable (Duration) async throws -> Void) {
        (self.now, self.sleep) = (now, sleep)
    }

    /// Sleeps in pieces: what cancels a sleep leaves its timer behind, until the sleep would have ended.
    package func sleep(until end: Date) async throws {
        while true {
            let rest = end.timeIntervalSince(now())
            guard rest > 0 else { return }
            try await sleep(.milliseconds(Int(min(rest, Self.longestPiece) * 1_000) + 1))
        }
    }

    private static let longestPiece: TimeInterval = 1

    package static let system = TimeSource(now: { Date() }, sleep: { try await Task.sleep(for: $0) })
}
