import Foundation
import Routing
import Testing

@testable import DataPlane

/// Clients and replicas that say anything at all, in any pieces, and go away at any moment.
@Suite struct HostileTests {
    private static let requests = [
        scoring("{\"a\":1}"),
        "POST /score HTTP/1.1\r\nHost: fraud.example\r\nAuthorization: Bearer secret\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "GET /info HTTP/1.0\r\nHost: fraud.example\r\nAuthorization: Bearer secret\r\n\r\n",
        "HEAD /info HTTP/1.1\r\nHost: fraud.example\r\nAuthorization: Bearer secret\r\nConnection: close\r\n\r\n",
        "POST /score HTTP/1.1\r\nHost: fraud.example\r\nAuthorization: Bearer secret\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
    ]

    private static let answers = [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nuntil the end",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 Broken\r\nContent-Length: 2\r\n\r\nno",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx",
    ]

    /// The text, most often with a few bytes changed, put in, taken out, or cut off.
    private static func mutated(_ text: String, _ random: inout RandomSource) -> [UInt8] {
        var bytes = Array(text.utf8)
        let alphabet: [UInt8] = [0, 9, 10, 13, 32, 48, 49, 57, 58, 59, 65, 102, 255]
        for _ in 0..<Int.random(in: 0...2, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            let byte = alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes[place] = byte
            case 1: bytes.insert(byte, at: place)
            case 2: bytes.remove(at: place)
            default: if Int.random(in: 0..<4, using: &random) == 0 { bytes.removeLast(bytes.count - place) }
            }
        }
        return bytes
    }

    private static func send(_ bytes: [UInt8], to socket: RawSocket, _ random: inout RandomSource) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count =
                Bool.random(using: &random) ? rest.count : min(Int.random(in: 1...40, using: &random), rest.count)
            try socket.send(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `nothing that clients or replicas send stops a router or leaks a slot`(seed: UInt64) async throws {
        let turns = Counter()
        let replica = try StubReplica(tcp: seed % 2 == 0) { _, socket in
            turns.add(1)
            var random = RandomSource(seed: seed &* 1000 &+ UInt64(turns.value))
            let answer = Self.answers[Int.random(in: 0..<Self.answers.count, using: &random)]
            try Self.send(Self.mutated(answer, &random), to: socket, &random)
            return Int.random(in: 0..<3, using: &random) > 0
        }
        let fixture = try RouterFixture(loops: seed > 2 ? 2 : 1) {
            $0.loop.headTimeoutMs = 200
            $0.loop.idleTimeoutMs = 200
        }
        try await fixture.use([replica.route], TableOptions(slots: 2, timeoutMs: 40, queueWaitMs: 40, queueLimit: 4))
        let made = Counter()
        try await onThread {
            var random = RandomSource(seed: seed)
            let end = MonotonicTime.now.after(milliseconds: 1_500)
            var open: [RawSocket] = []
            for _ in 0..<2_000 {
                guard MonotonicTime.now < end else { break }
                let client = try fixture.connect()
                made.add(1)
                let request = Self.requests[Int.random(in: 0..<Self.requests.count, using: &random)]
                // A router that has closed already makes the send fail: as good an end as any.
                try? Self.send(Self.mutated(request, &random), to: client, &random)
                open.append(client)
                if open.count > 8 { open.remove(at: Int.random(in: 0..<open.count, using: &random)).close() }
            }
        }
        // Every connection was taken from the listener's queue and is gone again.
        let counters = fixture.router.shared.counters
        #expect(
            await fixture.waitForReport { _ in
                counters.reduce(0) { $0 + $1.value(of: .acceptedConnections) } == Int64(made.value)
                    && counters.reduce(0) { $0 + $1.value(of: .openConnections) } == 0
            })
        #expect(await fixture.waitForReport { $0.inFlight == 0 && $0.queued == 0 })
        let echo = try StubReplica.echo()
        try await fixture.use([echo.route], TableOptions(generation: 2))
        let text = try await onThread {
            let client = try fixture.connect()
            try client.send(scoring("alive"))
            return try client.readMessage().text
        }
        #expect(text == "alive")
        try await fixture.stop()
        replica.kill()
        echo.kill()
    }
}
