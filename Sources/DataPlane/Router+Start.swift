import Foundation
import Logging

extension Router {
    /// Publishes the tables the configuration names: the saved one, and the given one unless the saved one is newer.
    ///
    /// - Throws: an error if the given table cannot be read; a saved one that cannot be is left aside with a warning.
    package func loadTables() async throws {
        await tables.restore()
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
}
