import TestSupport
import Testing

/// Names of template deployments: the history has one entry for each.
@Suite struct TemplateNameTests {
    /// A nested deployment of inner scope that returns a text.
    private static func nested(
        _ name: String, _ output: String, resources: [String] = [], parameters: String = "{}", declared: String = "{}"
    ) -> String {
        let template = TestBody.template(
            #""parameters": \#(declared), "outputs": {"text": {"type": "string", "value": "\#(output)"}}"#,
            resources: resources)
        return #"""
            {"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "\#(name)",
             "properties": {"mode": "Incremental", "expressionEvaluationOptions": {"scope": "inner"},
              "parameters": \#(parameters), "template": \#(template)}}
            """#
    }

    private static let outer = #""outputs": {"text": {"type": "string", "value": "outer"}}"#

    static let shared = [
        TestBody.template(outer, resources: [nested("Root", "inner")]),
        TestBody.template(
            outer,
            resources: [
                nested("left", "a", resources: [nested("leaf", "of left")]),
                nested("right", "b", resources: [nested("Leaf", "of right")]),
            ]),
        TestBody.template(outer, resources: [nested("left", "a", resources: [nested("left", "b")])]),
    ]

    @Test(arguments: shared.indices)
    func `nested deployments that share a name are refused`(_ index: Int) async throws {
        try await TestServer.run(.withoutRouters) { server in
            let response = try await server.deploy("root", Self.shared[index])
            #expect((response.status, response.errorCode) == (400, "InvalidTemplate"), "\(response.text)")
            #expect(response["error.additionalInfo.0.type"] == "TemplateViolation")
            #expect(try await server.api.get(server.templateDeployment("root")).status == 404)
        }
    }

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

    /// A deployment in one that gets a parameter from the deployment `first`, whose output is its own name.
    private static func late(_ name: String) -> String {
        let late = nested(
            "late", "[parameters('text')]", resources: [nested(name, "of late")],
            parameters: #"{"text": {"value": "[reference('first').outputs.text.value]"}}"#,
            declared: #"{"text": {"type": "string"}}"#)
        return TestBody.template(outer, resources: [nested("first", "first"), late])
    }

    @Test func `a name is refused beside a parameter that is known only when it runs`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let response = try await server.deploy("root", Self.late("first"))
            #expect((response.status, response.errorCode) == (400, "InvalidTemplate"), "\(response.text)")
        }
    }

    @Test func `one whose name is known only when it runs fails instead of taking the other's entry`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let end = try await server.deploy("root", Self.late("[parameters('text')]"))
            #expect(end["properties.provisioningState"] == "Failed", "\(end.text)")
            #expect(end.text.contains("DeploymentActive"))
            let first = try await server.api.get(server.templateDeployment("first"))
            #expect(first["properties.outputs.text.value"] == "first")
        }
    }
}
