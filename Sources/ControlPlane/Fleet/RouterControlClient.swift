package import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Resources
import Routing

/// Speaks to the control address of one router.
package struct RouterControlClient: Sendable {
    private let http: HTTPClient
    /// Bearer token for control addresses on TCP; unix sockets are guarded by their file mode.
    private let token: String?

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private static let responseLimit = 16 * 1_024 * 1_024

    package init(http: HTTPClient, token: String?) {
        (self.http, self.token) = (http, token)
    }

    /// Pushes a table (JSON lines). Returns the generation that all loops of the router serve now, which is a newer one
    /// when the router was given one meanwhile.
    func push(_ table: ByteBuffer, to address: String, timeout: Duration) async throws -> Int64 {
        let (response, body) = try await send(.PUT, table, to: address, "/table", timeout)
        switch response.status.code {
        case 200:
            return try JSONDecoder().decode(TableAcknowledgement.self, from: Data(body.readableBytesView)).generation
        case 409:
            // It serves a newer table, and newer tables hold everything that older ones do.
            return try await status(of: address, timeout: timeout).generation
        default:
            throw Failure(
                description: "the router answered \(response.status.code): \(String(buffer: body).prefix(300))")
        }
    }

    /// Pushes what has changed since the table that the router serves (``TableChanges``). Returns the generation that all
    /// loops of the router serve now; nil when it needs the whole table, or knows no changes because it is older.
    func push(changes: ByteBuffer, to address: String, timeout: Duration) async throws -> Int64? {
        let (response, body) = try await send(.POST, changes, to: address, "/table/changes", timeout)
        guard response.status == .ok else { return nil }
        return try JSONDecoder().decode(TableAcknowledgement.self, from: Data(body.readableBytesView)).generation
    }

    /// Sends JSON lines.
    private func send(
        _ method: HTTPMethod, _ lines: ByteBuffer, to address: String, _ path: String, _ timeout: Duration
    ) async throws -> (HTTPClientResponse, body: ByteBuffer) {
        var request = try makeRequest(address, path: path)
        request.method = method
        request.headers.replaceOrAdd(name: "Content-Type", value: "application/x-ndjson")
        request.body = .bytes(lines)
        let response = try await http.execute(request, timeout: timeout.timeAmount)
        return (response, try await response.body.collect(upTo: Self.responseLimit))
    }

    func status(of address: String, timeout: Duration) async throws -> RouterStatus {
        try await get(RouterStatus.self, address, "/status", timeout)
    }

    /// Traffic of the deployments that had requests after `moment` on the router's clock.
    func report(of address: String, after moment: Int64, timeout: Duration) async throws -> TrafficReport {
        try await get(TrafficReport.self, address, "/report?after=\(moment)", timeout)
    }

    /// Those of the replicas that the router may still send requests to, or has some inside of.
    func busy(among replicas: [String], on address: String, timeout: Duration) async throws -> [String] {
        let question = ByteBuffer(bytes: try JSONEncoder().encode(LeavingQuery(ids: replicas)))
        let (response, body) = try await send(.POST, question, to: address, "/leaving", timeout)
        switch response.status.code {
        case 200: return try JSONDecoder().decode(LeavingResponse.self, from: Data(body.readableBytesView)).busy
        // A router of an earlier version knows the question for one replica alone.
        case 404, 405: return try await busyOneByOne(among: replicas, on: address, timeout: timeout)
        default: throw Failure(description: "the router answered \(response.status.code)")
        }
    }

    private func busyOneByOne(
        among replicas: [String], on address: String, timeout: Duration
    ) async throws -> [String] {
        var busy: [String] = []
        for replica in replicas {
            let status = try await get(LeavingStatus.self, address, "/leaving?id=\(replica)&wait_ms=0", timeout)
            if !status.isDrained { busy.append(replica) }
        }
        return busy
    }

    /// Lets a router finish what it has, and end.
    func drain(_ address: String, timeout: Duration) async throws {
        var request = try makeRequest(address, path: "/drain")
        request.method = .POST
        let response = try await http.execute(request, timeout: timeout.timeAmount)
        guard response.status == .accepted else {
            throw Failure(description: "the router answered \(response.status.code)")
        }
    }

    /// Load of the deployments that had requests after `moment` on the router's clock.
    func load(of address: String, after moment: Int64, timeout: Duration) async throws -> LoadReport {
        try await get(LoadReport.self, address, "/load?after=\(moment)", timeout)
    }

    private func get<Answer: Decodable>(
        _ type: Answer.Type, _ address: String, _ path: String, _ timeout: Duration
    ) async throws -> Answer {
        let response = try await http.execute(try makeRequest(address, path: path), timeout: timeout.timeAmount)
        let body = try await response.body.collect(upTo: Self.responseLimit)
        guard response.status == .ok else { throw Failure(description: "the router answered \(response.status.code)") }
        return try JSONDecoder().decode(type, from: Data(body.readableBytesView))
    }

    private func makeRequest(_ address: String, path: String) throws -> HTTPClientRequest {
        var request: HTTPClientRequest
        if address.hasPrefix("unix:") {
            let socket = String(address.dropFirst("unix:".count))
            guard let url = URL(httpURLWithSocketPath: socket, uri: path) else {
                throw Failure(description: "\(address) is not a control address")
            }
            request = HTTPClientRequest(url: url.absoluteString)
        } else if address.hasPrefix("tcp:") {
            request = HTTPClientRequest(url: "http://\(address.dropFirst("tcp:".count))\(path)")
        } else {
            throw Failure(description: "\(address) is not a control address")
        }
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        return request
    }
}

extension Duration {
    var timeAmount: TimeAmount {
        .nanoseconds(components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000)
    }
}
