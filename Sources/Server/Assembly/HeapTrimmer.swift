import Platform
import ServiceLifecycle

/// Gives back the memory that bursts have left free: without it a control plane would stay as large as it was once.
struct HeapTrimmer: Service {
    private static let interval = Duration.seconds(20)
    /// In bytes; less is not worth the wait of those who allocate meanwhile.
    private static let least = 32 << 20

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.interval)  // only cancellation throws, and the loop sees it
                await DiskWork.run { _ = Heap.trim(atLeast: Self.least) }
            }
        }
    }
}
