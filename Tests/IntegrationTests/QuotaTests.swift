import Client
import Foundation
import Resources
import TestSupport
import Testing

@Suite struct QuotaTests {
    private func deployment(_ environment: String, count: Int) -> String {
        TestBody.deployment(environment: environment, count: count)
    }

    @Test func `more instances than there is quota for are refused before anything starts`() async throws {
        var options = TestServerOptions.withoutRouters
        options.quota = QuotaLimits(cores: 20)
        try await TestServer.run(options) { server in
            let environment = try await server.makeEnvironment()
            try await server.makeEndpoint("house")
            let path = server.deployment("blue", of: "house")
            let refused = try await server.api.put(path, deployment(environment, count: 5))
            #expect(refused.status == 400 && refused.errorCode == "OutOfQuota", "\(refused.text)")
            #expect(refused.text.contains("24 needed, 0 of 20 in use") && refused.text.contains("4 would fit"))
            #expect(try await server.api.get(path).status == 404)
            try await server.putAndFinish(path, deployment(environment, count: 2))
            let patched = try await server.api.patch(path, #"{"sku": {"name": "Default", "capacity": 9}}"#)
            #expect(patched.status == 400 && patched.errorCode == "OutOfQuota")
            #expect(try await server.api.get(path)["properties.provisioningState"] == "Succeeded")
            let usages = try await server.api.get(
                "/subscriptions/\(server.api.settings.subscriptionID)/providers/Microsoft.MachineLearningServices/locations/local/usages"
            )
            #expect(usages["value.0.currentValue"] == "12" && usages["value.0.limit"] == "20")
            let sizes = try await server.api.get(
                "/subscriptions/\(server.api.settings.subscriptionID)/providers/Microsoft.MachineLearningServices/locations/local/vmSizes"
            )
            #expect(sizes["value.0.name"] == "Standard_DS1_v2")
        }
    }

    @Test func `a template is refused in preflight`() async throws {
        var options = TestServerOptions.withoutRouters
        options.quota = QuotaLimits(hostCores: 4)
        try await TestServer.run(options) { server in
            let environment = try await server.makeEnvironment()
            try await server.makeEndpoint("house")
            let body = deployment(environment, count: 2)
            let response = try await server.deploy("big", deployment: "blue", of: "house", body)
            #expect(
                response.status == 400 && response.text.contains("vCPUs of this host: 8 needed, 0 of 4 in use"),
                "\(response.text)")
        }
    }

    @Test func `endpoints of a subscription are counted`() async throws {
        var options = TestServerOptions.withoutRouters
        options.quota = QuotaLimits(endpoints: 1, deployments: 0)
        try await TestServer.run(options) { server in
            let environment = try await server.makeEnvironment()
            try await server.makeEndpoint("house")
            let second = try await server.api.put(server.endpoint("garden"), TestBody.endpoint())
            #expect(second.status == 400 && second.errorCode == "QuotaExceeded")
            let first = try await server.api.put(
                server.deployment("blue", of: "house"), deployment(environment, count: 1))
            #expect(first.status == 400 && first.text.contains("0 are allowed (quota.deployments)"))
        }
    }
}
