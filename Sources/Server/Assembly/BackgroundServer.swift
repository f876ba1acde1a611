import Compute
package import Foundation

/// Starts `sluice serve` in the background and waits until it answers.
package struct BackgroundServer: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private let configuration: ServerConfiguration
    private let arguments: [String]

    private static let startDeadline = Duration.seconds(120)
    /// Lines of the log that an error shows.
    private static let shownLines = 20

    package init(_ configuration: ServerConfiguration, arguments: [String]) {
        (self.configuration, self.arguments) = (configuration, arguments)
    }

    package var logFile: URL { configuration.data.logs.appending(path: "serve.log") }

    /// True when it was running before.
    package func start() async throws -> Bool {
        let running = ProcessRecord.running(configuration.data.processRecord)
        if let running, ReadyRecord.exists(configuration.data, for: running) { return true }
        let process = try running ?? launch()
        let deadline = ContinuousClock.now + Self.startDeadline
        while ContinuousClock.now < deadline {
            if ReadyRecord.exists(configuration.data, for: process) { return running != nil }
            guard process.isAlive else {
                _ = ChildProcess.reap(process)
                throw Failure(description: "The control plane ended while it started:\n\(lastLines())")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw Failure(description: "The control plane did not get ready in time:\n\(lastLines())")
    }

    /// With an arena per thread the C library keeps many times what short tasks on many threads have freed. With few
    /// arenas threads wait for their locks, unless each keeps more than seven freed pieces of a size for itself.
    private static let heapSettings = [
        "MALLOC_ARENA_MAX": "2", "GLIBC_TUNABLES": "glibc.malloc.tcache_count=100",
    ]

    private func launch() throws -> ProcessIdentity {
        try configuration.data.create()
        let environment = ProcessInfo.processInfo.environment.merging(Self.heapSettings) { given, _ in given }
        return try ChildProcess.spawn(
            ChildLaunch(
                executable: SupportFiles.sibling("sluice"), arguments: ["serve"] + arguments,
                environment: environment,
                workingDirectory: URL(filePath: FileManager.default.currentDirectoryPath), logFile: logFile))
    }

    private func lastLines() -> String {
        // Without a log there is nothing to show.
        let text = (try? String(contentsOf: logFile, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").suffix(Self.shownLines).joined(separator: "\n")
    }
}
