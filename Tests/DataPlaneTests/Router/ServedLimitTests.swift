import Foundation
import Glibc
import Routing
import Testing

@testable import DataPlane

/// As many requests as replicas serve, and as many again, are in flight without a refusal: a caller that has its whole
/// response counts no more.
@Suite struct ServedLimitTests {
    /// How a replica ends its response.
    enum Ending: String, CaseIterable, CustomTestStringConvertible {
        case length
        case chunks
        case close
        /// Longer than the buffers.
        case long

        var testDescription: String { rawValue }

        func respond(_ message: Message, _ socket: RawSocket) throws -> Bool {
            switch self {
            case .length: try socket.send(StubReplica.answer(message.text))
            case .chunks: try StubReplica.sendBack(message, on: socket, inChunksOf: 2)
            case .close:
                try socket.send("HTTP/1.1 200 OK\r\n\r\n")
                try socket.send(message.body)
                return false
            case .long:
                let padding = [UInt8](repeating: 46, count: 1 << 20)
                try socket.send("HTTP/1.1 200 OK\r\nContent-Length: \(message.body.count + padding.count)\r\n\r\n")
                try socket.send(message.body + padding)
            }
            return true
        }
    }

    @Test func `a caller's next request may come before the line has moved up`() async throws {
        let gate = Gate()
        let replica = try StubReplica.echo(behind: gate)
        let fixture = try RouterFixture()
        try await fixture.use([replica.route], TableOptions(slots: 1, queueLimit: 1))
        let clients = try await onThread {
            let first = try fixture.connect()
            // The router begins with the second when the first is answered, before it looks after the line.
            try first.send(scoring("1") + scoring("2"))
            #expect(replica.wait { $0.requests.count == 1 })
            let second = try fixture.connect()
            try second.send(scoring("3"))
            return Unchecked((first, second))
        }
        #expect(await fixture.waitForReport { $0.inFlight == 1 && $0.queued == 1 })
        try await onThread {
            gate.open()
            let (first, second) = clients.value
            let responses = try [first, first, second].map { try $0.readMessage().text }
            #expect(responses == ["1", "2", "3"])
            #expect(replica.requests.map(\.text) == ["1", "3", "2"])
        }
        try await fixture.stop()
        replica.kill()
    }

    /// A router that stands still is the longest way from a slot that is free to the one that has it.
    @Test(.enabled(if: RouterExecutable.url != nil, "the executable was not built"), arguments: Ending.allCases)
    func `a slot that was left to another router has room in the line`(ending: Ending) async throws {
        let gate = Gate()
        let replica = try StubReplica { message, socket in
            gate.wait()
            return try ending.respond(message, socket)
        }
        try await onThread {
            let fleet = try RouterFleet(2, [replica.route], TableOptions(slots: 1, queueLimit: 1))
            let caller = try fleet.ask(0, "first")
            #expect(replica.wait { $0.requests.count == 1 })
            let other = try fleet.askAndHalt(1, "other")
            gate.open()
            #expect(try caller.readMessage().text.hasPrefix("first"))
            let next = try caller.ask(scoring("next"))
            #expect(next.status == 200)
            #expect(next.text.hasPrefix("next"))
            fleet.signal(1, SIGCONT)
            #expect(try other.readMessage().text.hasPrefix("other"))
        }
        replica.kill()
    }

    @Test(.enabled(if: RouterExecutable.url != nil, "the executable was not built"))
    func `the same holds for streams of HTTP 2`() async throws {
        let gate = Gate()
        let replica = try StubReplica.echo(behind: gate)
        try await onThread {
            let fleet = try RouterFleet(2, [replica.route], TableOptions(slots: 1, queueLimit: 1))
            let caller = try Frames.begun(try fleet.client(0))
            func ask(_ text: String, stream: UInt32) throws {
                let head = Frames.frame(1, flags: 4, stream: stream, Frames.post)
                try caller.send(head + Frames.data(text, stream: stream, isLast: true))
            }
            try ask("first", stream: 1)
            #expect(replica.wait { $0.requests.count == 1 })
            let other = try fleet.askAndHalt(1, "other")
            gate.open()
            #expect(try Frames.read(caller, kind: 0) == Array("first".utf8))
            try ask("next", stream: 3)
            #expect(try Frames.read(caller, kind: 0) == Array("next".utf8))
            fleet.signal(1, SIGCONT)
            #expect(try other.readMessage().text == "other")
        }
        replica.kill()
    }

    /// The model is still at work for a caller that was told so: it has no room in a replica, but in the line.
    @Test func `a caller whose request timed out may come again while the model is at work`() async throws {
        let gate = Gate()
        let replica = try StubReplica.echo(behind: gate)
        let fixture = try RouterFixture()
        try await fixture.use([replica.route], TableOptions(slots: 1, timeoutMs: 500, queueLimit: 1))
        let clients = try await onThread {
            let clients = try (0..<2).map { _ in try fixture.connect() }
            try clients[0].send(scoring("first"))
            #expect(try clients[0].readMessage().status == 408)
            for (number, client) in clients.enumerated() { try client.send(scoring("\(number)")) }
            return Unchecked(clients)
        }
        #expect(await fixture.waitForReport { $0.queued == 2 })
        try await onThread {
            #expect(replica.requests.count == 1)
            gate.open()
            let responses = try clients.value.map { try $0.readMessage().text }
            #expect(responses == ["0", "1"])
        }
        try await fixture.stop()
        replica.kill()
    }

    // MARK: Closed loops

    /// Eight callers, each with its next request as soon as it has its response.
    private static func callInTurn(
        _ connect: @escaping @Sendable (Int) throws -> RawSocket, requests: Int, sourceLocation: SourceLocation
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<8 {
                group.addTask {
                    try await onThread {
                        let client = try connect(caller)
                        for number in 0..<requests {
                            let response = try client.ask(scoring("\(caller)-\(number)"))
                            try #require(response.status == 200, sourceLocation: sourceLocation)
                            #expect(
                                response.text.hasPrefix("\(caller)-\(number)"), sourceLocation: sourceLocation)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Four replicas of one request each, and what they count.
    private static func replicas(_ ending: Ending) throws -> [(replica: StubReplica, model: CountingModel)] {
        try (0..<4).map { _ in
            let model = CountingModel()
            let replica = try StubReplica { message, socket in
                model.count { usleep(200) }
                return try ending.respond(message, socket)
            }
            return (replica, model)
        }
    }

    @Test(arguments: [1, 3], Ending.allCases)
    func `eight callers of four replicas are all served`(loops: Int, ending: Ending) async throws {
        let replicas = try Self.replicas(ending)
        // What copies have is full all the time.
        let mirror = try StubReplica.echo()
        let fixture = try RouterFixture(loops: loops)
        let options = TableOptions(
            slots: 1, queueLimit: 4, green: [mirror.route], greenMirror: 100, greenSlots: 1, greenQueueLimit: 1)
        try await fixture.use(replicas.map(\.replica.route), options)
        try await Self.callInTurn(
            { _ in try fixture.connect() }, requests: ending == .long ? 20 : 200, sourceLocation: #_sourceLocation)
        #expect(replicas.allSatisfy { $0.model.most.value == 1 })
        #expect(await fixture.waitForReport { $0.inFlight == 0 && $0.queued == 0 })
        try await fixture.stop()
        for (replica, _) in replicas { replica.kill() }
        mirror.kill()
    }

    @Test(.enabled(if: RouterExecutable.url != nil, "the executable was not built"))
    func `eight callers of three routers are all served`() async throws {
        let replicas = try Self.replicas(.length)
        let fleet = try await onThread {
            Unchecked(try RouterFleet(3, replicas.map(\.replica.route), TableOptions(slots: 1, queueLimit: 4)))
        }
        try await Self.callInTurn(
            { try fleet.value.client($0 % 3) }, requests: 200, sourceLocation: #_sourceLocation)
        #expect(replicas.allSatisfy { $0.model.most.value == 1 })
        for (replica, _) in replicas { replica.kill() }
    }

    @Test func `eight streams of a connection are all served`() async throws {
        let certificates = try Certificates()
        let authority = try certificates.renew("a")
        let replicas = try Self.replicas(.chunks)
        let fixture = try RouterFixture { $0.tls = certificates.files }
        try await fixture.use(replicas.map(\.replica.route), TableOptions(slots: 1, queueLimit: 4))
        try await onThread {
            let text = try Curl.run(
                fixture,
                [
                    "--http2", "--cacert", authority, "-H", "Authorization: Bearer secret", "--parallel",
                    "--parallel-max", "8", "-w", "%{http_code}\n", "-o", "/dev/null", "--data", "hello",
                    "{}/api/v1/endpoint/fraud/score?n=[1-400]",
                ])
            let codes = text.split(separator: "\n")
            #expect(codes.count == 400 && codes.allSatisfy { $0 == "200" })
        }
        #expect(replicas.allSatisfy { $0.model.most.value == 1 })
        try await fixture.stop()
        for (replica, _) in replicas { replica.kill() }
    }
}
