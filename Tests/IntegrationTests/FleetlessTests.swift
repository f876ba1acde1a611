import Compute
import TestSupport
import Testing

/// A control plane whose routers are run by nobody, or by others.
@Suite struct FleetlessTests {
    @Test func `replicas are looked after without a fleet`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let environment = try await server.makeEnvironment()
            try await server.makeEndpoint("house")
            let response = try await server.api.put(
                server.deployment("blue", of: "house"), TestBody.deployment(environment: environment, count: 2))
            #expect(try await server.api.finish(response, within: .seconds(10))["status"] == "Succeeded")
            #expect(try server.simulated.running.count == 2)
        }
    }
}
