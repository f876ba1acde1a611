import Foundation
import Logging
import Routing
import ServiceLifecycle
import Testing

@testable import DataPlane

@Suite struct ControlServerTests {
    private func withControl(_ body: @escaping @Sendable (SocketAddress) throws -> Void) async throws {
        try await withControl { address, _ in try body(address) }
    }

    /// Runs `body` on a thread while a control server answers at a unix socket.
    private func withControl(
        _ body: @escaping @Sendable (SocketAddress, RouterFixture) throws -> Void
    ) async throws {
        let path = "/tmp/control-\(getpid())-\(UInt32.random(in: 0...(.max))).sock"
        let fixture = try RouterFixture()
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let address = SocketAddress.unix(path: path)
        let server = try ControlServer.make(for: fixture.router, at: address, token: nil, logger: logger)
        let group = ServiceGroup(services: [server], logger: logger)
        let serving = Task { try await group.run() }
        try await onThread {
            #expect(eventually { (try? RawSocket(address)) != nil })
            try body(address, fixture)
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
        try asked(address, line, body).readMessage()
    }

    /// A connection that a question was sent on.
    private static func asked(_ address: SocketAddress, _ line: String, _ body: Data = Data()) throws -> RawSocket {
        let socket = try RawSocket(address)
        try socket.send(
            Array("\(line) HTTP/1.1\r\nHost: router\r\nConnection: close\r\nContent-Length: \(body.count)\r\n\r\n".utf8)
                + body)
        return socket
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

    // MARK: Replicas that left the table

    private static func leaving(_ message: Message) throws -> LeavingStatus {
        #expect(message.status == 200)
        return try JSONDecoder().decode(LeavingStatus.self, from: Data(message.body))
    }

    /// Runs `body` with a request inside a replica that is in the table no longer, which ends when the gate opens.
    private func withLeavingReplica(
        _ body: @escaping @Sendable (SocketAddress, String, RawSocket, Gate) throws -> Void
    ) async throws {
        let gate = Gate()
        let replica = try StubReplica.echo(behind: gate)
        try await withControl { address, fixture in
            let first = try RouterFixture.lines([replica.route], TableOptions(generation: 1))
            #expect(try Self.ask(address, "PUT /table", first).status == 200)
            let client = try fixture.connect()
            try client.send(scoring("last"))
            #expect(replica.wait { $0.requests.count == 1 })
            let second = try RouterFixture.lines([], TableOptions(generation: 2))
            #expect(try Self.ask(address, "PUT /table", second).status == 200)
            try body(address, replica.route, client, gate)
        }
        replica.kill()
    }

    @Test func `a replica that left is drained when the last request inside it has ended`() async throws {
        try await withLeavingReplica { address, id, client, gate in
            let busy = try Self.leaving(try Self.ask(address, "GET /leaving?id=\(id)"))
            #expect(!busy.isDrained && busy.inFlight == 1)
            let still = try Self.leaving(try Self.ask(address, "GET /leaving?id=\(id)&wait_ms=20"))
            #expect(!still.isDrained && still.inFlight == 1)
            let waiting = try (0..<3).map { _ in try Self.asked(address, "GET /leaving?id=\(id)&wait_ms=30000") }
            // Nothing stands still for those that wait.
            #expect(try Self.ask(address, "GET /healthz").status == 200)
            gate.open()
            #expect(try client.readMessage().text == "last")
            for question in waiting {
                let drained = try Self.leaving(try question.readMessage())
                #expect(drained.isDrained && drained.inFlight == 0)
            }
            #expect(try Self.leaving(try Self.ask(address, "GET /leaving?id=\(id)")).isDrained)
        }
    }

    @Test func `a replica that the table still names is not drained, whatever is inside`() async throws {
        let replica = try StubReplica.echo()
        try await withControl { address, _ in
            let id = replica.route
            let first = try RouterFixture.lines([replica.route], TableOptions(generation: 1))
            #expect(try Self.ask(address, "PUT /table", first).status == 200)
            let routed = try Self.leaving(try Self.ask(address, "GET /leaving?id=\(id)"))
            #expect(!routed.isDrained && routed.inFlight == 0)
            let waiting = try Self.asked(address, "GET /leaving?id=\(id)&wait_ms=30000")
            let second = try RouterFixture.lines([], TableOptions(generation: 2))
            #expect(try Self.ask(address, "PUT /table", second).status == 200)
            #expect(try Self.leaving(try waiting.readMessage()).isDrained)
        }
        replica.kill()
    }

    @Test func `a router that drains answers at once`() async throws {
        try await withLeavingReplica { address, id, client, gate in
            let waiting = try Self.asked(address, "GET /leaving?id=\(id)&wait_ms=30000")
            #expect(try Self.ask(address, "POST /drain").status == 202)
            #expect(try !Self.leaving(try waiting.readMessage()).isDrained)
            #expect(try !Self.leaving(try Self.ask(address, "GET /leaving?id=\(id)&wait_ms=30000")).isDrained)
            gate.open()
            #expect(try client.readMessage().text == "last")
        }
    }

    @Test func `a question about a replica that cannot be read is refused, one about nobody is answered`() async throws
    {
        try await withControl { address in
            for query in ["", "?id=", "?id=a&wait_ms=-1", "?id=a&wait_ms=30001", "?id=a&wait_ms=x", "?wait_ms=1"] {
                let refused = try Self.ask(address, "GET /leaving\(query)")
                #expect(refused.status == 400)
            }
            let nobody = try Self.leaving(try Self.ask(address, "GET /leaving?id=nobody&wait_ms=30000"))
            #expect(nobody.isDrained)
        }
    }

    @Test func `those beyond the most that may wait are told at once`() async throws {
        let gate = Gate()
        let replica = try StubReplica.echo(behind: gate)
        let fixture = try RouterFixture()
        try await fixture.use([replica.route])
        let client = try await onThread {
            let client = try fixture.connect()
            try client.send(scoring("last"))
            #expect(replica.wait { $0.requests.count == 1 })
            return Unchecked(client)
        }
        try await fixture.use([], TableOptions(generation: 2))
        let tables = fixture.router.tables
        let id = replica.route
        try await withThrowingTaskGroup(of: Int?.self) { group in
            for _ in 0..<256 {
                group.addTask { await tables.waitUntilDrained(id, limit: .seconds(30)) { false } }
            }
            while await tables.drainWaiterCount < 256 { await Task.yield() }
            #expect(await tables.waitUntilDrained(id, limit: .seconds(30)) { false } == 1)
            gate.open()
            for try await left in group { #expect(left == nil) }
        }
        let last = try await onThread { try client.value.readMessage().text }
        #expect(last == "last")
        try await fixture.stop()
        replica.kill()
    }
}
