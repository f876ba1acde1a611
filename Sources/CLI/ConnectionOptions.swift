package import ArgumentParser
package import Client
import Foundation

/// Options of every command that talks to a Sluice.
package struct ConnectionOptions: ParsableArguments {
    @Option(
        help: """
            Credentials file that `sluice up` names. Without it: SLUICE_CREDENTIALS, the variables of `sluice env`, \
            and the usual places.
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
        try ClientSettings.load(
            credentials: credentials, usualPlace: standardFile, environment: ProcessInfo.processInfo.environment)
    }

    /// Where an installation of this account keeps it, if it is there.
    private var standardFile: String? {
        let places = ["/var/lib/sluice/credentials.json", NSHomeDirectory() + "/.sluice/credentials.json"]
        return places.first { FileManager.default.isReadableFile(atPath: $0) }
    }
}
