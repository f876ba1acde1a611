package import ArgumentParser
import Client
import Resources

/// `sluice online-deployment …`.
package struct OnlineDeploymentCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "online-deployment", abstract: "Look at the deployments of an endpoint, and at their logs.",
        subcommands: [List.self, Show.self, Logs.self, ScalingHistoryCommand.self, Delete.self])

    package init() {}

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List an endpoint's deployments.")
        @OptionGroup var connection: ConnectionOptions
        @Option(name: .shortAndLong, help: "Name of the endpoint.") var endpoint: String

        func run() async throws {
            try await connection.withClient { client in
                let answer = try await client.get(
                    client.settings.endpointPath(endpoint) + "/deployments")
                try SluiceClient.check(answer)
                for deployment in answer.json?["value"]?.elements ?? [] {
                    print(
                        [
                            deployment["name"]?.text ?? "", deployment["properties"]?["provisioningState"]?.text ?? "",
                            "\(deployment["sku"]?["capacity"]?.number ?? 0) instances",
                        ].joined(separator: "\t"))
                }
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print a deployment as the API answers it.")
        @OptionGroup var connection: ConnectionOptions
        @Option(name: .shortAndLong, help: "Name of the endpoint.") var endpoint: String
        @Argument(help: "Name of the deployment.") var name: String

        func run() async throws {
            try await connection.withClient { client in
                let answer = try await client.get(
                    client.settings.deploymentPath(endpoint, name))
                try SluiceClient.check(answer)
                print(answer.text)
            }
        }
    }

    struct Logs: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "get-logs", abstract: "Print the last lines of a deployment's log.")
        @OptionGroup var connection: ConnectionOptions
        @Option(name: .shortAndLong, help: "Name of the endpoint.") var endpoint: String
        @Argument(help: "Name of the deployment.") var name: String
        @Option(name: .shortAndLong, help: "How many lines.") var lines = 100
        @Flag(help: "What was fetched before the start, not what the model server wrote.") var storageInitializer =
            false

        func run() async throws {
            try await connection.withClient { client in
                let container = storageInitializer ? "StorageInitializer" : "InferenceServer"
                let answer = try await client.post(
                    client.settings.deploymentPath(endpoint, name) + "/getLogs",
                    json: #"{"tail":\#(lines),"containerType":"\#(container)"}"#)
                try SluiceClient.check(answer)
                print(answer.json?["content"]?.text ?? "")
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Delete a deployment without traffic.")
        @OptionGroup var connection: ConnectionOptions
        @Option(name: .shortAndLong, help: "Name of the endpoint.") var endpoint: String
        @Argument(help: "Name of the deployment.") var name: String

        func run() async throws {
            try await connection.withClient { client in
                try await client.finish(
                    try await client.delete(
                        client.settings.deploymentPath(endpoint, name)))
            }
        }
    }
}
