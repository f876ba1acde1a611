import Artifacts
import Logging
import ServiceLifecycle

/// Removes what broken-off uploads left in the artifact store, at the start and every hour.
struct ArtifactSweeper: Service {
    let store: ArtifactStore
    let logger: Logger

    private static let interval = Duration.seconds(3_600)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    _ = try await store.sweep()
                } catch {
                    logger.warning("sweeping the artifact store failed", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: Self.interval)  // only cancellation throws, and the loop sees it
            }
        }
    }
}
