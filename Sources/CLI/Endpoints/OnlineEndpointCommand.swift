package import ArgumentParser
import Client
import Foundation
import NIOHTTP1
import Resources

/// `sluice online-endpoint …`.
package struct OnlineEndpointCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "online-endpoint", abstract: "Look at online endpoints, their keys, and score them.",
        subcommands: [List.self, Show.self, Credentials.self, Invoke.self, Delete.self])

    package init() {}

    struct List: ClientCommand {
        static let configuration = CommandConfiguration(abstract: "List the workspace's endpoints.")
        @OptionGroup var connection: ConnectionOptions

        func run(_ client: SluiceClient) async throws {
            for endpoint in try await client.list("\(client.settings.workspacePath)/onlineEndpoints") {
                let properties = endpoint["properties"]
                let traffic = properties?["traffic"]?.members.map { "\($0.name)=\($0.value.number ?? 0)%" } ?? []
                printRow(
                    endpoint["name"]?.text, properties?["provisioningState"]?.text, traffic.joined(separator: ","),
                    properties?["scoringUri"]?.text)
            }
        }
    }

    struct Show: ClientCommand {
        static let configuration = CommandConfiguration(abstract: "Print an endpoint as the API answers it.")
        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Name of the endpoint.") var name: String

        func run(_ client: SluiceClient) async throws {
            try await client.get(client.settings.endpointPath(name)).show()
        }
    }

    struct Credentials: ClientCommand {
        static let configuration = CommandConfiguration(
            commandName: "get-credentials", abstract: "Print an endpoint's keys.")
        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Name of the endpoint.") var name: String

        func run(_ client: SluiceClient) async throws {
            try await client.post(client.settings.endpointPath(name) + "/listKeys").show()
        }
    }

    struct Invoke: ClientCommand {
        static let configuration = CommandConfiguration(
            abstract: "Score a request file.", discussion: "Example: sluice online-endpoint invoke iris -r request.json"
        )
        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Name of the endpoint.") var name: String
        @Option(name: .shortAndLong, help: "File that holds the request.") var requestFile: String
        @Option(name: .shortAndLong, help: "Deployment to ask, past the traffic split.") var deployment: String?

        func run(_ client: SluiceClient) async throws {
            let path = client.settings.endpointPath(name)
            let endpoint = try await client.get(path)
            try SluiceClient.check(endpoint)
            let keys = try await client.post("\(path)/listKeys")
            let uri = endpoint.json?["properties"]?["scoringUri"]?.text ?? ""
            var headers = [
                ("Authorization", "Bearer \(keys.json?["primaryKey"]?.text ?? "")"),
                ("Content-Type", "application/json"),
            ]
            if let deployment { headers.append(("azureml-model-deployment", deployment)) }
            let response = try await client.exchange(
                .POST, uri, body: try Data(contentsOf: URL(filePath: requestFile)), headers: headers)
            print(response.text)
            if response.status >= 400 { throw ExitCode.failure }
        }
    }

    struct Delete: ClientCommand {
        static let configuration = CommandConfiguration(abstract: "Delete an endpoint with its deployments.")
        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Name of the endpoint.") var name: String

        func run(_ client: SluiceClient) async throws {
            try await client.finish(try await client.delete(client.settings.endpointPath(name)))
        }
    }
}
