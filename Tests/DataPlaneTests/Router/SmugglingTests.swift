import FuzzChecks
import Routing
import Testing

@testable import DataPlane

/// Whatever a client sends, the replica sees the requests that stand there plainly, and no other.
@Suite struct SmugglingTests {
    /// Sends the bytes, and expects the responses, the end of the connection where it has to end, and what the replica saw.
    private static func attempt(
        _ attempt: Smuggling, byteByByte: Bool, _ fixture: RouterFixture, _ replica: StubReplica
    ) throws {
        let before = replica.requests.count
        let client = try fixture.connect()
        let bytes = latin1(attempt.bytes)
        // A router that has closed already makes the sending fail; what it said is read all the same.
        for piece in byteByByte ? bytes.map({ [$0] }) : [bytes] { try? client.send(piece) }
        var statuses: [Int] = []
        var last: Message?
        for _ in attempt.statuses {
            last = try client.readMessage()
            statuses.append(last?.status ?? 0)
        }
        #expect(statuses == attempt.statuses, "\(attempt.name): \(spelt(bytes))")
        #expect((last?["connection"] == "close") == (attempt.ending == .isClosed), "\(attempt.name): \(spelt(bytes))")
        let isKept = attempt.ending == .isOpen
        if isKept {
            // With nothing left over from before.
            #expect(try client.ask(scoring("next")).text == "next", "\(attempt.name): \(spelt(bytes))")
        } else {
            #expect(try client.readToEnd() == [], "\(attempt.name): \(spelt(bytes))")
        }
        let seen = replica.requests.dropFirst(before).dropLast(isKept ? 1 : 0).map { request in
            Smuggling.Seen(line: request.startLine, body: request.text)
        }
        #expect(seen == attempt.seen, "\(attempt.name): \(spelt(bytes))")
        for request in replica.requests.dropFirst(before) {
            let framing = request.fields.filter { ["content-length", "transfer-encoding"].contains($0.name) }
            #expect(framing.count <= 1, "\(attempt.name): \(framing)")
            let neighbours = ["connection", "upgrade", "te", "trailer", "expect", "authorization", "http2-settings"]
            #expect(neighbours.allSatisfy { request[$0] == nil }, "\(attempt.name): \(request.fields)")
        }
    }

    @Test(arguments: [false, true])
    func `a replica sees no request that was not plainly sent`(byteByByte: Bool) async throws {
        let replica = try StubReplica.echo()
        try await withFixture(of: [replica]) { fixture in
            for each in Smuggling.all where !byteByByte || each.bytes.utf8.count < 1_000 {
                try Self.attempt(each, byteByByte: byteByByte, fixture, replica)
            }
        }
    }

    // MARK: Answers

    private static let brokenAnswers: [String] =
        [
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nX: a\r\n Content-Length: 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\nhello",
            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\nContent-Length: 0\n\n", "HTTP/1.1 200 OK\r\nX: a\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: b\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX: \u{0}\r\n\r\n",
            "HTTP/1.1 200 O\rK\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n",
            "\r\nHTTP/1.1 200 OK\r\n\r\n", "hello\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
            "HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX: \(String(repeating: "a", count: 20_000))\r\n\r\n",
        ]

    /// Whole answers with bytes behind them that nobody asked for.
    private static let longAnswers: [(bytes: String, body: String)] =
        [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "hello"),
            ("HTTP/1.1 204 No Content\r\n\r\n", ""), ("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", ""),
            ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""),
        ].flatMap { bytes, body in
            ["hello", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", "\r\n"].map { (bytes + $0, body) }
        }

    /// Runs against a replica that responds to `/evil/n` with the n-th of these and everything else with its body.
    private static func withReplica(
        saying answers: [String], _ body: @escaping @Sendable (RawSocket, StubReplica) throws -> Void
    ) async throws {
        let replica = try StubReplica { message, socket in
            let number = message.startLine.split(separator: " ")[1].split(separator: "/")
            let isEvil = number.first == "evil"
            let answer = isEvil ? answers[number.last.flatMap { Int($0) } ?? 0] : StubReplica.answer(message.text)
            try socket.send(latin1(answer))
            return true
        }
        let fixture = try RouterFixture()
        try await fixture.use([replica.route])
        try await onThread { try body(try fixture.connect(), replica) }
        #expect(await fixture.waitForReport { $0.inFlight == 0 })
        try await fixture.stop()
        replica.kill()
    }

    private static func evil(_ number: Int) -> String { "GET /evil/\(number) HTTP/1.1\r\n\(Smuggling.host)\r\n" }

    @Test func `an answer that could be read in two ways is no answer, and its connection is not used again`()
        async throws
    {
        try await Self.withReplica(saying: Self.brokenAnswers) { client, replica in
            for (number, bytes) in Self.brokenAnswers.enumerated() {
                let answer = try client.ask(Self.evil(number))
                #expect(answer.status == 502, "\(spelt(latin1(bytes)))")
                #expect(answer["x-sluice-cause"] == "invalid-answer")
                #expect(replica.wait { $0.openConnections == 0 }, "\(spelt(latin1(bytes)))")
                #expect(try client.ask(scoring("fine \(number)")).text == "fine \(number)", "\(spelt(latin1(bytes)))")
            }
        }
    }

    @Test(arguments: [false, true])
    func `what stands behind an answer is nobody's answer`(isPipelined: Bool) async throws {
        try await Self.withReplica(saying: Self.longAnswers.map(\.bytes)) { client, _ in
            for (number, expected) in Self.longAnswers.enumerated() {
                let next = scoring("fine \(number)")
                try client.send(Self.evil(number) + (isPipelined ? next : ""))
                let answer = try client.readMessage(hasNoBody: expected.body.isEmpty)
                #expect(answer.status < 300, "\(spelt(latin1(expected.bytes)))")
                #expect(answer.text == expected.body, "\(spelt(latin1(expected.bytes)))")
                if !isPipelined { try client.send(next) }
                #expect(try client.readMessage().text == "fine \(number)", "\(spelt(latin1(expected.bytes)))")
            }
        }
    }

    /// A managed endpoint answers 424 for a model's 304, which has no body.
    @Test(arguments: ["", "Content-Length: 5\r\n"])
    func `an answer announces no body that does not come`(length: String) async throws {
        let replica = try StubReplica.saying("HTTP/1.1 304 Not Modified\r\n\(length)\r\n")
        try await withClient(of: [replica]) { client in
            try client.send(scoring())
            let answer = try client.readMessage(hasNoBody: true)
            #expect(answer.status == 424)
            #expect(answer["content-length"] == "0" || answer["connection"] == "close")
        }
    }
}
