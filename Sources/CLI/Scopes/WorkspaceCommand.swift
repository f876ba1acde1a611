package import ArgumentParser
import Client
import Foundation
import Resources

/// `sluice workspace …`.
package struct WorkspaceCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "workspace", abstract: "Manage workspaces, and tell MLClient of one.",
        subcommands: [Create.self, List.self, WriteConfig.self, Delete.self])

    package init() {}

    struct Create: ClientCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a workspace, or leave it as it is.",
            discussion: "Example: sluice workspace create team-a --write-config ~/project")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var group: GroupOption
        @Argument(help: "Name of the workspace.") var name: String
        @Option(name: .shortAndLong, help: "Location; by default that of the resource group.") var location: String?
        @Option(help: "Directory to write a config.json to.") var writeConfig: String?

        func run(_ client: SluiceClient) async throws {
            let path = "\(group.collection(client.settings))/\(name)"
            let present = try await client.get(path)
            if present.status == 404 {
                let place = try await groupLocation(client)
                let body = try JSONEncoder().encode(["location": place])
                try SluiceClient.check(try await client.put(path, json: String(decoding: body, as: UTF8.self)))
            } else {
                try SluiceClient.check(present)
            }
            print("Workspace \(name) is there.")
            guard let writeConfig else { return }
            try ConfigFile(client.settings, group.resourceGroup, name).write(into: writeConfig)
        }

        private func groupLocation(_ client: SluiceClient) async throws -> String {
            if let location { return location }
            let response = try await client.get(group.path(client.settings))
            try SluiceClient.check(response)
            return response.json?["location"]?.text ?? "local"
        }
    }

    struct List: ClientCommand {
        static let configuration = CommandConfiguration(abstract: "List the workspaces of a resource group.")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var group: GroupOption

        func run(_ client: SluiceClient) async throws {
            for workspace in try await client.list(group.collection(client.settings)) {
                printRow(workspace["name"]?.text, workspace["location"]?.text)
            }
        }
    }

    struct WriteConfig: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the config.json that MLClient.from_config() reads.",
            discussion: "Example: sluice workspace write-config --directory ~/project")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var group: GroupOption
        @Argument(help: "Name of the workspace; by default that of the credentials.") var name: String?
        @Option(name: .shortAndLong, help: "Directory that gets the file.") var directory = "."

        func run() throws {
            let settings = try connection.settings()
            try ConfigFile(settings, group.resourceGroup, name ?? settings.workspace).write(into: directory)
        }
    }

    struct Delete: ClientCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a workspace without endpoints, with its assets.")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var group: GroupOption
        @Argument(help: "Name of the workspace.") var name: String

        func run(_ client: SluiceClient) async throws {
            try SluiceClient.check(try await client.delete("\(group.collection(client.settings))/\(name)"))
        }
    }
}

/// `config.json` as azure-ai-ml reads it.
private struct ConfigFile: Encodable {
    let subscriptionID: String
    let resourceGroup: String
    let workspace: String

    private enum CodingKeys: String, CodingKey {
        case subscriptionID = "subscription_id"
        case resourceGroup = "resource_group"
        case workspace = "workspace_name"
    }

    init(_ settings: ClientSettings, _ resourceGroup: String?, _ workspace: String) {
        subscriptionID = settings.subscriptionID
        self.resourceGroup = resourceGroup ?? settings.resourceGroup
        self.workspace = workspace
    }

    func write(into directory: String) throws {
        let file = URL(filePath: directory, directoryHint: .isDirectory).appending(path: "config.json")
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try encoder.encode(self).write(to: file, options: .atomic)
        print("Wrote \(file.path)")
    }
}

extension GroupOption {
    fileprivate func collection(_ settings: ClientSettings) -> String {
        "\(path(settings))/providers/Microsoft.MachineLearningServices/workspaces"
    }
}
