import Foundation
import Logging
import Routing
import ServiceLifecycle
import Testing

@testable import DataPlane

@Suite struct ControlServerTests {
    /// Runs `body` on a thread while a control server answers at a unix socket.
    private func withControl(_ body: @escaping @Sendable (SocketAddress) throws -> Void) async throws {
        let path = "/tmp/control-\(getpid())-\(UInt32.random(in: 0...(.max))).sock"
        let fixture = try RouterFixture()
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let address = SocketAddress.unix(path: path)
        let server = try ControlServer.make(for: fixture.router, at: address, token: nil, logger: logger)
        let group = ServiceGroup(services: [server], logger: logger)
        let serving = Task { try await group.run() }
        try await onThread {
            #expect(eventually { (try? RawSocket(address)) != nil })
            try body(address)
        }
        #expect(throws: ConfigurationFault.self) {
            _ = try ControlServer.make(for: fixture.router, at: address, token: nil, logger: logger)
        }
        await group.triggerGracefulShutdown()
        try await serving.value
        try await fixture.stop()
        unlink(path)
    }

    private static func ask(_ address: SocketAddress, _ line: String, _ body: Data = Data()) throws -> Message {
        let socket = try RawSocket(address)
        try socket.send(
            Array("\(line) HTTP/1.1\r\nHost: router\r\nConnection: close\r\nContent-Length: \(body.count)\r\n\r\n".utf8)
                + body)
        return try socket.readMessage()
    }

    @Test func `tables are pushed, state and counters are read`() async throws {
        try await withControl { address in
            let pushed = try Self.ask(
                address, "PUT /table", RouterFixture.lines(["unix:/a"], TableOptions(generation: 9)))
            #expect(pushed.status == 200)
            #expect(try JSONDecoder().decode(TableAcknowledgement.self, from: Data(pushed.body)).generation == 9)
            #expect(
                try Self.ask(address, "PUT /table", RouterFixture.lines([], TableOptions(generation: 8))).status == 409)
            #expect(try Self.ask(address, "PUT /table", Data("{}".utf8)).status == 400)
            let status = try JSONDecoder().decode(RouterStatus.self, from: Data(Self.ask(address, "GET /status").body))
            #expect(status.generation == 9)
            #expect(status.pid == getpid())
            #expect(!status.listenAddress.hasSuffix(":0"))
            let report = try JSONDecoder().decode(TrafficReport.self, from: Data(Self.ask(address, "GET /report").body))
            #expect(report.deployments.map(\.deployment) == ["blue", "green"])
            #expect(
                try Self.ask(address, "GET /metrics").text.contains(
                    "sluice_router_requests_total{endpoint=\"Fraud\",deployment=\"blue\",code=\"2xx\"} 0"))
            #expect(try Self.ask(address, "GET /healthz").status == 200)
            #expect(try Self.ask(address, "GET /nothing").status == 404)
            #expect(try Self.ask(address, "POST /drain").status == 202)
            #expect(try Self.ask(address, "GET /healthz").status == 503)
        }
    }
}
