import API
import ControlPlane
import Foundation
import Resources
import Server
import Store
import Synchronization

/// Traffic changes among many stored endpoints, until three real routers have acknowledged each.
enum TrafficChange {
    /// Endpoints that are stored, with the goal for the 99th percentile in milliseconds.
    private static let sizes: [(endpoints: Int, goal: Double)] = [(1_000, 10), (10_000, 50)]
    private static let changes = 200

    static func measure(on workbench: Workbench) async throws -> [Figure] {
        var figures: [Figure] = []
        for (endpoints, goal) in sizes { figures += try await measure(on: workbench, among: endpoints, goal: goal) }
        return figures
    }

    private static func measure(
        on workbench: Workbench, among endpoints: Int, goal: Double
    ) async throws -> [Figure] {
        let steps = StepEnds()
        let observer: OperationRunner.StepObserver = { operation, _ in steps.note(operation.id) }
        return try await BenchServer.run(on: workbench, schema: "traffic_\(endpoints)", afterStep: observer) { server in
            let stored = StoredResources(database: server.database, workspaceID: try await server.workspaceID())
            try await stored.insert(endpoints: endpoints, deploymentsEach: 1)
            try await wait(for: "\(endpoints) ready replicas", within: .seconds(300), every: .milliseconds(200)) {
                try await stored.readyReplicas() == endpoints
            }
            // The last replicas' tables reach the routers.
            try await server.assembly.publisher.publishAndWait()
            var fromCommit = Samples()
            var fromCall = Samples()
            for index in 1...changes {
                let called = ContinuousClock.now
                let (id, committed) = try await change("bench-\(index)", on: server)
                let acknowledged = try await end(of: id, on: server, steps)
                fromCommit.add(max(.zero, acknowledged - committed))
                fromCall.add(acknowledged - called)
            }
            return [
                Figure(
                    "traffic change at \(endpoints) endpoints, commit to acknowledged by \(BenchServer.routerCount) routers",
                    fromCommit, p99Below: goal),
                Figure("  the same from the call of the service, so with its commit", fromCall),
            ]
        }
    }

    /// Sends all traffic to the only deployment; returns when the change was committed.
    private static func change(
        _ name: String, on server: BenchServer
    ) async throws -> (OperationID, ContinuousClock.Instant) {
        let request = OnlineEndpointRequest(
            envelope: ResourceEnvelope(location: BenchServer.location),
            properties: OnlineEndpointProperties(authMode: .key, traffic: ["d1": 100]))
        let outcome = try await server.assembly.services.endpoints.put(
            caller: server.caller, workspace: server.workspace, name: name, Requested(request), if: .none)
        let committed = ContinuousClock.now
        guard let operation = outcome.operation else { throw NotInTime(description: "no operation was started") }
        return (operation.id, committed)
    }

    /// When the routing step was over; returns after the operation's end.
    private static func end(
        of id: OperationID, on server: BenchServer, _ steps: StepEnds
    ) async throws -> ContinuousClock.Instant {
        try await wait(for: "the end of the operation", within: .seconds(20), every: .milliseconds(2)) {
            try await OperationStore(server.database).find(id)?.state == .succeeded
        }
        guard let end = steps.end(of: id) else { throw NotInTime(description: "the routing step was not seen") }
        return end
    }

    /// When the steps of operations ended, as the runner tells before it writes it.
}
