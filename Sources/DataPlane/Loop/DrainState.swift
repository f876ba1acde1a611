import Synchronization

/// Whether a router drains; it never stops doing so.
final class DrainState: Sendable {
    private let value = Atomic<Bool>(false)

    var isDraining: Bool { value.load(ordering: .acquiring) }

    /// True for the first caller.
    func begin() -> Bool { !value.exchange(true, ordering: .acquiringAndReleasing) }
}
