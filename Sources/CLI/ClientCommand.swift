package import ArgumentParser
package import Client

/// A command that talks to a Sluice from its start to its end.
package protocol ClientCommand: AsyncParsableCommand {
    var connection: ConnectionOptions { get }
    func run(_ client: SluiceClient) async throws
}

extension ClientCommand {
    package func run() async throws {
        try await connection.withClient { try await run($0) }
    }
}

extension ClientResponse {
    /// Prints it as the API sent it, or throws the error that it holds.
    func show() throws {
        try SluiceClient.check(self)
        print(text)
    }
}

/// Prints columns with tabs between them.
func printRow(_ columns: String?...) {
    print(columns.map { $0 ?? "" }.joined(separator: "\t"))
}
