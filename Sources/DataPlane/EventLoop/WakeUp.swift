import CEpoll
import Glibc
import Synchronization

/// Wakes a loop that waits for events, from any thread.
final class WakeUp: Sendable {
    let descriptor: Int32
    /// Whether a ring was written that the loop has not seen: further rings need no system call.
    private let isRung = Atomic<Bool>(false)

    init() throws(SystemError) {
        descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard descriptor >= 0 else { throw SystemError("eventfd") }
    }

    deinit { close(descriptor) }

    func ring() {
        guard !isRung.exchange(true, ordering: .sequentiallyConsistent) else { return }
        var one: UInt64 = 1
        // Cannot block or fail: the counter is at most 1.
        _ = write(descriptor, &one, 8)
    }

    /// To be called by the loop before it looks at what it was woken for.
    func clear() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, 8)
        isRung.store(false, ordering: .sequentiallyConsistent)
    }
}
