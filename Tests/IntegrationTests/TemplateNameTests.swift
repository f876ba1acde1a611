import TestSupport
import Testing

/// Names of template deployments.
@Suite struct TemplateNameTests {
    private static let outer = #""outputs": {"text": {"type": "string", "value": "outer"}}"#

    @Test(arguments: ["h%C3%A4user", "Lx%C3%95", "(a).b_c"])
    func `a name of any alphabet leads to the operation`(_ name: String) async throws {
        try await TestServer.run(.withoutRouters) { server in
            let accepted = try await server.api.put(
                server.templateDeployment(name), TestBody.deployment(of: TestBody.template(Self.outer)))
            #expect(accepted.status == 201, "\(accepted.text)")
            let status = try #require(accepted.header("Azure-AsyncOperation"))
            #expect(status.utf8.allSatisfy { $0 < 128 })
            try await eventually { try await server.api.get(status)["status"] == "Succeeded" }
        }
    }
}
