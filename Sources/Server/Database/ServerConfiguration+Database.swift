import Logging
import Postgres

extension ServerConfiguration {
    /// Runs `body` with one connection to the installation's database, for commands that work without the API.
    func withDatabase<Result>(
        logger: Logger, _ body: (Database) async throws -> Result
    ) async throws -> Result {
        let cluster = databaseURL == nil ? try PrivateCluster(data, logger: logger) : nil
        let database = Database(
            settings: ConnectionSettings(url: databaseURL ?? cluster?.url ?? "", schema: schema), poolSize: 1,
            logger: logger)
        do {
            let result = try await body(database)
            await database.close()
            return result
        } catch {
            await database.close()
            throw error
        }
    }
}
