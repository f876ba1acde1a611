import Client
import Foundation
import NIOHTTP1
package import Resources
import Synchronization

/// Calls the API of a ``TestServer`` with its first principal's token and holds every response against the contract.
package final class APIClient: Sendable {
    private let client: SluiceClient
    private let base: String
    private let found = Mutex<[String]>([])

    private static let contract = Result {
        try OpenAPIContract(
            directory: TestDatabase.migrations.deletingLastPathComponent().appending(path: "openapi"))
    }

    init(_ settings: ClientSettings) throws {
        client = try SluiceClient(settings)
        base = settings.url
    }

    func shutdown() async throws {
        try await client.shutdown()
    }

    /// What of the responses so far breaks the contract.
    package var problems: [String] { found.withLock { $0 } }

    package var workspace: String { client.settings.workspacePath }
    package var settings: ClientSettings { client.settings }

    // MARK: Calls

    package func get(_ path: String, headers: [(String, String)] = []) async throws -> Answer {
        try await send("GET", path, headers: headers)
    }

    package func put(_ path: String, _ json: String, headers: [(String, String)] = []) async throws -> Answer {
        try await send("PUT", path, json, headers: headers)
    }

    package func patch(_ path: String, _ json: String, headers: [(String, String)] = []) async throws -> Answer {
        try await send("PATCH", path, json, headers: headers)
    }

    package func post(_ path: String, _ json: String = "{}", headers: [(String, String)] = []) async throws -> Answer {
        try await send("POST", path, json, headers: headers)
    }

    package func delete(_ path: String, headers: [(String, String)] = []) async throws -> Answer {
        try await send("DELETE", path, headers: headers)
    }

    /// `isListed` is false for calls that the contract does not know on purpose.
    package func send(
        _ method: String, _ path: String, _ json: String? = nil, headers: [(String, String)] = [], isListed: Bool = true
    ) async throws -> Answer {
        let response = try await client.send(
            HTTPMethod(rawValue: method), path, body: json.map { Data($0.utf8) }, headers: headers)
        return judged(response, method, path, isListed: isListed)
    }

    /// Without a token and without an api-version added; a scoring URI as well.
    package func bare(
        _ method: String, _ path: String, _ body: String? = nil, headers: [(String, String)] = [],
        isListed: Bool = true
    ) async throws -> Answer {
        let url = path.hasPrefix("http") ? path : base + path
        let response = try await client.exchange(
            HTTPMethod(rawValue: method), url, body: body.map { Data($0.utf8) }, headers: headers)
        return judged(response, method, path, isListed: isListed && url.hasPrefix(base))
    }

    private func judged(_ response: ClientResponse, _ method: String, _ path: String, isListed: Bool) -> Answer {
        let headers = response.headers.map { ($0.name, $0.value) }
        if isListed {
            let relative = path.hasPrefix(base) ? String(path.dropFirst(base.count)) : path
            let problems: [String]
            do {
                problems = try Self.contract.get().problems(
                    method: method, path: relative, status: response.status, headers: headers, body: response.body)
            } catch {
                problems = ["the contract can't be read: \(error)"]
            }
            found.withLock { found in
                for problem in problems where !found.contains(problem) { found.append(problem) }
            }
        }
        return Answer(
            status: response.status, headers: headers.map { (name: $0.0, value: $0.1) }, body: response.body)
    }

    // MARK: Operations

    /// Follows the operation of a response to its end; returns its last status body. A response without an operation
    /// is handed back.
    package func finish(_ response: Answer, within limit: Duration = .seconds(40)) async throws -> Answer {
        guard let url = response.header("Azure-AsyncOperation") else { return response }
        return try await follow(url, within: limit)
    }

    /// Polls a status URL until the operation has ended.
    package func follow(_ url: String, within limit: Duration = .seconds(40)) async throws -> Answer {
        var status = try await get(url)
        do {
            try await eventually(within: limit, "the end of the operation") {
                status = try await get(url)
                return status["status"] != "InProgress"
            }
        } catch {
            throw NotInTime(description: "the operation did not end: \(status.text)")
        }
        return status
    }
}
