import ArgumentParser
import Foundation
import Server

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run the control plane in the foreground.",
        discussion:
            "Routers and replicas run in sessions of their own and go on when it ends; `sluice down` stops them.")

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let configuration = try await options.load()
        let logger = ConfigurationOptions.logger(configuration.logLevel)
        try await SluiceServer(configuration, environment: ProcessInfo.processInfo.environment, logger: logger).run()
    }
}
