import Postgres
import TestSupport
import Testing

/// Numbers of bodies on their way through the control plane.
@Suite struct QuantityTests {
    private func deployment(_ environment: String, cpu: String, memory: String) -> String {
        TestBody.deployment(
            environment: environment,
            more:
                #""containerResourceRequirements": {"containerResourceLimits": {"cpu": "\#(cpu)", "memory": "\#(memory)"}}"#
        ).replacing("\"Managed\"", with: "\"Kubernetes\"")
    }

    @Test func `container limits beyond the bounds are refused, and those at the bounds start a replica`() async throws
    {
        try await TestServer.run(.withoutRouters) { server in
            let environment = try await server.makeEnvironment()
            try await server.makeEndpoint("house")
            let path = server.deployment("blue", of: "house")
            let limits = "$.properties.containerResourceRequirements.containerResourceLimits"
            for (cpu, memory, target) in [
                ("900000000000000", "1Gi", "\(limits).cpu"), ("1e300", "1Gi", "\(limits).cpu"),
                ("1", "9223372036854775808", "\(limits).memory"), ("1", "2Pi", "\(limits).memory"),
                ("-1", "1Gi", "\(limits).cpu"), ("NaN", "1Gi", "\(limits).cpu"),
            ] {
                let body = deployment(environment, cpu: cpu, memory: memory)
                let refused = try await server.api.put(path, body)
                #expect((refused.status, refused.errorCode) == (400, "InvalidRequestContent"), "\(refused.text)")
                #expect(refused["error.target"] == target, "\(refused.text)")
                let preflight = try await server.deploy("numbers", deployment: "blue", of: "house", body)
                #expect(preflight.status == 400 && preflight.text.contains("containerResourceLimits"))
            }
            try await server.putAndFinish(path, deployment(environment, cpu: "10000", memory: "1Pi"))
            #expect(
                try await server.texts(
                    "SELECT body -> 'resources' ->> 'cpuMillicores' FROM specifications")
                    == ["10000000"])
            #expect(try await server.api.get(path)["properties.provisioningState"] == "Succeeded")
        }
    }
}
