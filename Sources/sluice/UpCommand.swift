import ArgumentParser
import CLI
import Client
import Foundation
import Resources
import Server

struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up", abstract: "Start Sluice in the background, and deploy a sample if asked.",
        discussion: "Run again it changes nothing and is quick.")

    @OptionGroup var options: ConfigurationOptions

    @Option(help: "Folder of a sample to deploy and score, such as examples/iris.")
    var sample: String?

    func run() async throws {
        let configuration = try await options.load()
        let launcher = BackgroundServer(configuration, arguments: options.arguments)
        let wasRunning = try await launcher.start()
        let settings = try ClientSettings.load(credentials: configuration.data.credentials.path, environment: [:])
        print(wasRunning ? "Sluice is running." : "Sluice is up.")
        print("  API          \(settings.url)   (CA: \(settings.caBundle ?? ""))")
        print("  credentials  \(configuration.data.credentials.path)")
        print("  workspace    \(settings.workspacePath)")
        print("  logs         \(launcher.logFile.path)")
        guard let sample else { return }
        let client = try SluiceClient(settings)
        do {
            let result = try await SampleDeployment(client: client, folder: URL(filePath: sample)) { print("• \($0)") }
                .run()
            try await client.shutdown()
            report(result, settings, credentials: configuration.data.credentials.path)
        } catch {
            try await client.shutdown()
            throw error
        }
    }

    /// The key stays out of the terminal: the line reads it from the API.
    private func report(_ result: SampleDeployment.Result, _ settings: ClientSettings, credentials: String) {
        let name = URL(filePath: sample ?? "").lastPathComponent
        let isSecure = result.scoringURI.hasPrefix("https:")
        let trust = isSecure ? settings.caBundle.map { " --cacert \($0)" } ?? "" : ""
        print(
            """
              prediction   \(result.prediction)
              scoring URI  \(result.scoringURI)

            To score it again:
              KEY=$(\(SupportFiles.sibling("sluice")) online-endpoint get-credentials \(name) --credentials \(credentials) | sed 's/.*"primaryKey":"\\([^"]*\\)".*/\\1/')
              curl -s\(trust) \(result.scoringURI) -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" -d @\(result.request)
            """)
    }
}
