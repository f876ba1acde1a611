import Synchronization

/// Says once that something has happened.
package final class Flag: Sendable {
    private let state = Mutex(false)

    package init() {}

    package var isSet: Bool { state.withLock { $0 } }

    package func set() {
        state.withLock { $0 = true }
    }
}
