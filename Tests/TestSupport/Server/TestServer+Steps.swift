import Artifacts
import Client
package import Foundation
package import Postgres
import Resources

/// Templates and what comes of them.
extension TestServer {
    package var group: String {
        "/subscriptions/\(api.settings.subscriptionID)/resourceGroups/\(Self.resourceGroup)"
    }

    /// Path of a template deployment in the server's group.
    package func templateDeployment(_ name: String) -> String {
        "\(group)/providers/Microsoft.Resources/deployments/\(name)"
    }

    /// Puts a template and follows its operation; returns the deployment as it ended.
    package func deploy(_ name: String, _ template: String, parameters: String = "{}", mode: String = "Incremental")
        async throws -> Answer
    {
        let path = templateDeployment(name)
        let accepted = try await api.put(
            path, TestBody.deployment(of: template, parameters: parameters, mode: mode))
        guard accepted.status < 300 else { return accepted }
        try await untilEnded(path)
        return try await api.get(path)
    }

    /// Puts a template with one online deployment, whose body this is.
    package func deploy(_ template: String, deployment: String, of endpoint: String, _ body: String)
        async throws -> Answer
    {
        let resource = """
            {"type": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments",
             "apiVersion": "2024-04-01", "name": "\(Self.workspaceName)/\(endpoint)/\(deployment)", \(body.dropFirst())
            """
        return try await api.put(
            templateDeployment(template), TestBody.deployment(of: TestBody.template("", resources: [resource])))
    }

    package func untilEnded(_ deployment: String) async throws {
        try await eventually("the end of the deployment") {
            let state = try await api.get(deployment)["properties.provisioningState"] ?? ""
            return ["Succeeded", "Failed", "Canceled"].contains(state)
        }
    }
}

/// What most tests begin with.
extension TestServer {
    package func endpoint(_ name: String) -> String { "\(api.workspace)/onlineEndpoints/\(name)" }

    package func deployment(_ name: String, of endpoint: String) -> String {
        "\(self.endpoint(endpoint))/deployments/\(name)"
    }

    /// An operation that a test needs to have succeeded.
    package struct NotSucceeded: Error, CustomStringConvertible {
        package let description: String
    }

    /// Puts, follows the operation and expects success; returns the first response.
    @discardableResult
    package func putAndFinish(_ path: String, _ json: String) async throws -> Answer {
        try await finish("PUT \(path)", try await api.put(path, json))
    }

    @discardableResult
    package func deleteAndFinish(_ path: String) async throws -> Answer {
        try await finish("DELETE \(path)", try await api.delete(path))
    }

    private func finish(_ request: String, _ response: Answer) async throws -> Answer {
        guard response.status < 300 else {
            throw NotSucceeded(description: "\(request): \(response.status) \(response.text)")
        }
        let end = try await api.finish(response)
        guard response.header("Azure-AsyncOperation") == nil || end["status"] == "Succeeded" else {
            throw NotSucceeded(description: "\(request): \(end.text)")
        }
        return response
    }

    package func makeEndpoint(_ name: String, traffic: [String: Int] = [:], mode: String = "Key") async throws {
        try await putAndFinish(endpoint(name), TestBody.endpoint(traffic: traffic, mode: mode))
    }

    /// Id of a registered environment that simulated replicas can name.
    package func makeEnvironment(
        _ name: String = "minimal", conda: String = "dependencies: [python>=3.9, pip]"
    ) async throws -> String {
        let path = "\(api.workspace)/environments/\(name)/versions/1"
        let body = """
            {"properties": {"image": "mcr.microsoft.com/azureml/minimal-py311-inference:latest",
             "condaFile": \(JSONView.quoted(conda))}}
            """
        let response = try await api.put(path, body)
        guard response.status < 300 else {
            throw NotSucceeded(description: "PUT \(path): \(response.status) \(response.text)")
        }
        return path
    }

    /// An endpoint with one deployment, and all traffic on it.
    package func makeServing(
        _ endpoint: String, deployment: String = "blue", simulate: String = "", count: Int = 1
    ) async throws {
        let environment = try await makeEnvironment()
        try await makeEndpoint(endpoint)
        try await putAndFinish(
            self.deployment(deployment, of: endpoint),
            TestBody.deployment(environment: environment, simulate: simulate, count: count))
        try await makeEndpoint(endpoint, traffic: [deployment: 100])
    }

    /// A deployment that prepares for a minute: its path, its environment, and the response to the request that makes it.
    package func makePreparing(_ deployment: String, of endpoint: String) async throws -> (
        path: String, environment: String, made: Answer
    ) {
        let path = self.deployment(deployment, of: endpoint)
        let environment = try await makeEnvironment()
        try await makeEndpoint(endpoint)
        let body = TestBody.deployment(environment: environment, simulate: "prepare-delay=1m")
        return (path, environment, try await api.put(path, body))
    }

    /// A scoring request through the routers.
    package func score(
        _ endpoint: String, key: String, _ body: String = "{}", headers: [(String, String)] = []
    ) async throws -> Answer {
        try await api.bare(
            "POST", "http://127.0.0.1:\(scoringPort)/api/v1/endpoint/\(endpoint)/score", body,
            headers: [("Authorization", "Bearer \(key)"), ("Content-Type", "application/json")] + headers)
    }

    package func key(of endpoint: String) async throws -> String {
        let keys = try await api.post("\(self.endpoint(endpoint))/listKeys")
        guard let key = keys["primaryKey"] else { throw NotSucceeded(description: "listKeys: \(keys.text)") }
        return key
    }

    /// First column of a query, for looking behind the API.
    package func texts(_ sql: SQL) async throws -> [String] {
        try await database.query(sql).rows.map { try $0.decode(String.self) }
    }

    package func count(_ sql: SQL) async throws -> Int {
        try await database.query(sql).first?.decode(Int.self) ?? 0
    }
}

extension TestServer {
    /// A container's blobs as files.
    package func materialise(_ container: String, into directory: URL) async throws {
        _ = try await artifacts.materialise("", in: try ContainerName(container), into: directory)
    }
}
