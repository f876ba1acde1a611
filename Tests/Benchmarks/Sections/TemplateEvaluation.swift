import Compute
import Foundation
import Resources
import Templates

/// Templates from their text to evaluated bodies in order, in turns with bicep-cost, the evaluator on the package index.
enum TemplateEvaluation {
    private static let rounds = 3
    private static let ours = 20
    private static let theirs = 3

    private struct Peer: Decodable {
        var times: [Double]
        var resources: Int
        var peak: Double
    }

    static func measure(on workbench: Workbench, withPeer: Bool) async throws -> [Figure] {
        let directory = try workbench.makeDirectory("templates")
        let peer =
            withPeer
            ? try await PythonPeer.install(
                on: workbench, "bicep-cost", requirements: "template_requirements.txt",
                script: "template_evaluation.py") : nil
        var figures: [Figure] = []
        for (name, text, goal) in [
            ("800 resources of one loop", GeneratedTemplate.loop, 25.0),
            ("800 resources written out", GeneratedTemplate.flat, 50.0),
        ] {
            let file = directory.appending(path: "\(UUID().uuidString).json")
            try text.write(to: file, atomically: true, encoding: .utf8)
            figures += try await compare(name, file, goal, peer)
        }
        if let largest = try largestFixture() {
            figures += try await compare("largest fixture, \(largest.lastPathComponent)", largest, 50, nil)
        }
        return figures
    }

    private static func compare(_ name: String, _ file: URL, _ limit: Double, _ peer: PythonPeer?) async throws
        -> [Figure]
    {
        let bytes = Array(try Data(contentsOf: file))
        var (samples, others): (Samples, Samples) = (Samples(), Samples())
        var (resources, peak): (Int, Double) = (0, 0)
        let memory = try PeakMemory()
        for _ in 0..<rounds {
            for _ in 0..<ours {
                let clock = ContinuousClock()
                let start = clock.now
                resources = try evaluate(bytes)
                samples.add(clock.now - start)
            }
            guard let peer else { continue }
            let response = try await peer.run([file.path, "\(theirs)"], as: Peer.self, limit: .seconds(300))
            for time in response.times { others.add(time) }
            peak = max(peak, response.peak)
        }
        let growth = try memory.growth()
        let ahead = others.values.isEmpty ? "" : ", ahead of bicep-cost"
        var figures = [
            Figure(
                "template, \(name): \(resources) evaluated and ordered",
                "median \(samples.p50.short) ms, peak +\(growth.short) MiB", goal: "< \(limit.short) ms\(ahead)",
                isMet: samples.p50 < min(limit, others.values.isEmpty ? .infinity : others.p50))
        ]
        if !others.values.isEmpty {
            figures.append(
                Figure("  bicep-cost", "median \(others.p50.short) ms, peak \(peak.short) MiB of the process"))
        }
        return figures
    }

    /// The number of resources, with the body of each and all outputs.
    private static func evaluate(_ bytes: [UInt8]) throws -> Int {
        struct Broken: Error {}
        let template = try Template(reading: try JSONParser.parse(bytes, as: .template))
        let program = try DeploymentProgram(
            template, supplied: nil, context: context, inputs: BindingInputs(now: Date(), newGuid: { UUID() }))
        let expansion = try program.expand()
        for resource in expansion.resources where resource.isDeployed {
            guard expansion.preview(of: resource).problems.isEmpty else { throw Broken() }
        }
        guard expansion.outputProblems().isEmpty else { throw Broken() }
        return expansion.resources.count
    }

    private static let context: DeploymentContext = {
        let scope = DeploymentScope(subscriptionID: "00000000-0000-0000-0000-000000000001", resourceGroup: "rg")
        func object(_ members: (String, String)...) -> JSONValue {
            .object(JSONObject(members.map { ($0.0, .string($0.1)) }))
        }
        return DeploymentContext(
            scope: scope, name: "d",
            subscription: object(
                ("id", "/subscriptions/\(scope.subscriptionID)"), ("subscriptionId", scope.subscriptionID)),
            tenant: object(("tenantId", "t")), environment: object(("name", "AzureCloud")),
            deployer: object(("objectId", "o")),
            resourceGroup: object(("id", scope.id), ("name", "rg"), ("location", "westus")))
    }()

    /// The largest of the shared templates that needs no parameters; nil where they are not at hand.
    private static func largestFixture() throws -> URL? {
        // Beside the sources, or not there.
        guard let root = try? Sources.find("Package.swift").deletingLastPathComponent().deletingLastPathComponent()
        else {
            return nil
        }
        let directory = root.appending(path: "shared/fixtures/arm-templates")
        let files = FileManager.default.enumerator(at: directory, includingPropertiesForKeys: [.fileSizeKey])
        var sized: [(file: URL, size: Int)] = []
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == "json" else { continue }
            sized.append((file, try file.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0))
        }
        // Most are no templates, or ask for parameters.
        return sized.sorted { $0.size > $1.size }
            .first { entry in (try? evaluate(Array(try Data(contentsOf: entry.file)))) != nil }?.file
    }
}

/// How much resident memory a stretch of work takes beyond what the process had.
private struct PeakMemory {
    private let process: ProcessIdentity
    private let before: Double

    init() throws {
        guard let process = ProcessIdentity(pid: ProcessInfo.processInfo.processIdentifier) else {
            throw ProcessFigures.Missing()
        }
        self.process = process
        // Linux forgets the peak so far.
        try "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
        before = try ProcessFigures.residentMemory(process)
    }

    func growth() throws -> Double {
        max(0, try ProcessFigures.peakMemory(process) - before)
    }
}
