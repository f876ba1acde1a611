import ArgumentParser
import Client
import Resources

/// `sluice online-deployment scaling-history`.
struct ScalingHistoryCommand: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "scaling-history", abstract: "Print who changed the number of instances, when and why.")
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var deployment: DeploymentArguments
    @Option(name: [.customShort("n"), .long], help: "How many decisions, the newest.") var count = 20

    func run(_ client: SluiceClient) async throws {
        let path = deployment.path(client.settings)
        let response = try await client.get("\(path)/scalingHistory?count=\(max(1, count))")
        try SluiceClient.check(response)
        for record in (response.json?["value"]?.elements ?? []).reversed() { print(Self.line(record)) }
    }

    /// `2026-01-31T12:00:00.123456Z  1 → 3  Overload  utilization  busy 1.00, queued 1.52`
    private static func line(_ record: JSONValue) -> String {
        let numbers = [("busy", "busy"), ("queued", "queued"), ("peak", "peak of the last minute"), ("value", "value")]
            .compactMap { name, label in
                record["inputs"]?[name]?.real.map { "\(label) \($0.twoDigits)" }
            }
        let texts = ["profile", "condition"].compactMap { record["inputs"]?[$0]?.text }
        return [
            record["decidedAt"]?.text ?? "",
            "\(Int(record["from"]?.real ?? 0)) → \(Int(record["to"]?.real ?? 0))",
            record["reason"]?.text ?? "", record["decidedBy"]?.text ?? "", (numbers + texts).joined(separator: ", "),
        ].joined(separator: "  ")
    }
}
