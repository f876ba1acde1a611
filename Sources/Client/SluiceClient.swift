import AsyncHTTPClient
package import Foundation
import NIOCore
import NIOFoundationCompat
package import NIOHTTP1
import NIOSSL
package import Resources

/// A response of the API.
package struct ClientResponse: Sendable {
    package var status: Int
    package var headers: HTTPHeaders
    package var body: Data

    /// The body as a value of ours; nil when it is no JSON.
    package var json: JSONValue? {
        try? JSONParser.parse(body)  // a response that is no JSON has none
    }

    package var text: String { String(decoding: body, as: UTF8.self) }
}

/// Speaks to the API with the token of a principal, and to scoring URIs.
///
/// ```swift
/// let client = try SluiceClient(settings)
/// let endpoint = try await client.put("\(workspace)/onlineEndpoints/iris", json: body)
/// try await client.finish(endpoint)
/// try await client.shutdown()
/// ```
package actor SluiceClient {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
        package let response: ClientResponse?
    }

    package nonisolated let settings: ClientSettings
    private nonisolated let http: HTTPClient
    private var token: (text: String, expiresAt: Date)?

    /// api-version of every call.
    package static let apiVersion = "2024-04-01"
    private static let responseLimit = 64 * 1_024 * 1_024
    private static let timeout = TimeAmount.seconds(60)

    package init(_ settings: ClientSettings) throws {
        self.settings = settings
        var configuration = HTTPClient.Configuration()
        if let bundle = settings.caBundle {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.additionalTrustRoots = [.file(bundle)]
            configuration.tlsConfiguration = tls
        }
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    package func shutdown() async throws {
        try await http.shutdown()
    }

    // MARK: The API

    package func get(_ path: String) async throws -> ClientResponse {
        try await send(.GET, path)
    }

    package func put(_ path: String, json: String) async throws -> ClientResponse {
        try await send(.PUT, path, body: Data(json.utf8))
    }

    package func post(_ path: String, json: String = "{}") async throws -> ClientResponse {
        try await send(.POST, path, body: Data(json.utf8))
    }

    package func delete(_ path: String) async throws -> ClientResponse {
        try await send(.DELETE, path)
    }

    /// All entries of a list, page after page.
    package func list(_ path: String) async throws -> [JSONValue] {
        var entries: [JSONValue] = []
        var next: String? = path
        while let page = next {
            let answer = try await get(page)
            try Self.check(answer)
            entries += answer.json?["value"]?.elements ?? []
            next = answer.json?["nextLink"]?.text
        }
        return entries
    }

    /// One call with a token; `path` may be an absolute URL that the API handed out. `api-version` is added.
    package func send(
        _ method: HTTPMethod, _ path: String, body: Data? = nil, headers: [(String, String)] = []
    ) async throws -> ClientResponse {
        var url = path.hasPrefix("http") ? path : settings.url + path
        if !url.contains("api-version=") { url += (url.contains("?") ? "&" : "?") + "api-version=\(Self.apiVersion)" }
        let token = try await currentToken()
        return try await exchange(
            method, url, body: body,
            headers: [("Authorization", "Bearer \(token)"), ("Content-Type", "application/json")] + headers)
    }

    /// Waits for the operation of a response to end; throws its error when it failed.
    package func finish(
        _ response: ClientResponse, progress: @Sendable (String) -> Void = { _ in }
    ) async throws {
        try Self.check(response)
        guard let url = response.headers.first(name: "Azure-AsyncOperation") else {
            return try await untilAnswered(response)
        }
        var shown: Set<String> = []
        while true {
            let status = try await get(url)
            try Self.check(status)
            guard let json = status.json else { throw Failure(description: "The status is no JSON.", response: status) }
            for phase in json["phases"]?.elements ?? [] {
                guard let name = phase["name"]?.text, shown.insert(name).inserted else { continue }
                progress(name)
            }
            switch json["status"]?.text {
            case "Succeeded": return
            case "Failed", "Canceled":
                throw Failure(description: json["error"]?["message"]?.text ?? "The operation failed.", response: status)
            default: break
            }
            let pause = status.headers.first(name: "retry-after-ms").flatMap { Int($0) } ?? 1_000
            try await Task.sleep(for: .milliseconds(pause))
        }
    }

    /// Follows an operation that has no status of its own: its result is asked for until it is there.
    private func untilAnswered(_ response: ClientResponse) async throws {
        guard response.status == 202, let url = response.headers.first(name: "Location") else { return }
        while true {
            let result = try await get(url)
            try Self.check(result)
            guard result.status == 202 else { return }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// Throws the message of an error answer.
    package static func check(_ response: ClientResponse) throws {
        guard response.status >= 400 else { return }
        let error = response.json?["error"]
        var lines = [
            "\(error?["code"]?.text ?? "Error \(response.status)"): \(error?["message"]?.text ?? response.text)"
        ]
        for detail in error?["details"]?.elements ?? [] {
            lines.append("  \(detail["target"]?.text ?? ""): \(detail["message"]?.text ?? "")")
        }
        throw Failure(description: lines.joined(separator: "\n"), response: response)
    }

    // MARK: Beside the API

    /// A call without our token: to a scoring URI, or to a signed URL of the artifact store.
    package func exchange(
        _ method: HTTPMethod, _ url: String, body: Data? = nil, headers: [(String, String)] = []
    ) async throws -> ClientResponse {
        var request = HTTPClientRequest(url: url)
        request.method = method
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body { request.body = .bytes(ByteBuffer(data: body)) }
        let response = try await http.execute(request, timeout: Self.timeout)
        let bytes = try await response.body.collect(upTo: Self.responseLimit)
        return ClientResponse(
            status: Int(response.status.code), headers: response.headers, body: Data(buffer: bytes))
    }

    private func currentToken() async throws -> String {
        if let token, token.expiresAt > Date() { return token.text }
        let fields = [
            ("client_id", settings.clientID), ("client_secret", settings.clientSecret),
            ("grant_type", "client_credentials"), ("scope", "\(settings.url)/.default"),
        ]
        let form = fields.map { "\($0)=\(Self.encoded($1))" }.joined(separator: "&")
        let response = try await exchange(
            .POST, "\(settings.url)/\(settings.tenantID)/oauth2/v2.0/token", body: Data(form.utf8),
            headers: [("Content-Type", "application/x-www-form-urlencoded")])
        guard response.status == 200, let text = response.json?["access_token"]?.text else {
            let reason = response.json?["error_description"]?.text ?? "status \(response.status)"
            throw Failure(description: "Signing in failed: \(reason)", response: response)
        }
        let lifetime = response.json?["expires_in"]?.number ?? 600
        token = (text, Date().addingTimeInterval(Double(lifetime) * 0.9))
        return text
    }

    private static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text
    }
}
