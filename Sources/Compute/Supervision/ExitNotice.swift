import Dispatch
import Glibc

/// The kernel's word that a process has ended: a pidfd becomes readable (pidfd_open(2), Linux 5.3 and glibc 2.36).
enum ExitNotice {
    private typealias Open = @convention(c) (Int32, UInt32) -> Int32

    /// Returns when the process has ended, when the task is cancelled, or at once when the host has no pidfds.
    static func wait(for identity: ProcessIdentity) async {
        // Looked up by name: Swift's Glibc module leaves <sys/pidfd.h> out.
        guard let symbol = dlsym(nil, "pidfd_open") else { return }
        let descriptor = unsafeBitCast(symbol, to: Open.self)(identity.pid, 0)
        guard descriptor >= 0 else { return }
        let (events, continuation) = AsyncStream.makeStream(of: Void.self)
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: .global())
        source.setEventHandler { continuation.finish() }
        // Only now may the descriptor go: the queue does not look at it any more.
        source.setCancelHandler { close(descriptor) }
        source.activate()
        // The id may have passed on to another process before the descriptor was opened.
        if identity.isAlive {
            for await _ in events {}
        }
        source.cancel()
    }
}
