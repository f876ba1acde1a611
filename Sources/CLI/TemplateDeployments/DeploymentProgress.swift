import ArgumentParser
import Client
import Foundation
import Resources

/// Follows a deployment: a line when a resource is begun, one when it is done, and the outputs at the end.
struct DeploymentProgress {
    let client: SluiceClient
    let path: String
    let painter: Painter

    private static let pause = Duration.milliseconds(150)

    /// Returns when the deployment has succeeded; throws its error otherwise.
    func follow() async throws {
        var shown: [String: String] = [:]
        while true {
            // Looked at before the steps: none is missing when it has ended.
            let response = try await client.get(path)
            try SluiceClient.check(response)
            for step in try await client.list("\(path)/operations") { show(step, &shown) }
            let properties = response.json?["properties"]
            switch properties?["provisioningState"]?.text {
            case "Succeeded": return showEnd(properties)
            case "Failed", "Canceled":
                throw ErrorTree(properties?["error"] ?? .null, painter)
            default: try await Task.sleep(for: Self.pause)
            }
        }
    }

    private func show(_ step: JSONValue, _ shown: inout [String: String]) {
        guard let id = step["operationId"]?.text, let properties = step["properties"],
            let state = properties["provisioningState"]?.text, shown[id] != state,
            let target = properties["targetResource"]
        else { return }
        let isNew = shown[id] == nil
        shown[id] = state
        let type = (target["resourceType"]?.text ?? "").split(separator: "/").dropFirst().joined(separator: "/")
        let name = "\(type) \(target["resourceName"]?.text ?? "")"
        let duration = properties["duration"]?.text.flatMap(ISODuration.init)?.milliseconds ?? 0
        let time = String(format: "%.2f s", Double(duration) / 1_000)
        switch state {
        case "Running": if isNew { print(painter.faint("  … \(name)")) }
        case "Succeeded":
            let word = properties["statusCode"]?.text == "Created" ? "created" : "in place"
            print(painter.green("  ✓ \(name)") + painter.faint("  \(word), \(time)"))
        default: print(painter.red("  ✗ \(name)") + painter.faint("  \(state.lowercased()), \(time)"))
        }
    }

    private func showEnd(_ properties: JSONValue?) {
        let duration = properties?["duration"]?.text.flatMap(ISODuration.init)?.milliseconds ?? 0
        print(painter.bold("Succeeded") + String(format: " after %.2f s.", Double(duration) / 1_000))
        for output in properties?["outputs"]?.members ?? [] {
            let value = output.value["value"].map { $0.text ?? JSONWriter.text(of: $0) } ?? "(secret)"
            print("  \(output.name) = \(value)")
        }
    }
}
