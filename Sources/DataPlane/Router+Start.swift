import Foundation
import Logging

extension Router {
    /// Publishes the tables the configuration names: the saved one, unless it is to wait, and the given one unless the
    /// saved one is newer.
    ///
    /// - Throws: an error if the given table cannot be read; a saved one that cannot be is left aside with a warning.
    package func loadTables() async throws {
        if configuration.savedTableWaitMs == 0 { await tables.restore() }
        guard let path = configuration.table else { return }
        let lines: Data
        do {
            lines = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw ConfigurationFault(key: "table", "names a file that cannot be read: \(path)")
        }
        do {
            _ = try await tables.publish(lines)
        } catch .outdated(let served) {
            logger.info(
                "the saved routing table is newer than the given one", metadata: ["table.generation": "\(served)"])
        } catch .malformed(let reason) {
            throw ConfigurationFault(key: "table", "names a file that is not a routing table: \(reason)")
        }
    }

    /// Publishes the saved table when nobody has pushed one in time: there is no control plane to ask. Replicas of it may
    /// be gone, which a control plane waits for only with routers that it counts.
    func restoreInTime() async {
        guard configuration.savedTableWaitMs > 0 else { return }
        // Only cancellation throws: the router ends.
        guard (try? await Task.sleep(for: .milliseconds(configuration.savedTableWaitMs))) != nil else { return }
        guard await tables.present.generation == 0 else { return }
        await tables.restore()
    }
}
