import Compute
import Foundation
import Postgres
import Resources
import TestSupport
import Testing

/// Deployments that scale by utilization, with real routers.
@Suite struct UtilizationScalingTests {
    private func settings(_ minimum: Int, _ maximum: Int, target: Int = 70) -> String {
        """
        "scaleSettings": {"scaleType": "TargetUtilization", "minInstances": \(minimum), "maxInstances": \(maximum),
            "targetUtilizationPercentage": \(target)},
        "requestSettings": {"requestTimeout": "PT20S"}
        """
    }

    private func prepare(_ server: TestServer, _ stub: StubModel, scaling: String) async throws -> String {
        let environment = try await server.makeEnvironment()
        try await server.makeEndpoint("house")
        try await server.putAndFinish(
            server.deployment("blue", of: "house"),
            TestBody.deployment(environment: environment, simulate: "address=\(stub.address)", more: scaling))
        try await server.makeEndpoint("house", traffic: ["blue": 100])
        return environment
    }

    private func wanted(_ server: TestServer) async throws -> String? {
        try await server.texts("SELECT wanted::text FROM workloads").first
    }

    private func reasons(_ server: TestServer) async throws -> [String] {
        try await server.texts("SELECT reason FROM scaling_decisions ORDER BY created_at")
    }

    /// Keeps so many requests inside until `body` returns.
    private func load(_ server: TestServer, _ count: Int, while body: () async throws -> Void) async throws -> [Int] {
        let key = try await server.key(of: "house")
        let isOver = Flag()
        return try await withThrowingTaskGroup(of: [Int].self) { group in
            for _ in 0..<count {
                group.addTask {
                    var statuses: [Int] = []
                    while !isOver.isSet { statuses.append(try await server.score("house", key: key).status) }
                    return statuses
                }
            }
            do {
                try await body()
            } catch {
                isOver.set()
                throw error
            }
            isOver.set()
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    @Test func `load orders replicas, calm takes them away, and the ledger says why`() async throws {
        var options = TestServerOptions(routers: 2)
        options.scalingCalm = .seconds(2)
        try await TestServer.run(options) { server in
            let stub = try await server.stub("blue")
            stub.setDelay(.milliseconds(50))
            _ = try await prepare(server, stub, scaling: settings(1, 4))
            let statuses = try await load(server, 3) {
                try await eventually(within: .seconds(20), "four replicas are ordered and ready") {
                    try await server.texts("SELECT phase FROM replicas") == Array(repeating: "ready", count: 4)
                }
            }
            #expect(Set(statuses) == [200])
            try await eventually(within: .seconds(20), "one stays") {
                try await server.texts("SELECT phase FROM replicas") == ["ready"]
            }
            let history = try await server.api.get("\(server.deployment("blue", of: "house"))/scalingHistory")
            #expect(history.status == 200)
            #expect(history["value.0.reason"] == "Calm" && history["value.0.to"] == "1")
            #expect(history["value.0.decidedBy"] == "utilization")
            #expect(history["value.0.inputs.targetPercent"] == "70")
            #expect(try await reasons(server).first == "Overload")
            // The number that the caller wrote is still shown.
            let shown = try await server.api.get(server.deployment("blue", of: "house"))
            #expect(shown["sku.capacity"] == "1" && shown["properties.provisioningState"] == "Succeeded")
            let page = try await server.api.get("\(server.deployment("blue", of: "house"))/scalingHistory?count=1")
            let next = try #require(page["nextLink"])
            #expect(try await server.api.get(next)["value.0.id"] != page["value.0.id"])
        }
    }

    @Test func `at zero a request is held while a replica starts`() async throws {
        var options = TestServerOptions(routers: 2)
        options.scalingCalm = .seconds(1)
        options.behavior.startDelay = .milliseconds(300)
        try await TestServer.run(options) { server in
            let stub = try await server.stub("blue")
            _ = try await prepare(server, stub, scaling: settings(0, 3))
            try await eventually(within: .seconds(20), "all replicas are gone") {
                try await server.texts("SELECT phase FROM replicas").isEmpty
            }
            let key = try await server.key(of: "house")
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<20 { group.addTask { try await server.score("house", key: key).status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses == Array(repeating: 200, count: 20))
            #expect(try await reasons(server).prefix(2) == ["Idle", "Woken"])
        }
    }

    @Test func `another PUT keeps the number that the load asked for`() async throws {
        try await TestServer.run { server in
            let stub = try await server.stub("blue")
            let environment = try await prepare(server, stub, scaling: settings(1, 6))
            func put(_ scaling: String, variables: [String: String] = [:]) async throws {
                var variables = variables
                variables["SLUICE_SIMULATE"] = "address=\(stub.address)"
                try await server.putAndFinish(
                    server.deployment("blue", of: "house"),
                    TestBody.deployment(environment: environment, variables: variables, more: scaling))
            }
            // By hand, within the bounds; beyond them it is refused.
            let path = server.deployment("blue", of: "house")
            let patched = try await server.api.patch(path, #"{"sku": {"name": "Default", "capacity": 3}}"#)
            #expect(try await server.api.finish(patched)["status"] == "Succeeded" || patched.status == 202)
            try await eventually("three are ready") {
                try await server.texts("SELECT phase FROM replicas") == ["ready", "ready", "ready"]
            }
            let refused = try await server.api.patch(path, #"{"sku": {"name": "Default", "capacity": 9}}"#)
            #expect(refused.status == 400 && refused.text.contains("between 1 and 6 instances"))
            try await put(settings(1, 6), variables: ["VERSION": "2"])
            #expect(try await wanted(server) == "3")
            try await put(settings(1, 2))
            #expect(try await wanted(server) == "2")
            #expect(try await reasons(server) == ["Manual", "Manual"])
            try await put(#""scaleSettings": {"scaleType": "Default"}"#)
            #expect(try await wanted(server) == "1", "what sku.capacity says")
        }
    }
}
