package import ArgumentParser
import Client
import Foundation
import Resources

/// `sluice group …`.
package struct GroupCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "group", abstract: "Manage resource groups.", subcommands: [Create.self, List.self, Delete.self])

    package init() {}

    private static func path(_ settings: ClientSettings, _ name: String = "") -> String {
        "/subscriptions/\(settings.subscriptionID)/resourceGroups" + (name.isEmpty ? "" : "/\(name)")
    }

    struct Create: ClientCommand {
        static let configuration = CommandConfiguration(abstract: "Make a resource group, or leave it as it is.")
        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Name of the resource group.") var name: String
        @Option(name: .shortAndLong, help: "Location, a name of your own.") var location = "local"

        func run(_ client: SluiceClient) async throws {
            let body = try JSONEncoder().encode(["location": location])
            try SluiceClient.check(
                try await client.put(path(client.settings, name), json: String(decoding: body, as: UTF8.self)))
            print("Resource group \(name) is there.")
        }
    }

    struct List: ClientCommand {
        static let configuration = CommandConfiguration(abstract: "List the resource groups.")
        @OptionGroup var connection: ConnectionOptions

        func run(_ client: SluiceClient) async throws {
            for group in try await client.list(path(client.settings)) {
                printRow(group["name"]?.text, group["location"]?.text)
            }
        }
    }

    struct Delete: ClientCommand {
        static let configuration = CommandConfiguration(abstract: "Delete a resource group with everything in it.")
        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Name of the resource group.") var name: String

        func run(_ client: SluiceClient) async throws {
            try await client.finish(try await client.delete(path(client.settings, name)))
        }
    }
}
