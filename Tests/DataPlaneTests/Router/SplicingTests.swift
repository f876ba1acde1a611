import Foundation
import Routing
import Testing

@testable import DataPlane

/// Request bodies so long that most of them go through a pipe.
@Suite struct SplicingTests {
    private static let size = 8 << 20
    private static let pattern = StreamingTests.pattern(size)
    private static let megabyte = Array(pattern[..<(1 << 20)])

    private static func head(_ length: Int = size) -> String {
        "POST /score HTTP/1.1\r\nHost: fraud.example\r\nAuthorization: Bearer secret\r\nContent-Length: \(length)\r\n\r\n"
    }

    /// Waits until nothing more is sent: every buffer between is full.
    private static func waitForStall(_ sent: Counter) {
        var last = -1
        _ = eventually {
            let now = sent.value
            defer { last = now }
            usleep(50_000)
            return now == last && now > 0
        }
    }

    /// Sends a body that does not arrive whole, and expects what its client is told.
    private static func failToSend(to fixture: RouterFixture, status: Int) throws {
        let client = try fixture.connect()
        try client.send(head())
        let sender = client.sendAside(pattern, counting: Counter())
        #expect(try client.readMessage().status == status)
        #expect(eventually { sender.isFinished })
    }

    @Test(arguments: [false, true])
    func `a long body arrives byte for byte, and so does the request behind it`(isTCP: Bool) async throws {
        let replica = try StubReplica(tcp: isTCP) { message, socket in
            try socket.send(StubReplica.answer("\(message.body.count)"))
            return true
        }
        try await withClient(of: [replica]) { client in
            for length in [Self.size, Self.size - 1, 1 << 20, 300_001, 131_072] {
                let body = Array(Self.pattern[..<length])
                let answer = try client.ask(Array(Self.head(length).utf8) + body + Array(scoring("next").utf8))
                #expect(answer.text == "\(length)")
                #expect(try client.readMessage().text == "4")
                #expect(replica.requests.dropLast().last?.body == body)
                #expect(replica.requests.last?.text == "next")
            }
            #expect(replica.openConnections == 1)
        }
    }

    @Test(arguments: [false, true])
    func `a replica that reads nothing holds the client back, and then gets all`(isTCP: Bool) async throws {
        let gate = Gate()
        let replica = try StubReplica(tcp: isTCP, readsBodies: false) { _, socket in
            gate.wait()
            var isWhole = true
            for _ in 0..<8 where try socket.read(count: Self.size) != Self.pattern { isWhole = false }
            try socket.send(StubReplica.answer(isWhole ? "whole" : "torn"))
            return true
        }
        try await withClient(of: [replica], options: TableOptions(timeoutMs: 60_000)) { client in
            let sent = Counter()
            try client.send(Self.head(64 << 20))
            let sender = client.sendAside(Self.pattern, times: 8, counting: sent)
            Self.waitForStall(sent)
            #expect(sent.value < 40 << 20)
            gate.open()
            #expect(try client.readMessage().text == "whole")
            #expect(eventually { sender.isFinished })
        }
    }

    @Test func `what a client sent before it ended its side is moved on when the replica reads`() async throws {
        let gate = Gate()
        let replica = try StubReplica(readsBodies: false) { _, socket in
            gate.wait()
            let isWhole = try socket.read(count: 1 << 20) == Self.megabyte
            try socket.send(StubReplica.answer(isWhole ? "whole" : "torn"))
            return true
        }
        try await withClient(of: [replica]) { client in
            try client.send(Array(Self.head(1 << 20).utf8) + Self.megabyte)
            client.endSending()
            #expect(replica.wait { $0.requests.count == 1 })
            gate.open()
            #expect(try client.readMessage().text == "whole")
        }
    }

    @Test func `every piece of a slow client's body goes on at once`() async throws {
        let piece = 100_000
        let received = Counter()
        let replica = try StubReplica(readsBodies: false) { _, socket in
            for number in 0..<20 {
                let expected = Array(Self.pattern[number * piece..<(number + 1) * piece])
                guard try socket.read(count: piece) == expected else { return false }
                received.add(1)
            }
            try socket.send(StubReplica.answer("whole"))
            return true
        }
        try await withClient(of: [replica]) { client in
            try client.send(Self.head(20 * piece))
            for number in 0..<20 {
                try client.send(Array(Self.pattern[number * piece..<(number + 1) * piece]))
                #expect(eventually { received.value == number + 1 })
            }
            #expect(try client.readMessage().text == "whole")
        }
    }

    @Test func `a client that breaks off ends the replica's connection too`() async throws {
        let arrived = Counter()
        let replica = try StubReplica(readsBodies: false) { _, socket in
            arrived.add(try socket.readToEnd().count)
            return false
        }
        try await withClient(of: [replica], options: TableOptions(slots: 1)) { client in
            try client.send(Array(Self.head().utf8) + Self.pattern[..<(2 << 20)])
            client.close()
            #expect(eventually { arrived.value == 2 << 20 })
        }
    }

    @Test func `an answer before the whole body ends the exchange, whatever waits in the pipe`() async throws {
        let begun = Counter()
        let stalled = Counter()
        let replica = try StubReplica(readsBodies: false) { message, socket in
            if message["content-length"] == "\(Self.size)" {
                begun.add(1)
                _ = eventually { stalled.value == begun.value }
                try socket.send(StubReplica.answer("too much", status: "413 Content Too Large"))
                _ = try? socket.readToEnd()
                return false
            }
            let isWhole = try socket.read(count: 1 << 20) == Self.megabyte
            try socket.send(StubReplica.answer(isWhole ? "whole" : "torn"))
            return true
        }
        try await withFixture(of: [replica], options: TableOptions(slots: 1)) { fixture in
            // More often than there are pipes: none may be lost.
            for _ in 0..<20 {
                let client = try fixture.connect()
                let sent = Counter()
                try client.send(Self.head())
                let sender = client.sendAside(Self.pattern, counting: sent)
                Self.waitForStall(sent)
                stalled.add(1)
                let answer = try client.readMessage()
                #expect(answer.text == "too much")
                #expect(answer["connection"] == "close")
                #expect(eventually { sender.isFinished })
            }
            let client = try fixture.connect()
            #expect(try client.ask(Array(Self.head(1 << 20).utf8) + Self.megabyte).text == "whole")
        }
    }

    @Test(arguments: [false, true])
    func `a replica that dies within the body costs this request only`(isTCP: Bool) async throws {
        let replica = try StubReplica(tcp: isTCP, readsBodies: false) { message, socket in
            if message["content-length"] == "\(Self.size)" {
                _ = try socket.read(count: 1 << 20)
                return false
            }
            try socket.send(StubReplica.answer(String(decoding: try socket.read(count: 4), as: UTF8.self)))
            return true
        }
        try await withFixture(of: [replica], options: TableOptions(slots: 1)) { fixture in
            try Self.failToSend(to: fixture, status: 502)
            let next = try fixture.connect()
            #expect(try next.ask(scoring("next")).text == "next")
        }
    }

    @Test func `a request whose body is stuck times out, and its bytes reach nobody else`() async throws {
        let gate = Gate()
        let replica = try StubReplica(readsBodies: false) { message, socket in
            if message["content-length"] == "\(Self.size)" {
                gate.wait()
                return false
            }
            let isWhole = try socket.read(count: 1 << 20) == Self.megabyte
            try socket.send(StubReplica.answer(isWhole ? "whole" : "torn"))
            return true
        }
        try await withFixture(of: [replica], options: TableOptions(timeoutMs: 3_000)) { fixture in
            try Self.failToSend(to: fixture, status: 408)
            let next = try fixture.connect()
            #expect(try next.ask(Array(Self.head(1 << 20).utf8) + Self.megabyte).text == "whole")
            gate.open()
        }
    }
}
