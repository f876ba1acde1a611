import ArgumentParser
import Foundation
import Logging
import Server

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Say what runs: control plane, routers, replicas.")

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let configuration = try await options.load()
        let logger = ConfigurationOptions.logger(.warning)
        let report = try await StatusReport.read(configuration, logger: logger)
        print(report.text)
        if !report.isServing { throw ExitCode.failure }
    }
}
