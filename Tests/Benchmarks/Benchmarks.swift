import ArgumentParser
import Foundation
import UnixSignals

/// `sluice-benchmarks`: measures the control plane against the figures that its design names.
///
/// Everything runs on a PostgreSQL of its own with `fsync` on, in a temporary directory, on loopback addresses.
@main
struct Benchmarks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice-benchmarks",
        abstract: "Measures the control plane and prints each figure beside its goal.",
        discussion: "Without sections it runs all of them: "
            + Section.allCases.map { "\($0.rawValue) (\($0.explanation))" }.joined(separator: ", ") + ".")

    enum Section: String, CaseIterable, ExpressibleByArgument {
        case endpoints, deployments, bulk, latency, throughput, parking, traffic, footprint, versions, reads, artifacts,
            templates, scaling

        var explanation: String {
            switch self {
            case .endpoints: "create an endpoint"
            case .deployments: "create a deployment and score it"
            case .bulk: "deploy 100 endpoints by one template"
            case .latency: "commit to start of an operation"
            case .throughput: "operations per second, beside procrastinate"
            case .parking: "10 000 operations that wait for their replicas"
            case .traffic: "traffic change at 1 000 and 10 000 endpoints"
            case .footprint: "start, memory and idle CPU"
            case .versions: "open files and start with 20 000 versions of assets"
            case .reads: "GET and lists with 10 000 deployments"
            case .artifacts: "2 GiB through the artifact store, beside nginx and the disk"
            case .scaling: "a day of 1 000 deployments that scale"
            case .templates: "evaluate templates of 800 resources, beside bicep-cost"
            }
        }
    }

    @Argument(help: "Sections to run.") var sections: [Section] = []
    @Option(help: "Operations of the section throughput.") var operations = 20_000
    @Flag(help: "Leave procrastinate and bicep-cost out, which are fetched from the package index.") var withoutPeer =
        false

    func run() async throws {
        let chosen = Set(sections.isEmpty ? Section.allCases : sections)
        // Interrupted, it still ends what it started.
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        let isWhole = try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await Workbench.with { try await measure(chosen, on: $0) }
                return true
            }
            group.addTask {
                for await _ in signals { return false }
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
        guard isWhole else { throw ExitCode.failure }
    }

    /// Prints each section when it ends, so that a run that is cut off has shown what it measured.
    private func measure(_ chosen: Set<Section>, on workbench: Workbench) async throws {
        for section in Section.allCases where chosen.contains(section) {
            Progress.say("\(section.explanation) …")
            let load = SystemLoad.average
            var figures: [Figure]
            do {
                figures = try await measure(section, on: workbench)
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                Progress.say("  \(error)")
                figures = [Figure("\(section.explanation): did not run", "see above", isMet: false)]
            }
            print(Report(figures).text(load: "load average \(load) before, \(SystemLoad.average) after"))
            // A pipe would get it at the end only.
            fflush(nil)
        }
    }

    private func measure(_ section: Section, on workbench: Workbench) async throws -> [Figure] {
        switch section {
        case .endpoints: try await EndpointCreation.measure(on: workbench)
        case .deployments: try await DeploymentCreation.measure(on: workbench)
        case .bulk: try await TemplateDeployment.measure(on: workbench)
        case .latency: try await QueueLatency.measure(on: workbench)
        case .throughput:
            try await QueueThroughput(count: operations).measure(on: workbench, withPeer: !withoutPeer)
        case .parking: try await ParkedOperations(count: 10_000).measure(on: workbench)
        case .traffic: try await TrafficChange.measure(on: workbench)
        case .footprint: try await Footprint.measure(on: workbench)
        case .versions: try await AssetVersions.measure(on: workbench)
        case .reads: try await Reads.measure(on: workbench)
        case .artifacts: try await ArtifactTransfer.measure(on: workbench)
        case .scaling: try await DayOfScaling.measure(on: workbench)
        case .templates: try await TemplateEvaluation.measure(on: workbench, withPeer: !withoutPeer)
        }
    }
}
