import Client
import Foundation
import Postgres

/// Reads from a real installation that holds many deployments, each with a simulated replica; and its memory.
enum Reads {
    private static let endpoints = 500
    private static let deploymentsEach = 20
    private static let rate = 200
    private static let count = 1_000
    private static let settleLimit = Duration.seconds(90)

    static func measure(on workbench: Workbench) async throws -> [Figure] {
        try await InstalledSluice.with(on: workbench, "full") { sluice in
            try await sluice.start()
            let total = endpoints * deploymentsEach
            Progress.say("  storing \(total) deployments")
            let (settled, ready) = try await sluice.withDatabase { try await fill($0, total) }
            // What the making left to do is done by then.
            try await Task.sleep(for: .seconds(10))
            let server = try sluice.controlPlane()
            // Some of what it does it does once a minute.
            let load = try await ProcessFigures.load(of: [server], over: .seconds(60)).first ?? .nan
            let memory = try ProcessFigures.residentMemory(server)
            var figures = [
                Figure(
                    "control plane memory, \(total) deployments", "\(memory.short) MiB RSS", goal: "< 200 MiB",
                    isMet: memory < 200 && ready == total),
                Figure("  replicas ready", "\(ready) of \(total) after \(settled.inSeconds.short) s"),
                Figure(
                    "  idle CPU of the control plane over a minute", "\(load.short) % of a core", goal: "< 1 %",
                    isMet: load < 1),
            ]
            let client = try sluice.makeClient()
            do {
                figures += try await read(client)
                try await client.shutdown()
            } catch {
                try await client.shutdown()
                throw error
            }
            return figures
        }
    }

    /// Stores the deployments and waits until planner and host have made their replicas, for a bounded time.
    private static func fill(_ database: Database, _ total: Int) async throws -> (Duration, ready: Int) {
        guard let workspace = try await database.query("SELECT id FROM workspaces").first?.decode(UUID.self) else {
            throw NotInTime(description: "the workspace is not there")
        }
        let stored = StoredResources(database: database, workspaceID: workspace)
        let start = ContinuousClock.now
        try await stored.insert(endpoints: endpoints, deploymentsEach: deploymentsEach)
        var ready = 0
        while ready < total, ContinuousClock.now - start < settleLimit {
            try await Task.sleep(for: .milliseconds(500))
            ready = try await stored.readyReplicas()
        }
        return (ContinuousClock.now - start, ready)
    }

    private static func read(_ client: SluiceClient) async throws -> [Figure] {
        let collection = "\(client.settings.workspacePath)/onlineEndpoints"
        // Another endpoint with each call.
        let deployments: @Sendable (Int) -> String = { "\(collection)/bench-\(1 + $0 * 7 % endpoints)/deployments" }
        let calls: [(name: String, goal: Double, path: @Sendable (Int) -> String)] = [
            ("GET of one deployment", 5, { "\(deployments($0))/d\(1 + $0 % deploymentsEach)" }),
            ("list of an endpoint's \(deploymentsEach) deployments", 10, deployments),
            ("list page of endpoints", 10, { _ in collection }),
        ]
        var figures: [Figure] = []
        for call in calls {
            Progress.say("  \(call.name)")
            _ = try await OpenLoop.run(rate: rate, count: rate / 2) { try await get(call.path($0), client) }
            let samples = try await OpenLoop.run(rate: rate, count: count) { try await get(call.path($0), client) }
            figures.append(Figure("\(call.name) at \(rate)/s over HTTPS", samples, p99Below: call.goal))
        }
        return figures
    }

    private static func get(_ path: String, _ client: SluiceClient) async throws {
        let response = try await client.get(path)
        guard response.status == 200 else {
            throw NotInTime(description: "GET \(path): \(response.status) \(response.text)")
        }
    }
}
