import Compute
import Foundation
import Postgres
import TestSupport
import Testing

@Suite struct DeletionTests {
    @Test func `a deployment with traffic stays`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            try await server.makeServing("house")
            let response = try await server.api.delete(server.deployment("BLUE", of: "house"))
            #expect((response.status, response.errorCode) == (409, "DeploymentHasTraffic"))
            try await server.makeEndpoint("house", traffic: ["blue": 0])
            try await server.deleteAndFinish(server.deployment("blue", of: "house"))
            #expect(try server.simulated.running.isEmpty)
        }
    }

    @Test func `a removed deployment leaves no row`() async throws {
        try await TestServer.run { server in
            try await server.makeServing("house", count: 2)
            try await server.makeEndpoint("house", traffic: [:])
            let path = server.deployment("blue", of: "house")
            let deleted = try await server.api.delete(path)
            #expect(deleted.status == 202)
            #expect(try await server.api.finish(deleted)["status"] == "Succeeded")
            #expect(try await server.api.get(path).status == 404)
            #expect(try await server.api.delete(path).status == 204)
            for table in ["online_deployments", "replicas", "workloads", "specifications", "work_items"] {
                #expect(try await server.count("SELECT count(*) FROM \(raw: table)") == 0, "\(table)")
            }
            #expect(try server.simulated.running.isEmpty)
        }
    }

    @Test func `a deletion asked for twice is one`() async throws {
        let gate = StepGate(kind: "delete_deployment", step: "routing")
        var options = TestServerOptions.withoutRouters
        options.afterStep = gate.observer
        try await TestServer.run(options) { server in
            try await server.makeServing("house")
            try await server.makeEndpoint("house", traffic: [:])
            let path = server.deployment("blue", of: "house")
            let first = try await server.api.delete(path)
            try await gate.untilReached()
            let second = try await server.api.delete(path)
            #expect(second.status == 202)
            #expect(second.header("Azure-AsyncOperation") == first.header("Azure-AsyncOperation"))
            let environment = try await server.makeEnvironment()
            let put = try await server.api.put(path, TestBody.deployment(environment: environment))
            #expect(put.status == 409)
            // One instance is what it has: nothing to bring about, and still lost with the deployment.
            for body in [#"{"tags": {"a": "b"}}"#, #"{"sku": {"capacity": 1}}"#, #"{"sku": {"capacity": 2}}"#] {
                #expect(try await server.api.patch(path, body).status == 409)
            }
            #expect(try await server.api.get(path)["properties.provisioningState"] == "Deleting")
            gate.open()
            #expect(try await server.api.finish(first)["status"] == "Succeeded")
            try await server.putAndFinish(path, TestBody.deployment(environment: environment))
        }
    }

    @Test func `a deployment that is being made can be removed`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let (path, environment, made) = try await server.makePreparing("blue", of: "house")
            let deleted = try await server.api.delete(path)
            #expect(deleted.status == 202)
            #expect(try await server.api.finish(made)["status"] == "Canceled")
            #expect(try await server.api.finish(deleted)["status"] == "Succeeded")
            #expect(try await server.api.get(path).status == 404)
            try await server.putAndFinish(path, TestBody.deployment(environment: environment))
        }
    }

    @Test func `an endpoint goes with its deployments, also one that is being made`() async throws {
        try await TestServer.run { server in
            try await server.makeServing("house", count: 2)
            let environment = try await server.makeEnvironment()
            let green = try await server.api.put(
                server.deployment("green", of: "house"),
                TestBody.deployment(environment: environment, simulate: "start-delay=1m"))
            let deleted = try await server.api.delete(server.endpoint("house"))
            #expect(deleted.status == 202)
            let put = try await server.api.put(
                server.deployment("white", of: "house"), TestBody.deployment(environment: environment))
            #expect([404, 409].contains(put.status), "\(put.text)")
            #expect(try await server.api.finish(deleted)["status"] == "Succeeded")
            #expect(try await server.api.finish(green)["status"] == "Canceled")
            for table in ["online_endpoints", "online_deployments", "replicas", "endpoint_keys", "work_items"] {
                #expect(try await server.count("SELECT count(*) FROM \(raw: table)") == 0, "\(table)")
            }
            #expect(try server.simulated.running.isEmpty)
            try await server.makeServing("house")
        }
    }

    /// Nothing leads back from a deletion: it goes on to its end.
    @Test(arguments: ["delete_endpoint", "delete_deployment"])
    func `a deletion can't be cancelled, and ends`(_ kind: String) async throws {
        let gate = StepGate(kind: kind, step: "routing")
        var options = TestServerOptions.withoutRouters
        options.afterStep = gate.observer
        try await TestServer.run(options) { server in
            try await server.makeServing("house")
            try await server.makeEndpoint("house", traffic: [:])
            let isEndpoint = kind == "delete_endpoint"
            let path = isEndpoint ? server.endpoint("house") : server.deployment("blue", of: "house")
            let deleted = try await server.api.delete(path)
            try await gate.untilReached()
            let url = try #require(deleted.header("Azure-AsyncOperation"))
            let cancelled = try await server.api.post(url.replacingOccurrences(of: "?", with: "/cancel?"))
            #expect((cancelled.status, cancelled.errorCode) == (409, "Conflict"))
            gate.open()
            #expect(try await server.api.follow(url)["status"] == "Succeeded")
            #expect(try await server.count("SELECT count(*) FROM online_deployments") == 0)
            #expect(try server.simulated.running.isEmpty)
        }
    }
}
