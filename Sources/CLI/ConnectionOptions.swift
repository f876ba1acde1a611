package import ArgumentParser
package import Client
import Foundation
import Resources

/// Options of every command that talks to a Sluice.
package struct ConnectionOptions: ParsableArguments {
    @Option(
        help: """
            Credentials file that `sluice up` names. Without it: SLUICE_CREDENTIALS, the variables of `sluice env`, \
            and the data directory.
            """)
    package var credentials: String?

    package init() {}

    /// Runs a command with a signed-in client.
    package func withClient<Result: Sendable>(_ body: (SluiceClient) async throws -> Result) async throws -> Result {
        let client = try SluiceClient(try settings())
        do {
            let result = try await body(client)
            try await client.shutdown()
            return result
        } catch {
            try await client.shutdown()
            throw error
        }
    }

    func settings() throws -> ClientSettings {
        let environment = ProcessInfo.processInfo.environment
        return try ClientSettings.load(
            credentials: credentials, usualPlace: ClientSettings.usualPlace(environment: environment),
            environment: environment)
    }
}
