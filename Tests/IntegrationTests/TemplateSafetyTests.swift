import ControlPlane
import Foundation
import Postgres
import Resources
import Synchronization
import TestSupport
import Testing

/// Deployments of twelve resources that are killed at every step, cancelled, or run beside each other.
@Suite struct TemplateSafetyTests {
    // MARK: The template

    /// A workspace with an environment, a model, code and a datastore; three endpoints with a deployment each, where
    /// one's traffic is part of it; and a nested deployment with another endpoint.
    static let template = TestBody.template(
        #"""
        "parameters": {"description": {"type": "string", "defaultValue": "first"}},
        "variables": {"workspace": "field", "environment":
          "[resourceId('Microsoft.MachineLearningServices/workspaces/environments/versions', 'field', 'minimal', '1')]"},
        "outputs": {
          "uri": {"type": "string", "value": "[reference(resourceId('Microsoft.MachineLearningServices/workspaces/onlineEndpoints', 'field', 'house-a')).scoringUri]"},
          "inner": {"type": "string", "value": "[reference('nested').outputs.name.value]"}}
        """#,
        resources: [
            resource("", "second", #""location": "westeurope", "properties": {}"#),
            resource(
                "/environments/versions", "field/minimal/1",
                #""properties": {"image": "mcr.microsoft.com/azureml/minimal-py311-inference:latest", "condaFile": "dependencies: [python>=3.9, pip]"}"#
            ),
            resource(
                "/models/versions", "field/house/1",
                #""properties": {"modelType": "custom_model", "modelUri": "azureml://datastores/workspaceblobstore/paths/m"}"#
            ),
            resource(
                "/codes/versions", "field/score/1",
                #""properties": {"codeUri": "https://localhost/sluice/code-1/src"}"#),
            resource(
                "/models/versions", "second/house/1",
                #""properties": {"modelType": "custom_model", "modelUri": "azureml://datastores/workspaceblobstore/paths/m"}"#
            ),
            endpoint("house-a", traffic: #"{"blue": 100}"#), endpoint("house-b"), endpoint("house-c"),
            deployment("house-a"), deployment("house-b"), deployment("house-c", after: "house-b"),
            #"""
            {"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "nested",
             "dependsOn": ["[resourceId('Microsoft.MachineLearningServices/workspaces/onlineEndpoints', 'field', 'house-a')]"],
             "properties": {"mode": "Incremental", "expressionEvaluationOptions": {"scope": "inner"},
              "parameters": {"name": {"value": "house-d"}, "uri": {"value":
                "[reference(resourceId('Microsoft.MachineLearningServices/workspaces/onlineEndpoints', 'field', 'house-a')).scoringUri]"}},
              "template": {"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
               "contentVersion": "1.0.0.0", "parameters": {"name": {"type": "string"}, "uri": {"type": "string"},
                 "id": {"type": "string", "defaultValue": "[newGuid()]"}},
               "resources": [{"type": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints", "apiVersion": "2024-04-01",
                 "name": "[concat('field/', parameters('name'))]", "location": "westeurope",
                 "tags": {"next": "[parameters('uri')]", "id": "[parameters('id')]"}, "properties": {"authMode": "Key"}}],
               "outputs": {"name": {"type": "string", "value": "[parameters('name')]"}}}}}
            """#,
        ])

    private static func resource(_ type: String, _ name: String, _ more: String) -> String {
        """
        {"type": "Microsoft.MachineLearningServices/workspaces\(type)", "apiVersion": "2024-04-01", "name": "\(name)", \(more)}
        """
    }

    private static func endpoint(_ name: String, traffic: String = "{}") -> String {
        resource(
            "/onlineEndpoints", "field/\(name)",
            #""location": "westeurope", "properties": {"authMode": "Key", "description": "[parameters('description')]", "traffic": \#(traffic)}"#
        )
    }

    private static func deployment(_ endpoint: String, after other: String? = nil) -> String {
        var before = [
            "[variables('environment')]",
            "[resourceId('Microsoft.MachineLearningServices/workspaces/onlineEndpoints', 'field', '\(endpoint)')]",
        ]
        if let other {
            before.append(
                "[resourceId('Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments', 'field', '\(other)', 'blue')]"
            )
        }
        return resource(
            "/onlineEndpoints/deployments", "field/\(endpoint)/blue",
            """
            "location": "westeurope", "sku": {"name": "Default", "capacity": 1},
            "dependsOn": [\(before.map { "\"\($0)\"" }.joined(separator: ", "))],
            "properties": {"endpointComputeType": "Managed", "environmentId": "[variables('environment')]",
              "instanceType": "Standard_DS3_v2"}
            """)
    }

    /// What must be there when the template has been deployed.
    private func state(of server: TestServer) async throws -> [String] {
        var lines = try await server.texts(
            """
            SELECT name || ' ' || provisioning_state || ' ' || (properties -> 'traffic')::text || ' '
                || coalesce(properties ->> 'description', '') || (generation = observed_generation)::text
            FROM online_endpoints ORDER BY name
            """)
        lines += try await server.texts(
            "SELECT name || ' ' || provisioning_state FROM online_deployments ORDER BY endpoint_id::text, name")
        lines += try await server.texts("SELECT kind || ' ' || name FROM asset_containers ORDER BY kind, name")
        lines += try await server.texts("SELECT name FROM workspaces ORDER BY name")
        return lines
    }

    private func expectedState(_ description: String = "first") -> [String] {
        [
            "house-a Succeeded {\"blue\": 100} \(description)true", "house-b Succeeded {} \(description)true",
            "house-c Succeeded {} \(description)true", "house-d Succeeded {} true", "blue Succeeded", "blue Succeeded",
            "blue Succeeded", "codes score", "environments minimal", "models house", "models house", "field", "second",
        ]
    }

    private func expectNothingOpen(_ server: TestServer) async throws {
        #expect(try await server.count("SELECT count(*) FROM operations WHERE finished_at IS NULL") == 0)
        #expect(try await server.count("SELECT count(*) FROM work_items") == 0)
        #expect(
            try await server.count("SELECT count(*) FROM template_deployments WHERE state IN ('Accepted', 'Running')")
                == 0)
        #expect(try await server.count("SELECT count(*) FROM template_deployment_steps WHERE state = 'Running'") == 0)
    }

    // MARK: Kills

    /// Stops the world at one of the moments in which steps begin and end.
    final class Moment: Sendable {
        private struct State {
            var count = 0
            var isOver = false
        }

        private let number: Int
        private let state = Mutex(State())

        init(_ number: Int) {
            self.number = number
        }

        /// Whether the moment has come.
        var isReached: Bool { state.withLock { $0.count >= number } }

        /// How many moments there were.
        var count: Int { state.withLock { $0.count } }

        /// After it is over, nothing stops.
        func end() { state.withLock { $0.isOver = true } }

        @Sendable func observe(_ step: TemplateDeploymentStep) async throws {
            let stops = state.withLock { state in
                state.count += 1
                return state.count >= number && !state.isOver
            }
            // Until the control plane that this is part of is gone.
            while stops { try await Task.sleep(for: .seconds(60)) }
        }
    }

    /// Moments of an undisturbed deployment: two for each of its 14 steps (an endpoint is put twice, and the outputs
    /// are one) and for the two steps of the nested deployment.
    static let moments = 32

    /// Runs `body` when a deployment has come to the moment.
    static func runUntil(
        _ moment: Moment, _ body: @escaping @Sendable (TestServer, Moment, String) async throws -> Void
    ) async throws {
        var options = TestServerOptions.withoutRouters
        options.onTemplateStep = moment.observe
        try await TestServer.run(options) { server in
            let path = server.templateDeployment("twelve")
            #expect(try await server.api.put(path, TestBody.deployment(of: template)).status == 201)
            try await eventually("the moment") { moment.isReached }
            try await body(server, moment, path)
        }
    }

    @Test(arguments: 1...moments) func `a control plane that is killed at any moment changes nothing of the end`(
        _ number: Int
    ) async throws {
        try await Self.runUntil(Moment(number)) { server, moment, path in
            moment.end()
            try await server.restart()
            try await server.untilEnded(path)
            let end = try await server.api.get(path)
            #expect(end["properties.provisioningState"] == "Succeeded", "\(end.text)")
            #expect(end["properties.outputs.inner.value"] == "house-d")
            #expect(try await state(of: server) == expectedState())
            try await expectNothingOpen(server)
        }
    }

    @Test func `an undisturbed deployment has as many moments as are tried`() async throws {
        let moment = Moment(.max)
        var options = TestServerOptions.withoutRouters
        options.onTemplateStep = moment.observe
        try await TestServer.run(options) { server in
            let end = try await server.deploy("twelve", Self.template)
            #expect(end["properties.provisioningState"] == "Succeeded", "\(end.text)")
            #expect(moment.count == Self.moments)
            #expect(try await state(of: server) == expectedState())
            let steps = try await server.api.get("\(server.group)/deployments/twelve/operations").json["value"].items
            #expect(steps.count == 14)
            #expect(Set(steps.compactMap { $0["properties.provisioningState"].text }) == ["Succeeded"])
            try await expectNothingOpen(server)
        }
    }

    // MARK: The same again

    @Test func `the same template again changes nothing`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            _ = try await server.deploy("twelve", Self.template)
            let before = try await generations(server)
            let start = try await server.api.get(server.templateDeployment("nested"))["properties.parameters.id.value"]
            let again = try await server.deploy("twelve", Self.template)
            #expect(again["properties.provisioningState"] == "Succeeded", "\(again.text)")
            // A new run makes a new guid, which the nested template puts into a tag.
            let fresh = try await server.api.get(server.templateDeployment("nested"))["properties.parameters.id.value"]
            #expect(start != fresh)
            let after = try await generations(server)
            #expect(after.filter { !$0.hasPrefix("house-d") } == before.filter { !$0.hasPrefix("house-d") })
        }
    }

    private func generations(_ server: TestServer) async throws -> [String] {
        try await server.texts(
            """
            SELECT name || ' ' || generation || ' ' || revision FROM online_endpoints
            UNION ALL SELECT name || ' ' || generation || ' ' || revision FROM online_deployments
            UNION ALL SELECT name || ' ' || generation || ' ' || revision FROM workspaces ORDER BY 1
            """)
    }

    // MARK: Cancelling

    @Test(arguments: [1, 6, 12, 20, 27]) func `a cancelled deployment ends, and what it began goes on`(
        _ number: Int
    ) async throws {
        try await Self.runUntil(Moment(number)) { server, moment, path in
            #expect(try await server.api.post("\(path)/cancel").status == 204)
            moment.end()
            let end = try await server.api.get(path)
            #expect(end["properties.provisioningState"] == "Canceled")
            #expect(end["properties.error.code"] == "OperationCanceled")
            let again = try await server.api.post("\(path)/cancel")
            #expect((again.status, again.errorCode) == (409, "DeploymentCannotBeCancelled"))
            // Operations of resources run on to their own end.
            try await eventually("everything at rest") {
                try await server.count("SELECT count(*) FROM work_items") == 0
            }
            try await expectNothingOpen(server)
            let steps = try await server.api.get("\(server.group)/deployments/twelve/operations").json["value"].items
            #expect(!steps.contains { $0["properties.provisioningState"].text == "Running" })
            // The template posted again brings everything about.
            let whole = try await server.deploy("twelve", Self.template)
            #expect(whole["properties.provisioningState"] == "Succeeded", "\(whole.text)")
            #expect(try await state(of: server) == expectedState())
        }
    }

    // MARK: Two at once

    @Test func `two deployments over the same resources both end, and one of them has the last word`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let paths = ["left", "right"].map { server.templateDeployment($0) }
            async let left = server.api.put(
                paths[0],
                TestBody.deployment(of: Self.template, parameters: #"{"description": {"value": "left"}}"#))
            async let right = server.api.put(
                paths[1],
                TestBody.deployment(
                    of: Self.template.replacing("\"nested\"", with: "\"other\"").replacing("'nested'", with: "'other'"),
                    parameters: #"{"description": {"value": "right"}}"#))
            #expect(try await [left.status, right.status] == [201, 201])
            for path in paths { try await server.untilEnded(path) }
            for path in paths {
                let end = try await server.api.get(path)
                #expect(end["properties.provisioningState"] == "Succeeded", "\(end.text)")
            }
            try await expectNothingOpen(server)
            let found = try await server.texts(
                "SELECT properties ->> 'description' FROM online_endpoints WHERE name <> 'house-d'")
            #expect(Set(found).isSubset(of: ["left", "right"]))
            #expect(found.count == 3)
            let states = try await server.texts(
                "SELECT provisioning_state FROM online_endpoints UNION ALL SELECT provisioning_state FROM online_deployments"
            )
            #expect(Set(states) == ["Succeeded"])
        }
    }

    @Test func `a deployment of a name that is active is refused`() async throws {
        try await Self.runUntil(Moment(3)) { server, moment, path in
            let body = TestBody.deployment(of: Self.template)
            for refused in [
                try await server.api.put(path, body), try await server.api.post("\(path)/validate", body),
                try await server.api.delete(path),
            ] {
                #expect((refused.status, refused.errorCode) == (409, "DeploymentActive"))
            }
            #expect(try await server.api.post("\(path)/cancel").status == 204)
            moment.end()
            #expect(try await server.api.delete(path).status == 204)
            #expect(try await server.api.get(path).errorCode == "DeploymentNotFound")
        }
    }
}
