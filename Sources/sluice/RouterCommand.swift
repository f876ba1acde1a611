import ArgumentParser
import Foundation
import Logging
import Server

struct RouterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "router", abstract: "Look at the fleet of routers.", subcommands: [List.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the routers: state, routing table they serve, process, control address.",
            discussion:
                "Reads the database, so it answers without a control plane. `sluice-router --help` explains a router by itself."
        )

        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            let configuration = try await options.load()
            let logger = ConfigurationOptions.logger(.warning)
            print(try await StatusReport.routers(configuration, logger: logger).joined(separator: "\n"))
        }
    }
}
