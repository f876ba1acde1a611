import Foundation
import Routing
import Testing

@testable import DataPlane

@Suite struct StreamingTests {
    private static let size = 20 << 20

    static func pattern(_ count: Int) -> [UInt8] {
        var random = RandomSource(seed: 42)
        var bytes = [UInt8](repeating: 0, count: count)
        for index in stride(from: 0, to: count, by: 8) {
            let word = random.next()
            for offset in 0..<min(8, count - index) {
                bytes[index + offset] = UInt8(truncatingIfNeeded: word >> UInt64(8 * offset))
            }
        }
        return bytes
    }

    @Test(arguments: [false, true])
    func `twenty megabytes go through in both directions`(isChunked: Bool) async throws {
        let replica = try StubReplica(tcp: true) { message, socket in
            try StubReplica.sendBack(message, on: socket, inChunksOf: isChunked ? 100_000 : nil)
            return true
        }
        try await withFixture(of: [replica], options: TableOptions(timeoutMs: 60_000)) { fixture in
            let body = Self.pattern(Self.size)
            let client = try fixture.connect()
            let framing = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(body.count)"
            try client.send(
                "POST /score HTTP/1.1\r\nHost: fraud.example\r\nAuthorization: Bearer secret\r\n\(framing)\r\n\r\n")
            if isChunked {
                for start in stride(from: 0, to: body.count, by: 77_777) {
                    let chunk = Array(body[start..<min(start + 77_777, body.count)])
                    try client.send(Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + [13, 10])
                }
                try client.send("0\r\n\r\n")
            } else {
                try client.send(body)
            }
            let answer = try client.readMessage()
            #expect(answer.status == 200)
            #expect(answer.body == body)
            // The connection goes on after it.
            #expect(try client.ask(scoring("next")).text == "next")
        }
    }

    @Test func `a client that reads nothing holds the replica back`() async throws {
        let sent = Counter()
        let replica = try StubReplica(tcp: true) { _, socket in
            try socket.send("HTTP/1.1 200 OK\r\nContent-Length: \(64 << 20)\r\n\r\n")
            let block = [UInt8](repeating: 7, count: 1 << 20)
            for _ in 0..<64 {
                try socket.send(block)
                sent.add(1)
            }
            return true
        }
        try await withClient(of: [replica], options: TableOptions(timeoutMs: 60_000)) { client in
            try client.send(scoring())
            _ = try client.read(count: 1000)
            // What fits in the kernel's buffers was sent; most of it cannot have been.
            var last = -1
            _ = eventually {
                let now = sent.value
                defer { last = now }
                usleep(50_000)
                return now == last
            }
            #expect(sent.value < 40)
            #expect(try client.readToEndCount(until: (64 << 20) + 40) >= 64 << 20)
        }
    }

    @Test func `a client that expects it is told to continue, once its body is awaited`() async throws {
        let replica = try StubReplica.echo()
        try await withClient(of: [replica]) { client in
            let head =
                "POST /score HTTP/1.1\r\nHost: fraud.example\r\nAuthorization: Bearer secret\r\nExpect: 100-continue\r\n"
            try client.send(head + "Content-Length: 5\r\n\r\n")
            #expect(try client.read(upTo: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
            #expect(try client.ask("hello").text == "hello")
            #expect(replica.requests.last?["expect"] == nil)
        }
    }

    @Test(
        arguments: [
            ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 200, "5"),
            ("GET", "HTTP/1.1 204 No Content\r\n\r\n", 204, nil),
            ("GET", "HTTP/1.1 304 Not Modified\r\n\r\n", 304, nil),
        ] as [(String, String, Int, String?)])
    func `an answer without a body leaves the connection usable`(
        method: String, raw: String, status: Int, length: String?
    ) async throws {
        let replica = try StubReplica.saying(raw)
        try await withClient(of: [replica]) { client in
            for _ in 0..<3 {
                try client.send(
                    "\(method) /info HTTP/1.1\r\nHost: fraud.example\r\nAuthorization: Bearer secret\r\n\r\n")
                let answer = try client.readMessage(hasNoBody: true)
                #expect(answer.status == status)
                #expect(answer["content-length"] == length)
            }
            #expect(replica.requests.count == 3)
        }
    }

    @Test func `an answer that ends with the connection is passed on in chunks`() async throws {
        let replica = try StubReplica.saying(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nuntil the end", closes: true)
        try await withClient(of: [replica]) { client in
            for _ in 0..<2 {
                let answer = try client.ask(scoring())
                #expect(answer["transfer-encoding"] == "chunked")
                #expect(answer.text == "until the end")
            }
        }
    }

    @Test func `a broken chunk from the client ends the exchange`() async throws {
        let replica = try StubReplica.echo()
        try await withClient(of: [replica]) { client in
            try client.send(
                "POST /score HTTP/1.1\r\nHost: fraud.example\r\nAuthorization: Bearer secret\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nX"
            )
            #expect(try client.readMessage().status == 400)
            #expect(client.isClosedByPeer())
        }
    }
}

extension RawSocket {
    /// Reads `count` bytes and drops them.
    func readToEndCount(until count: Int) throws -> Int {
        var total = 0
        while total < count - 1000 { total += try read(count: min(65_536, count - 1000 - total)).count }
        return total + 1000
    }
}
