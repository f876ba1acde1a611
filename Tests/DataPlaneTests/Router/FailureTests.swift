import Routing
import Testing

@testable import DataPlane

@Suite struct FailureTests {
    @Test(
        arguments: [
            (.managed, "/score", "500 Model Broke", 424, "500"),
            (.managed, "/score", "404 Not Found", 424, "404"),
            (.managed, "/score", "302 Found", 424, "302"),
            (.managed, "/score", "201 Created", 201, nil),
            (.managed, "/docs", "404 Not Found", 404, nil),
            (.managed, "/docs", "500 Model Broke", 424, "500"),
            (.kubernetes, "/score", "500 Model Broke", 502, "500"),
            (.kubernetes, "/score", "404 Not Found", 404, nil),
            (.kubernetes, "/docs", "404 Not Found", 404, nil),
        ] as [(EndpointKind, String, String, Int, String?)])
    func `a model's own status is told apart from the router's`(
        kind: EndpointKind, path: String, model: String, status: Int, modelStatus: String?
    ) async throws {
        let replica = try StubReplica.saying(StubReplica.answer("why", status: model))
        try await withClient(of: [replica], options: TableOptions(kind: kind)) { client in
            let answer = try client.ask(scoring(path: "/api/v1/endpoint/fraud" + path))
            #expect(answer.status == status)
            #expect(answer["ms-azureml-model-error-statuscode"] == modelStatus)
            #expect(
                answer["ms-azureml-model-error-reason"] == modelStatus.map { _ in String(model.dropFirst(4)) }
            )
            #expect(answer.text == "why")
        }
    }

    @Test func `a replica that cannot be reached is passed over`() async throws {
        let alive = try StubReplica.echo()
        let dead = try StubReplica.echo()
        dead.kill()
        let fixture = try RouterFixture()
        try await fixture.use([dead.route, alive.route])
        try await onThread {
            let client = try fixture.connect()
            for number in 0..<6 {
                #expect(try client.ask(scoring("\(number)")).text == "\(number)")
            }
        }
        try await fixture.stop()
        alive.kill()
    }

    @Test(arguments: [false, true])
    func `while the others are busy, requests wait for them instead of failing at those that cannot be reached`(
        tcp: Bool
    ) async throws {
        let gate = Gate()
        let alive = try StubReplica.echo(behind: gate)
        let dead = try (0..<3).map { _ in try StubReplica.echo(tcp: tcp) }
        for each in dead { each.kill() }
        let fixture = try RouterFixture()
        try await fixture.use(dead.map(\.route) + [alive.route], TableOptions(slots: 1))
        async let answers = onThread {
            let clients = try (0..<6).map { _ in try fixture.connect() }
            for (number, client) in clients.enumerated() { try client.send(scoring("\(number)")) }
            return try clients.map { try $0.readMessage() }
        }
        #expect(await fixture.waitForReport { $0.inFlight == 1 && $0.queued == 5 })
        gate.open()
        let received = try await answers
        #expect(received.map(\.status) == Array(repeating: 200, count: 6))
        #expect(received.map(\.text) == (0..<6).map { "\($0)" })
        try await fixture.stop()
        alive.kill()
    }

    /// The model goes on with what its caller has given up: another request would be one too many.
    @Test(arguments: [false, true])
    func `a request that ran out of time has its slot until the replica has ended it`(tcp: Bool) async throws {
        let gate = Gate()
        let replica = try StubReplica(tcp: tcp) { message, socket in
            if message.text == "long" { gate.wait() }
            try socket.send(StubReplica.answer(message.text))
            return message.text != "long"
        }
        let fixture = try RouterFixture()
        try await fixture.use([replica.route], TableOptions(slots: 1, timeoutMs: 1_500))
        try await onThread {
            let client = try fixture.connect()
            #expect(try client.ask(scoring("long")).status == 408)
        }
        async let answer = onThread {
            let client = try fixture.connect()
            try client.send(scoring("next"))
            return try client.readMessage()
        }
        #expect(await fixture.waitForReport { $0.inFlight == 0 && $0.queued == 1 })
        #expect(replica.requests.count == 1)
        gate.open()
        #expect(try await answer.text == "next")
        try await fixture.stop()
        replica.kill()
    }

    @Test(arguments: [false, true])
    func `without another replica the answer is 502`(tcp: Bool) async throws {
        let dead = try StubReplica.echo(tcp: tcp)
        dead.kill()
        let fixture = try RouterFixture()
        try await fixture.use([dead.route])
        try await onThread {
            let client = try fixture.connect()
            let answer = try client.ask(scoring())
            #expect(answer.status == 502)
            #expect(answer["x-sluice-cause"] == "replica-unreachable")
        }
        #expect(await fixture.waitForReport { $0.inFlight == 0 })
        try await fixture.stop()
    }

    @Test func `a kept connection that the replica has closed is not used again`() async throws {
        let replica = try StubReplica { message, socket in
            try socket.send(StubReplica.answer(message.text))
            return false
        }
        try await withClient(of: [replica]) { client in
            for number in 0..<20 {
                let answer = try client.ask(scoring("\(number)"))
                #expect(answer.text == "\(number)")
                #expect(replica.wait { $0.openConnections == 0 })
            }
        }
    }

    @Test(arguments: [("GET", 200), ("POST", 502)])
    func `a request that may have run is repeated only if its method allows it`(method: String, status: Int)
        async throws
    {
        let attempts = Counter()
        let script: StubReplica.Script = { message, socket in
            attempts.add(1)
            if attempts.value == 1 { return false }
            try socket.send(StubReplica.answer("ok"))
            return true
        }
        let replicas = try [StubReplica(script), StubReplica(tcp: true, script)]
        let fixture = try RouterFixture()
        try await fixture.use(replicas.map(\.route))
        try await onThread {
            let client = try fixture.connect()
            #expect(
                try client.ask(
                    "\(method) /score HTTP/1.1\r\nHost: fraud.example\r\nAuthorization: Bearer secret\r\n\r\n"
                ).status == status)
            #expect(attempts.value == (status == 200 ? 2 : 1))
        }
        try await fixture.stop()
        for replica in replicas { replica.kill() }
    }

    @Test(arguments: [
        "nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 101 Up\r\n\r\n",
        "HTTP/1.1 200 OK\n\n",
    ])
    func `an answer that is not valid is replaced by 502`(raw: String) async throws {
        let replica = try StubReplica.saying(raw)
        try await withClient(of: [replica]) { client in
            let answer = try client.ask(scoring())
            #expect(answer.status == 502)
            #expect(answer["x-sluice-cause"] == "invalid-answer")
        }
    }

    @Test(arguments: ["Content-Length: 100", "Transfer-Encoding: chunked"])
    func `an answer that breaks off ends the connection`(framing: String) async throws {
        let replica = try StubReplica.saying("HTTP/1.1 200 OK\r\n\(framing)\r\n\r\n3\r\nabc\r\n", closes: true)
        try await withClient(of: [replica]) { client in
            try client.send(scoring())
            let bytes = try client.readToEnd()
            #expect(!String(decoding: bytes, as: UTF8.self).hasSuffix("0\r\n\r\n"))
        }
    }
}
