import ArgumentParser
import Foundation
import Server

struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Bring the database's schema up to date and end.",
        discussion: "`serve` does this at its start; run it alone to do it before a new version is rolled out.")

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        let configuration = try await options.load()
        let logger = ConfigurationOptions.logger(configuration.logLevel)
        let applied = try await SluiceServer(
            configuration, environment: ProcessInfo.processInfo.environment, logger: logger
        ).migrate()
        print(applied.isEmpty ? "The schema is up to date." : "Applied: \(applied.joined(separator: ", "))")
    }
}
