package import ArgumentParser
import Client
import Resources

/// `sluice autoscale …`.
package struct AutoscaleCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "autoscale", abstract: "Find out how many instances a load needs, before changing production.",
        subcommands: [Plan.self, Replay.self])

    package init() {}

    struct Plan: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Calculate the instances that a load needs.",
            discussion: "ceil(requests per second × latency / target utilization / requests per instance)")
        @Option(help: "Requests per second.") var rps: Double
        @Option(help: "Time that the model takes for a request, in seconds.") var latency: Double
        @Option(help: "Target utilization, in percent.") var target = 70
        @Option(help: "Requests that an instance takes at once (maxConcurrentRequestsPerInstance).") var concurrency = 1

        func validate() throws {
            guard (1...100).contains(target) else { throw ValidationError("--target is 1 to 100, not \(target).") }
            guard rps > 0, latency > 0, concurrency > 0 else {
                throw ValidationError("--rps, --latency and --concurrency are positive numbers.")
            }
        }

        func run() throws {
            guard
                let count = ReplicaCalculator.replicas(
                    requestsPerSecond: rps, requestSeconds: latency, targetPercent: target,
                    requestsPerReplica: concurrency)
            else { throw ValidationError("That is more than a million instances.") }
            print("\(count)")
        }
    }

    struct Replay: ClientCommand {
        static let configuration = CommandConfiguration(
            abstract: "Play a deployment's recorded load through other scale settings.",
            discussion: "Nothing is changed: the load of the last minutes runs through a model of the deployment.")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var deployment: DeploymentArguments
        @Option(help: "How many of the last minutes, up to 1440.") var minutes = 60
        @Option(help: "Fewest instances, instead of the deployment's own.") var min: Int?
        @Option(help: "Most instances.") var max: Int?
        @Option(help: "Target utilization, in percent.") var target: Int?
        @Option(help: "Least time between two scale-outs, in seconds.") var pollingInterval: Int?
        @Option(help: "Time from the order of an instance until it serves, in seconds.") var startSeconds = 3.0

        func run(_ client: SluiceClient) async throws {
            let path = deployment.path(client.settings)
            let shown = try await client.get(path)
            try SluiceClient.check(shown)
            let response = try await client.get("\(path)/load?minutes=\(minutes)")
            try SluiceClient.check(response)
            guard let load = RecordedLoad(response.json), let properties = shown.json?["properties"] else {
                throw ValidationError(
                    "Nothing was recorded of \(deployment.endpoint)/\(deployment.name) in the last \(minutes) minutes.")
            }
            let settings = try settings(of: properties["scaleSettings"])
            print(ReplayReport(load, settings, properties["requestSettings"], startSeconds: startSeconds).text)
        }

        private func settings(of own: JSONValue?) throws -> UtilizationSettings {
            func number(_ name: String) -> Int? { own?[name]?.number.map { Int($0) } }
            let settings = UtilizationSettings(
                minimum: min ?? number("minInstances") ?? 1, maximum: max ?? number("maxInstances") ?? 10,
                targetPercent: target ?? number("targetUtilizationPercentage") ?? 70,
                pollingMs: Int64(clamping: Double(pollingInterval ?? 1) * 1_000))
            guard (1...OnlineDeploymentRequest.instanceLimit).contains(settings.maximum),
                (0...settings.maximum).contains(settings.minimum), (1...100).contains(settings.targetPercent),
                (1_000...86_400_000).contains(settings.pollingMs), (0...86_400).contains(startSeconds)
            else {
                throw ValidationError(
                    "--min is at most --max, --max at most \(OnlineDeploymentRequest.instanceLimit), --target 1 to 100 and "
                        + "--polling-interval 1 to 86400; --start-seconds is 0 to 86400.")
            }
            return settings
        }
    }
}
