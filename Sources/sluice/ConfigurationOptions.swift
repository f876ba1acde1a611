import ArgumentParser
import Foundation
import Logging
import Server

/// Options that say where the configuration comes from.
struct ConfigurationOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "Configuration file (YAML); by default /etc/sluice/sluice.yaml where it exists.")
    var config: String?

    @Option(
        name: .customLong("set"),
        help: "A key of the configuration, such as --set https.address=127.0.0.1:9443; may be repeated.")
    var overrides: [String] = []

    @Option(help: "Data directory; the same as --set data.directory=…")
    var dataDir: String?

    private var allOverrides: [String] { overrides + (dataDir.map { ["data.directory=\($0)"] } ?? []) }

    func load() async throws -> ServerConfiguration {
        try await ConfigurationSources(
            overrides: allOverrides, file: config, environment: ProcessInfo.processInfo.environment
        ).load()
    }

    /// The same options for a process that this one starts.
    var arguments: [String] {
        (config.map { ["--config", URL(filePath: $0).path] } ?? []) + allOverrides.flatMap { ["--set", $0] }
    }

    static func logger(_ level: Logger.Level) -> Logger {
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        var logger = Logger(label: "sluice")
        logger.logLevel = level
        return logger
    }
}
