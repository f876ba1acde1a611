import Foundation
import Routing
import Testing

@testable import DataPlane

/// A request takes a slot when its body is there, or the first 64 KB of it: the slot is for the model's time, not the
/// network's.
@Suite struct SlowUploadTests {
    private static let head =
        "POST /score HTTP/1.1\r\nHost: fraud.example\r\nAuthorization: Bearer secret\r\nExpect: 100-continue\r\n"

    /// A client that has sent a head, and was told to send the body.
    private static func begun(_ fixture: RouterFixture, _ framing: String) throws -> RawSocket {
        let client = try fixture.connect()
        try client.send("\(head)\(framing)\r\n\r\n")
        #expect(try client.read(upTo: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
        return client
    }

    /// Runs on a thread against a router with one slot and one place in the line.
    private func withRouter(
        _ options: TableOptions = TableOptions(slots: 1, queueWaitMs: 1_000, queueLimit: 1),
        maxReceiving: Int = 1_024,
        _ body: @escaping @Sendable (RouterFixture, StubReplica) throws -> Void
    ) async throws {
        let replica = try StubReplica.echo()
        let fixture = try RouterFixture { $0.loop.maxReceiving = maxReceiving }
        try await fixture.use([replica.route], options)
        try await onThread { try body(fixture, replica) }
        #expect(await fixture.waitForReport { $0.inFlight == 0 && $0.queued == 0 })
        try await fixture.stop()
        replica.kill()
    }

    private static func expectServed(_ fixture: RouterFixture) throws {
        let client = try fixture.connect()
        #expect(try client.ask(scoring("other")).text == "other")
    }

    @Test func `an upload with a length holds no slot`() async throws {
        try await withRouter { fixture, replica in
            let uploads = try (0..<3).map { _ in try Self.begun(fixture, "Content-Length: 10") }
            for upload in uploads { try upload.send("first") }
            try Self.expectServed(fixture)
            for upload in uploads {
                #expect(try upload.ask("third").text == "firstthird")
            }
            #expect(replica.requests.map(\.text) == ["other"] + Array(repeating: "firstthird", count: 3))
        }
    }

    @Test func `an upload in chunks holds no slot`() async throws {
        try await withRouter { fixture, replica in
            let upload = try Self.begun(fixture, "Transfer-Encoding: chunked")
            try upload.send("5\r\nfirst\r\n")
            try Self.expectServed(fixture)
            #expect(try upload.ask("5\r\nthird\r\n0\r\n\r\n").text == "firstthird")
            #expect(replica.requests.map(\.text) == ["other", "firstthird"])
        }
    }

    @Test func `an upload on a stream of HTTP 2 holds no slot`() async throws {
        try await withRouter { fixture, replica in
            let client = try Frames.begun(fixture)
            try client.send(Frames.frame(1, flags: 4, stream: 1, Frames.post) + Frames.data("first", stream: 1))
            try Frames.wait(client)
            try Self.expectServed(fixture)
            try client.send(Frames.data("third", stream: 1, isLast: true))
            #expect(try Frames.read(client, kind: 0) == Array("firstthird".utf8))
            #expect(replica.requests.map(\.text) == ["other", "firstthird"])
        }
    }

    @Test func `a longer body has its slot when 64 KB of it are there`() async throws {
        let replica = try StubReplica.echo()
        let fixture = try RouterFixture()
        try await fixture.use([replica.route], TableOptions(slots: 1))
        let body = Array(String(repeating: "0123456789", count: 20_000).utf8)
        let client = try await onThread {
            let client = try Self.begun(fixture, "Content-Length: \(body.count)")
            try client.send(Array(body[..<65_535]))
            try Self.expectServed(fixture)
            try client.send([body[65_535]])
            return Unchecked(client)
        }
        #expect(await fixture.waitForReport { $0.inFlight == 1 })
        try await onThread {
            let answer = try client.value.ask(Array(body[65_536...]))
            #expect(answer.body == body)
        }
        try await fixture.stop()
        replica.kill()
    }

    /// The caller may send its next message when the model has answered the first.
    @Test func `a gRPC call has its slot before its end`() async throws {
        let fixture = try RouterFixture()
        let replica = try StubReplica(readsBodies: false) { _, _ in true }
        try await fixture.use([replica.route])
        let client = try await onThread {
            let client = try Frames.begun(fixture)
            let fields = Frames.post + Frames.literal(name: "content-type", "application/grpc")
            try client.send(Frames.frame(1, flags: 4, stream: 1, fields))
            return Unchecked(client)
        }
        #expect(await fixture.waitForReport { $0.inFlight == 1 })
        client.value.close()
        replica.kill()
        try await fixture.stop()
    }

    @Test func `a body that does not arrive in time is refused`() async throws {
        let options = TableOptions(slots: 1, timeoutMs: 300, queueLimit: 1)
        try await withRouter(options) { fixture, replica in
            let upload = try Self.begun(fixture, "Content-Length: 10")
            let refused = try upload.ask("first")
            #expect(refused.status == 408)
            #expect(refused["x-sluice-cause"] == "body-timeout")
            #expect(upload.isClosedByPeer())
            #expect(replica.requests.isEmpty)
        }
    }

    @Test func `uploads beyond those that may wait ask at once, and count`() async throws {
        let replica = try StubReplica.echo()
        let fixture = try RouterFixture { $0.loop.maxReceiving = 0 }
        try await fixture.use([replica.route], TableOptions(slots: 1, queueLimit: 1))
        let client = try await onThread { Unchecked(try Self.begun(fixture, "Content-Length: 5")) }
        #expect(await fixture.waitForReport { $0.inFlight == 1 })
        try await onThread {
            let answer = try client.value.ask("first")
            #expect(answer.text == "first")
        }
        try await fixture.stop()
        replica.kill()
    }

    @Test func `an upload that ends early leaves its place to the next`() async throws {
        try await withRouter(maxReceiving: 1) { fixture, replica in
            for ending in ["", "GX\r\n", "5\r\nfirst\r\n0\r\n\r\n"] {
                let upload = try Self.begun(fixture, "Transfer-Encoding: chunked")
                try Self.expectServed(fixture)
                try upload.send(ending)
                if ending.isEmpty {
                    upload.endSending()
                    #expect(upload.isClosedByPeer())
                } else {
                    _ = try upload.readMessage()
                }
            }
            #expect(replica.requests.map(\.text) == ["other", "other", "other", "first"])
        }
    }
}
