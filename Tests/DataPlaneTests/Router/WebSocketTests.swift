import Foundation
import Routing
import Testing

@testable import DataPlane

@Suite struct WebSocketTests {
    private static let opening =
        "GET /score HTTP/1.1\r\nHost: fraud.example\r\nAuthorization: Bearer secret\r\nConnection: keep-alive, Upgrade\r\n"
        + "Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

    /// Agrees, and then sends back every line in capitals until it gets `end`.
    private static func shouting() throws -> StubReplica {
        try StubReplica { message, socket in
            guard message["upgrade"] == "websocket" else {
                try socket.send(StubReplica.answer("plain"))
                return true
            }
            try socket.send(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nhello\r\n")
            while let line = try socket.read(upTo: "\r\n"), line != "end\r\n" {
                try socket.send(line.uppercased())
            }
            return false
        }
    }

    @Test func `both sides send what they like until one ends, and the slot is taken as long`() async throws {
        let replica = try Self.shouting()
        let fixture = try RouterFixture()
        try await fixture.use([replica.route], TableOptions(slots: 1))
        let client = try await onThread {
            let client = try fixture.connect()
            // A frame may come with the head.
            try client.send(Self.opening + "early\r\n")
            let head = try #require(try client.read(upTo: "\r\n\r\n")).lowercased()
            #expect(head.hasPrefix("http/1.1 101 "))
            #expect(head.contains("\r\nupgrade: websocket\r\n") && head.contains("\r\nconnection: upgrade\r\n"))
            #expect(head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="))
            #expect(try client.read(upTo: "\r\n") == "hello\r\n")
            #expect(try client.read(upTo: "\r\n") == "EARLY\r\n")
            let long = String(repeating: "x", count: 300_000)
            try client.send("\(long)\r\n")
            #expect(try client.read(upTo: "\r\n")?.count == 300_001)
            return Unchecked(client)
        }
        #expect(await fixture.waitForReport { $0.inFlight == 1 })
        let request = try #require(replica.requests.first)
        #expect(request["connection"] == "Upgrade" && request["sec-websocket-version"] == "13")
        #expect(request.startLine == "GET /predict HTTP/1.1" && request["authorization"] == nil)
        try await onThread {
            try client.value.send("end\r\n")
            #expect(client.value.isClosedByPeer())
        }
        #expect(await fixture.waitForReport { $0.inFlight == 0 && $0.answersByClass[0] == 1 })
        try await fixture.stop()
        replica.kill()
    }

    @Test func `a client that ends ends the replica's connection too`() async throws {
        let replica = try Self.shouting()
        try await withClient(of: [replica]) { client in
            try client.send(Self.opening)
            _ = try client.read(upTo: "hello\r\n")
            #expect(replica.openConnections == 1)
            client.close()
            #expect(replica.wait { $0.openConnections == 0 })
        }
    }

    @Test func `no protocol is changed that nobody asked for`() async throws {
        let willing = try StubReplica.saying(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", closes: true)
        let plain = try StubReplica.echo()
        let fixture = try RouterFixture()
        try await fixture.use([willing.route])
        try await onThread {
            let client = try fixture.connect()
            #expect(try client.ask(scoring()).status == 502)
        }
        try await fixture.use([plain.route], TableOptions(generation: 2))
        try await onThread {
            let client = try fixture.connect()
            #expect(try client.ask(Self.opening).status == 200, "the replica did not agree")
            // Another protocol, and an upgrade with a body, are ordinary requests.
            #expect(try client.ask(scoring("a", fields: "Connection: Upgrade\r\nUpgrade: h2c\r\n")).text == "a")
            #expect(plain.requests.last?["upgrade"] == nil && plain.requests.last?["connection"] == nil)
        }
        try await fixture.stop()
        willing.kill()
        plain.kill()
    }
}
