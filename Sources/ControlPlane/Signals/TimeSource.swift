package import Foundation

/// The wall clock and the passing of time, given to everything that depends on them.
package struct TimeSource: Sendable {
    package var now: @Sendable () -> Date
    /// Throws only when the task is cancelled.
    package var sleep: @Sendable (Duration) async throws -> Void

    package init(now: @escaping @Sendable () -> Date, sleep: @escaping @Sendable (Duration) async throws -> Void) {
        self.now = now
        self.sleep = sleep
    }

    package static let system = TimeSource(now: { Date() }, sleep: { try await Task.sleep(for: $0) })
}
