package import ArgumentParser
import Client
import Foundation
import NIOHTTP1
import Resources

/// `sluice deployment …`.
package struct DeploymentCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "deployment", abstract: "Deploy ARM templates.", subcommands: [Group.self])

    package init() {}

    /// `sluice deployment group …`, with the options of `az deployment group`.
    struct Group: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Deploy ARM templates to a resource group.",
            subcommands: [
                Create.self, Validate.self, WhatIf.self, Show.self, List.self, Operations.self, Cancel.self,
                Delete.self, Export.self,
            ])
    }

    /// A deployment of the history.
    struct Target: ParsableArguments {
        @OptionGroup var scope: GroupOption
        @Option(name: .shortAndLong, help: "Name of the deployment.") var name: String

        func path(_ settings: ClientSettings) -> String { "\(scope.deployments(settings))/\(name)" }
    }

    /// What is to be deployed, and how it is shown.
    struct TemplateOptions: ParsableArguments {
        @OptionGroup var scope: GroupOption
        @Option(name: .shortAndLong, help: "Name of the deployment; by default that of the template's file.")
        var name: String?
        @Option(name: [.customShort("f"), .long], help: "File that holds the template.") var templateFile: String
        @Option(
            name: .shortAndLong, parsing: .upToNextOption,
            help: "Parameters: files, JSON texts, and name=value; later ones win.")
        var parameters: [String] = []
        @Option(help: "Incremental, or Complete: delete what the template does not name.") var mode = "Incremental"
        @Flag(help: "Write without colours, as is done when the output is no terminal.") var noColor = false

        func path(_ settings: ClientSettings) -> String { "\(scope.deployments(settings))/\(deploymentName)" }

        var deploymentName: String {
            name ?? URL(filePath: templateFile).deletingPathExtension().lastPathComponent
        }

        func body(_ more: [(name: String, value: JSONValue)] = []) throws -> String {
            try DeploymentInputs(templateFile: templateFile, parameters: parameters).body(mode: mode, more)
        }

        var painter: Painter { Painter(isColored: !noColor && Painter.outputIsTerminal) }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Deploy a template, and show what becomes of each resource.",
            discussion:
                "Example: sluice deployment group create -f template.json -p parameters.json location=westeurope")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var options: TemplateOptions
        @Flag(help: "Return as soon as the deployment is accepted.") var noWait = false

        func run() async throws {
            let body = try options.body()
            try await connection.withClient { client in
                let accepted = try await client.put(options.path(client.settings), json: body)
                try ErrorTree.check(accepted, options.painter)
                guard !noWait else { return print("The deployment '\(options.deploymentName)' is accepted.") }
                try await DeploymentProgress(
                    client: client, path: options.path(client.settings), painter: options.painter
                )
                .follow()
            }
        }
    }

    struct Validate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tell everything that is wrong with a template, without deploying anything.")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var options: TemplateOptions

        func run() async throws {
            let body = try options.body()
            try await connection.withClient { client in
                let response = try await client.post("\(options.path(client.settings))/validate", json: body)
                try ErrorTree.check(response, options.painter)
                let resources = response.json?["properties"]?["validatedResources"]?.elements ?? []
                print("The template is valid. It deploys \(resources.count) resources:")
                for resource in resources { print("  \(resource["id"]?.text ?? "")") }
            }
        }
    }

    struct WhatIf: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "what-if", abstract: "Show what a deployment would change.")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var options: TemplateOptions
        @Option(help: "FullResourcePayloads, or ResourceIdOnly.") var resultFormat = "FullResourcePayloads"

        func run() async throws {
            let format = JSONValue.object(JSONObject([("resultFormat", .string(resultFormat))]))
            let body = try options.body([("whatIfSettings", format)])
            try await connection.withClient { client in
                let accepted = try await client.post("\(options.path(client.settings))/whatIf", json: body)
                try ErrorTree.check(accepted, options.painter)
                let result = try await client.get(accepted.headers.first(name: "Location") ?? "")
                try ErrorTree.check(result, options.painter)
                if let error = result.json?["error"] { throw ErrorTree(error, options.painter) }
                let changes = result.json?["properties"]?["changes"]?.elements ?? []
                let report = WhatIfReport(
                    changes: changes, scope: options.scope.path(client.settings), painter: options.painter)
                print(report.text)
            }
        }
    }

    struct Show: ClientCommand {
        static let configuration = CommandConfiguration(abstract: "Print a deployment as the API answers it.")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var target: Target

        func run(_ client: SluiceClient) async throws {
            try await client.get(target.path(client.settings)).show()
        }
    }

    struct List: ClientCommand {
        static let configuration = CommandConfiguration(abstract: "List a group's deployments, the newest first.")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var scope: GroupOption

        func run(_ client: SluiceClient) async throws {
            for deployment in try await client.list(scope.deployments(client.settings)) {
                let properties = deployment["properties"]
                printRow(
                    deployment["name"]?.text, properties?["provisioningState"]?.text, properties?["mode"]?.text,
                    properties?["timestamp"]?.text, properties?["duration"]?.text)
            }
        }
    }

    struct Operations: ClientCommand {
        static let configuration = CommandConfiguration(abstract: "List what a deployment did about each resource.")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var target: Target

        func run(_ client: SluiceClient) async throws {
            for step in try await client.list("\(target.path(client.settings))/operations") {
                let properties = step["properties"]
                printRow(
                    properties?["provisioningOperation"]?.text, properties?["provisioningState"]?.text,
                    properties?["statusCode"]?.text, properties?["duration"]?.text,
                    properties?["targetResource"]?["id"]?.text)
            }
        }
    }

    struct Cancel: ClientCommand {
        static let configuration = CommandConfiguration(
            abstract: "Cancel a running deployment; what it has begun is not rolled back.")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var target: Target

        func run(_ client: SluiceClient) async throws {
            try SluiceClient.check(try await client.post("\(target.path(client.settings))/cancel"))
        }
    }

    struct Delete: ClientCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a deployment from the history; its resources stay.")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var target: Target

        func run(_ client: SluiceClient) async throws {
            try SluiceClient.check(try await client.delete(target.path(client.settings)))
        }
    }

    struct Export: ClientCommand {
        static let configuration = CommandConfiguration(abstract: "Print the template of a deployment.")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var target: Target

        func run(_ client: SluiceClient) async throws {
            let response = try await client.post("\(target.path(client.settings))/exportTemplate")
            try SluiceClient.check(response)
            print((response.json?["template"] ?? .null).pretty())
        }
    }
}

extension GroupOption {
    fileprivate func deployments(_ settings: ClientSettings) -> String {
        "\(path(settings))/providers/Microsoft.Resources/deployments"
    }
}
