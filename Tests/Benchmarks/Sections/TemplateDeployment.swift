import Client
import Foundation
import Resources

/// A hundred endpoints made by one template while three routers serve, and the same template again.
enum TemplateDeployment {
    private static let count = 100
    private static let rounds = 5

    static func measure(on workbench: Workbench) async throws -> [Figure] {
        try await BenchServer.run(on: workbench, schema: "templates") { server in
            var (first, accepted, again) = (Samples(), Samples(), Samples())
            try await deploy("warmup", count: 1, on: server)
            for round in 0..<rounds {
                let times = try await deploy("round\(round)", count: count, on: server)
                accepted.add(times.accepted)
                first.add(times.whole)
                again.add(try await deploy("round\(round)", count: count, on: server).whole)
            }
            let each = (first.p50 / Double(count)).short
            return [
                Figure("template of \(count) endpoints, PUT sent to Succeeded seen by polling", first),
                Figure("  each endpoint's part of it", "\(each) ms"),
                Figure("  PUT alone: validated, checked, accepted", accepted),
                Figure(
                    "the same template again, nothing to change", again.text, goal: "p50 < 100 ms",
                    isMet: again.p50 < 100),
            ]
        }
    }

    private static func template(_ prefix: String, count: Int) -> String {
        """
        {"properties": {"mode": "Incremental", "template": {
          "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
          "contentVersion": "1.0.0.0",
          "resources": [{"type": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
            "apiVersion": "2024-04-01", "name": "[format('field/\(prefix)-{0}', copyIndex())]",
            "location": "[resourceGroup().location]", "tags": {"turn": "[string(copyIndex())]"},
            "properties": {"authMode": "Key"}, "copy": {"name": "endpoints", "count": \(count)}}]}}}
        """
    }

    @discardableResult
    private static func deploy(
        _ name: String, count: Int, on server: BenchServer
    ) async throws -> (accepted: Duration, whole: Duration) {
        let settings = server.client.settings
        let path =
            "/subscriptions/\(settings.subscriptionID)/resourceGroups/\(settings.resourceGroup)"
            + "/providers/Microsoft.Resources/deployments/\(name)"
        let start = ContinuousClock.now
        let response = try await server.client.put(path, json: template(name, count: count))
        let accepted = ContinuousClock.now - start
        try SluiceClient.check(response)
        try await wait(for: "the end of the deployment", within: .seconds(120), every: .milliseconds(5)) {
            let state = try await server.client.get(path).json?["properties"]?["provisioningState"]?.text
            guard state != "Failed" else { throw NotInTime(description: "the deployment failed") }
            return state == "Succeeded"
        }
        return (accepted, ContinuousClock.now - start)
    }
}
