import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Resources

/// Asks a model server for `GET /`, over its unix socket or its loopback port.
struct HealthProbe: Sendable {
    /// Does not try to connect again within one probe, as `HTTPClient.shared` would until the timeout: a refused
    /// connection is a response. Like that one it lives as long as the process.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    func probe(_ address: String, timeout: Duration) async -> ProbeResult {
        guard let url = HealthProbe.url(address, path: "/") else { return .failure(reason: "bad address \(address)") }
        var request = HTTPClientRequest(url: url)
        // A kept connection would hold a worker of a synchronous server.
        request.headers.add(name: "Connection", value: "close")
        let milliseconds = Int64(timeout / .milliseconds(1))
        do {
            let response = try await HealthProbe.client.execute(request, timeout: .milliseconds(max(1, milliseconds)))
            guard (200..<400).contains(response.status.code) else {
                return .failure(reason: "the model server answered \(response.status.code)")
            }
            return .success
        } catch let error as HTTPClientError
            where [.deadlineExceeded, .connectTimeout, .readTimeout, .getConnectionFromPoolTimeout].contains(error)
        {
            return .failure(reason: "no answer within \(milliseconds) ms")
        } catch {
            return .failure(reason: "not reachable: \(error)")
        }
    }

    /// `unix:/path` becomes `http+unix://%2Fpath/…`, `tcp:host:port` becomes `http://host:port/…`.
    static func url(_ address: String, path: String) -> String? {
        if address.hasPrefix("unix:") {
            return URL(httpURLWithSocketPath: String(address.dropFirst(5)), uri: path)?.absoluteString
        }
        guard address.hasPrefix("tcp:") else { return nil }
        return "http://" + address.dropFirst(4) + path
    }
}
