import Foundation
import Logging
import Routing

@testable import DataPlane

/// What a test says of the one deployment, or the two, of its endpoint.
struct TableOptions {
    var generation: Int64 = 1
    var kind = EndpointKind.managed
    var key = "secret"
    var slots = 4
    var timeoutMs = 10_000
    var queueWaitMs = 10_000
    var queueLimit = 100
    /// Routes of the second deployment, `green`.
    var green: [String] = []
    var bluePercent = 100
    var greenPercent = 0
    /// Share of blue's requests that are copied to green.
    var greenMirror = 0
    var greenSlots: Int?
    var greenQueueLimit: Int?
    var otherPaths: [String]?
    var allowedOrigins: [String]?
}

/// A router in this process, with its loops running.
final class RouterFixture: Sendable {
    let router: Router
    private let running: Task<Void, any Error>

    init(loops: Int = 1, drainTimeoutMs: Int = 10_000, _ adjust: (inout RouterConfiguration) -> Void = { _ in }) throws
    {
        var configuration = RouterConfiguration(
            listen: .internet(host: "127.0.0.1", port: 0, isIPv6: false), loopCount: loops)
        configuration.drainTimeoutMs = drainTimeoutMs
        adjust(&configuration)
        let router = try Router(
            configuration: configuration, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        self.router = router
        running = Task { try await router.run() }
    }

    static func lines(_ replicas: [String], _ options: TableOptions = TableOptions()) throws -> Data {
        func deployment(_ name: String, _ addresses: [String], slots: Int? = nil, queueLimit: Int? = nil)
            -> DeploymentRoute
        {
            DeploymentRoute(
                name: name, scoringPath: "/predict", otherPaths: options.otherPaths,
                requestTimeoutMs: options.timeoutMs,
                maxConcurrentRequestsPerReplica: slots ?? options.slots, maxQueueWaitMs: options.queueWaitMs,
                queueLimit: queueLimit ?? options.queueLimit,
                replicas: addresses.map { ReplicaRoute(id: $0, address: $0) })
        }
        let digest = Digest(of: options.key).hexadecimal
        let route = Route(
            endpoint: "Fraud", endpointID: "fraud-id", hosts: ["fraud.example"], kind: options.kind,
            authentication: Authentication(mode: .key, keyDigests: [digest], tokenIssuer: "", tokenAudience: ""),
            traffic: [
                TrafficShare(deployment: "blue", percent: options.bluePercent),
                TrafficShare(deployment: "green", percent: options.greenPercent),
            ],
            mirrors: options.greenMirror > 0 ? [TrafficShare(deployment: "green", percent: options.greenMirror)] : nil,
            allowedOrigins: options.allowedOrigins,
            deployments: [
                deployment("blue", replicas),
                deployment("green", options.green, slots: options.greenSlots, queueLimit: options.greenQueueLimit),
            ])
        let header = RoutingTable.Header(generation: options.generation, routeCount: 1, tokenKeys: [])
        return try RoutingTable(header: header, routes: [route]).encodedLines()
    }

    /// Routes `replicas` as deployment `blue` of endpoint `Fraud`.
    func use(_ replicas: [String], _ options: TableOptions = TableOptions()) async throws {
        _ = try await router.tables.apply(Self.lines(replicas, options))
    }

    func connect() throws -> RawSocket { try RawSocket(router.listenAddress) }

    func waitForReport(of deployment: String = "blue", _ condition: (DeploymentTraffic) -> Bool) async -> Bool {
        let end = MonotonicTime.now.after(milliseconds: 10_000)
        while MonotonicTime.now < end {
            let traffic = await router.report().deployments.first { $0.deployment == deployment }
            if let traffic, condition(traffic) { return true }
            try? await Task.sleep(for: .milliseconds(2))  // between two looks, bounded by the deadline
        }
        return false
    }

    /// Waits until a metric without labels has a value.
    func waitForMetric(_ name: String, _ value: Int) async -> Bool {
        let end = MonotonicTime.now.after(milliseconds: 10_000)
        while MonotonicTime.now < end {
            if await router.metrics().contains("\n\(name) \(value)\n") { return true }
            try? await Task.sleep(for: .milliseconds(2))  // between two looks, bounded by the deadline
        }
        return false
    }

    func stop() async throws {
        router.drain()
        try await running.value
    }

    func waitForEnd() async throws { try await running.value }
}

/// A scoring request.
func scoring(
    _ body: String = "{}", key: String? = "secret", fields: String = "", path: String = "/api/v1/endpoint/fraud/score"
) -> String {
    let authorization = key.map { "Authorization: Bearer \($0)\r\n" } ?? ""
    return
        "POST \(path) HTTP/1.1\r\nHost: router\r\n\(authorization)\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
}
