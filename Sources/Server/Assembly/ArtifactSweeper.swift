import Artifacts
import Logging
import ServiceLifecycle

/// Removes what broken-off uploads left in the artifact store: at the start what lies outside of containers, so that a
/// start takes as long with many containers as with few, and every hour the rest.
struct ArtifactSweeper: Service {
    let store: ArtifactStore
    let logger: Logger

    private static let interval = Duration.seconds(3_600)
    /// An installation that is started again before an hour has passed is swept too.
    private static let firstDelay = Duration.seconds(300)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await report { ArtifactSweep(brokenUploads: try await store.sweepUploads()) }
            var delay = Self.firstDelay
            while !Task.isCancelled {
                try? await Task.sleep(for: delay)  // only cancellation throws, and the next lines see it
                delay = Self.interval
                if !Task.isCancelled { await report { try await store.sweep() } }
            }
        }
    }

    private func report(_ sweep: () async throws -> ArtifactSweep) async {
        do {
            let swept = try await sweep()
            logger.debug(
                "the artifact store was swept",
                metadata: [
                    "artifacts.broken_uploads": "\(swept.brokenUploads)",
                    "artifacts.expired_blocks": "\(swept.expiredBlocks)",
                    "artifacts.orphaned_contents": "\(swept.orphanedContents)",
                    "artifacts.open_containers": "\(store.openContainerCount)",
                ])
        } catch {
            if !Task.isCancelled {
                logger.warning("sweeping the artifact store failed", metadata: ["error": "\(error)"])
            }
        }
    }
}
