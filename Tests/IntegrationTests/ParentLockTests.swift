import Compute
import Foundation
import Postgres
import TestSupport
import Testing

/// Writes of an endpoint and of its deployments that overlap: each decides by what the other one leaves.
@Suite struct ParentLockTests {
    private func withServer(_ body: (TestServer, ChosenFaults) async throws -> Void) async throws {
        let faults = ChosenFaults()
        var options = TestServerOptions.withoutRouters
        options.faults = faults.source
        try await TestServer.run(options) { try await body($0, faults) }
    }

    @Test func `a deployment that is made while its endpoint is deleted goes with it`() async throws {
        try await withServer { server, faults in
            let environment = try await server.makeEnvironment()
            try await server.makeEndpoint("house")
            // The deployment's transaction has read the endpoint and stands still; the deletion comes meanwhile.
            faults.set(.stalled(.milliseconds(400)), on: "INSERT INTO online_deployments")
            async let made = server.api.put(
                server.deployment("blue", of: "house"), TestBody.deployment(environment: environment))
            try await eventually("it stands still") { faults.areSpent }
            let deleted = try await server.api.delete(server.endpoint("house"))
            #expect(try await server.api.finish(deleted)["status"] == "Succeeded")
            _ = try await made
            #expect(try await server.api.get(server.endpoint("house")).status == 404)
            #expect(try await server.count("SELECT count(*) FROM online_deployments") == 0)
            try await eventually("nothing runs") { try server.simulated.running.isEmpty }
        }
    }

    @Test func `no traffic is put on a deployment that goes`() async throws {
        try await withServer { server, faults in
            let environment = try await server.makeEnvironment()
            try await server.makeEndpoint("house")
            let blue = server.deployment("blue", of: "house")
            try await server.putAndFinish(blue, TestBody.deployment(environment: environment))
            // The endpoint's transaction has found the deployment there and stands still.
            faults.set(.stalled(.milliseconds(400)), on: "UPDATE online_endpoints SET envelope")
            async let put = server.api.put(server.endpoint("house"), TestBody.endpoint(traffic: ["blue": 100]))
            try await eventually("it stands still") { faults.areSpent }
            let deleted = try await server.api.delete(blue)
            #expect(try await server.api.finish(try await put)["status"] == "Succeeded")
            #expect(deleted.status == 409 && deleted.errorCode == "DeploymentHasTraffic", "\(deleted.text)")
            #expect(try await server.api.get(blue).status == 200)
        }
    }
}
