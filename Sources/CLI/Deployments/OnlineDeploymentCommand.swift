package import ArgumentParser
import Client
import Resources

/// `sluice online-deployment …`.
package struct OnlineDeploymentCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "online-deployment", abstract: "Look at the deployments of an endpoint, and at their logs.",
        subcommands: [List.self, Show.self, Logs.self, ScalingHistoryCommand.self, Delete.self])

    package init() {}

    struct List: ClientCommand {
        static let configuration = CommandConfiguration(abstract: "List an endpoint's deployments.")
        @OptionGroup var connection: ConnectionOptions
        @Option(name: .shortAndLong, help: "Name of the endpoint.") var endpoint: String

        func run(_ client: SluiceClient) async throws {
            for deployment in try await client.list(client.settings.endpointPath(endpoint) + "/deployments") {
                printRow(
                    deployment["name"]?.text, deployment["properties"]?["provisioningState"]?.text,
                    "\(deployment["sku"]?["capacity"]?.number ?? 0) instances")
            }
        }
    }

    struct Show: ClientCommand {
        static let configuration = CommandConfiguration(abstract: "Print a deployment as the API answers it.")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var deployment: DeploymentArguments

        func run(_ client: SluiceClient) async throws {
            try await client.get(deployment.path(client.settings)).show()
        }
    }

    struct Logs: ClientCommand {
        static let configuration = CommandConfiguration(
            commandName: "get-logs", abstract: "Print the last lines of a deployment's log.")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var deployment: DeploymentArguments
        @Option(name: .shortAndLong, help: "How many lines.") var lines = 100
        @Flag(help: "What was fetched before the start, not what the model server wrote.") var storageInitializer =
            false

        func run(_ client: SluiceClient) async throws {
            let container = storageInitializer ? "StorageInitializer" : "InferenceServer"
            let response = try await client.post(
                deployment.path(client.settings) + "/getLogs",
                json: #"{"tail":\#(lines),"containerType":"\#(container)"}"#)
            try SluiceClient.check(response)
            print(response.json?["content"]?.text ?? "")
        }
    }

    struct Delete: ClientCommand {
        static let configuration = CommandConfiguration(abstract: "Delete a deployment without traffic.")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var deployment: DeploymentArguments

        func run(_ client: SluiceClient) async throws {
            try await client.finish(try await client.delete(deployment.path(client.settings)))
        }
    }
}
