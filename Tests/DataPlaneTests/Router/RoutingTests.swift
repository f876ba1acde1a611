import Routing
import Testing

@testable import DataPlane

@Suite struct RoutingTests {
    /// Runs `body` on a thread against a router with one echoing replica per deployment.
    private func withRouter(
        _ options: TableOptions = TableOptions(), loops: Int = 1,
        _ body: @escaping @Sendable (RouterFixture, StubReplica, StubReplica) throws -> Void,
        afterwards look: (RouterFixture) async throws -> Void = { _ in }
    ) async throws {
        let blue = try StubReplica.echo()
        let green = try StubReplica.echo(tcp: true)
        let fixture = try RouterFixture(loops: loops)
        var options = options
        options.green = [green.route]
        try await fixture.use([blue.route], options)
        try await onThread { try body(fixture, blue, green) }
        try await look(fixture)
        try await fixture.stop()
        blue.kill()
        green.kill()
    }

    @Test func `requests on one connection are answered in order, one after the other`() async throws {
        try await withRouter { fixture, blue, _ in
            let client = try fixture.connect()
            for number in 0..<20 {
                let answer = try client.ask(scoring("body-\(number)"))
                #expect(answer.status == 200)
                #expect(answer.text == "body-\(number)")
                #expect(answer["azureml-model-deployment"] == "blue")
            }
            #expect(blue.openConnections == 1)
        }
    }

    @Test func `pipelined requests are answered in order`() async throws {
        try await withRouter { fixture, _, _ in
            let client = try fixture.connect()
            try client.send((0..<50).map { scoring("b\($0)", key: $0 % 5 == 4 ? "wrong" : "secret") }.joined())
            for number in 0..<50 {
                let answer = try client.readMessage()
                if number % 5 == 4 { #expect(answer.status == 401) } else { #expect(answer.text == "b\(number)") }
            }
        }
    }

    @Test func `a request may arrive byte by byte`() async throws {
        try await withRouter { fixture, _, _ in
            let client = try fixture.connect()
            for byte in scoring("hello").utf8 { try client.send([byte]) }
            #expect(try client.readMessage().text == "hello")
        }
    }

    @Test func `paths and hosts lead to the endpoint, and score to the scoring path`() async throws {
        try await withRouter { fixture, blue, _ in
            let client = try fixture.connect()
            let asked: [(String, String, String)] = [
                ("/api/v1/endpoint/FRAUD/score?x=1", "router", "POST /predict?x=1 HTTP/1.1"),
                ("/api/v1/endpoint/fraud/v2/info?y", "router", "POST /v2/info?y HTTP/1.1"),
                ("/score", "Fraud.Example:8080", "POST /predict HTTP/1.1"),
                ("/swagger.json", "fraud.example", "POST /swagger.json HTTP/1.1"),
            ]
            for (path, host, line) in asked {
                try client.send(
                    "POST \(path) HTTP/1.1\r\nHost: \(host)\r\nAuthorization: Bearer secret\r\nContent-Length: 0\r\n\r\n"
                )
                #expect(try client.readMessage().status == 200)
                #expect(blue.requests.last?.startLine == line)
                #expect(blue.requests.last?["host"] == host)
            }
        }
    }

    @Test(arguments: [
        (scoring(path: "/api/v1/endpoint/unknown/score"), 404, "EndpointNotFound"),
        (scoring(path: "/api/v1/endpoint/fr%61ud/score"), 404, "EndpointNotFound"),
        (scoring(path: "/score"), 404, "EndpointNotFound"),
        (scoring(key: nil), 401, "Unauthorized"),
        (scoring(key: "wrong"), 401, "Unauthorized"),
        (scoring(key: "wrong", fields: "azureml-model-deployment: nowhere\r\n"), 401, "Unauthorized"),
        (scoring(fields: "azureml-model-deployment: nowhere\r\n"), 404, "DeploymentNotFound"),
    ])
    func `a request that leads nowhere is answered by the router`(request: String, status: Int, code: String)
        async throws
    {
        try await withRouter { fixture, blue, _ in
            let client = try fixture.connect()
            let answer = try client.ask(request)
            #expect(answer.status == status)
            #expect(answer["content-type"] == "application/json")
            #expect(answer.text.contains("\"code\":\"\(code)\""))
            #expect((answer["www-authenticate"] == "Bearer") == (status == 401))
            #expect(try client.ask(scoring("again")).text == "again")
            #expect(blue.requests.count == 1)
        }
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\n\r\n", 400), ("GET /\r\n\r\n", 400), ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        ("GET /\(String(repeating: "x", count: 9000)) HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 17000))\r\n\r\n", 431),
        (
            "POST /score HTTP/1.1\r\nHost: fraud.example\r\nAuthorization: Bearer secret\r\nContent-Length: 9999999999\r\n\r\n",
            413
        ),
    ])
    func `a message that cannot be trusted ends the connection`(message: String, status: Int) async throws {
        try await withRouter { fixture, _, _ in
            let client = try fixture.connect()
            let answer = try client.ask(message)
            #expect(answer.status == status)
            #expect(answer["connection"] == "close")
            #expect(client.isClosedByPeer())
        }
    }

    @Test func `the deployment header pins a deployment, also one without traffic`() async throws {
        try await withRouter { fixture, blue, green in
            let client = try fixture.connect()
            #expect(
                try client.ask(scoring(fields: "azureml-model-deployment: green\r\n"))["azureml-model-deployment"]
                    == "green")
            #expect(green.requests.count == 1)
            #expect(blue.requests.isEmpty)
        }
    }

    @Test func `without a positive share there is nothing to route to`() async throws {
        try await withRouter(TableOptions(bluePercent: 0)) { fixture, _, _ in
            let client = try fixture.connect()
            let answer = try client.ask(scoring())
            #expect(answer.status == 404)
            #expect(answer.text.contains("NoTraffic"))
        }
    }

    @Test func `header fields between neighbours stay behind, identities are added`() async throws {
        try await withRouter { fixture, blue, _ in
            let client = try fixture.connect()
            let fields =
                "Connection: X-Secret, keep-alive\r\nX-Secret: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\nUpgrade: h2c\r\n"
                + "Proxy-Authorization: a\r\nX-Request-Id: mine\r\nx-ms-client-request-id: \(String(repeating: "a", count: 50))\r\n"
                + "X-Forwarded-For: 10.0.0.1\r\ntraceparent: 00-1\r\n"
            let answer = try client.ask(scoring(fields: fields))
            let request = try #require(blue.requests.last)
            for name in [
                "connection", "x-secret", "keep-alive", "te", "upgrade", "proxy-authorization", "authorization",
            ] {
                #expect(request[name] == nil, "\(name)")
            }
            #expect(request["traceparent"] == "00-1")
            #expect(request["x-forwarded-for"] == "10.0.0.1, 127.0.0.1")
            #expect(request["x-ms-client-request-id"] == String(repeating: "a", count: 40))
            #expect(answer["x-ms-client-request-id"] == String(repeating: "a", count: 40))
            #expect(answer["x-request-id"] == request["x-request-id"])
            #expect(answer["x-request-id"]?.count == 36)
            #expect(answer.fields.count { $0.name == "x-request-id" } == 1)
        }
    }

    @Test func `a request without a trace begins one that tells its id`() async throws {
        try await withRouter { fixture, blue, _ in
            let client = try fixture.connect()
            try client.send(scoring())
            _ = try client.readMessage()
            let request = try #require(blue.requests.last)
            let id = try #require(request["x-request-id"]).replacing("-", with: "")
            #expect(request["traceparent"] == "00-\(id)-\(id.suffix(16))-00")
        }
    }

    @Test func `times are told as a histogram whose last bucket is the count`() async throws {
        try await withRouter { fixture, _, _ in
            let client = try fixture.connect()
            for _ in 0..<3 {
                #expect(try client.ask(scoring()).status == 200)
            }
        } afterwards: { fixture in
            #expect(await fixture.waitForReport { $0.durationBuckets?.reduce(0, +) == 3 })
            let labels = "endpoint=\"Fraud\",deployment=\"blue\""
            let metrics = await fixture.router.metrics()
            #expect(metrics.contains("duration_seconds_bucket{\(labels),le=\"+Inf\"} 3\n"))
            #expect(metrics.contains("duration_seconds_count{\(labels)} 3\n"))
            #expect(metrics.contains("duration_seconds_bucket{\(labels),le=\"0.00025\"}"))
        }
    }

    @Test func `only the paths that the model server has are asked for`() async throws {
        let blue = try StubReplica.echo()
        try await withClient(of: [blue], options: TableOptions(otherPaths: ["/", "/swagger.json"])) { client in
            for (path, status) in [
                ("/score?a=/x", 200), ("/swagger.json?v=1", 200), ("/", 200), ("", 200), ("/swagger", 404),
                ("/score/", 404), ("/x", 404), ("//", 404),
            ] {
                let answer = try client.ask(scoring(path: "/api/v1/endpoint/fraud\(path)"))
                #expect(answer.status == status, "\(path)")
                #expect(answer.text.contains("PathNotFound") == (status == 404))
            }
            #expect(blue.requests.count == 4)
        }
    }

    private static let preflight =
        "OPTIONS /score HTTP/1.1\r\nHost: fraud.example\r\nOrigin: https://a.example\r\n"
        + "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization\r\n\r\n"

    @Test(arguments: [["*"], ["https://b.example", "https://a.example"]])
    func `pages of allowed origins may ask, and are told so`(origins: [String]) async throws {
        let blue = try StubReplica { message, socket in
            try socket.send(StubReplica.answer("x", fields: "Access-Control-Allow-Origin: https://own.example\r\n"))
            return true
        }
        let fixture = try RouterFixture()
        try await fixture.use([blue.route], TableOptions(allowedOrigins: origins))
        let told = origins == ["*"] ? "*" : "https://a.example"
        try await onThread {
            let client = try fixture.connect()
            try client.send(Self.preflight)
            let allowed = try client.readMessage(hasNoBody: true)
            #expect(allowed.status == 204 && allowed["access-control-allow-origin"] == told)
            #expect(allowed["access-control-allow-headers"]?.contains("authorization") == true)
            #expect(blue.requests.isEmpty)
            for (fields, status) in [("", 200), ("azureml-model-deployment: nowhere\r\n", 404)] {
                let answer = try client.ask(scoring(fields: "Origin: https://a.example\r\n\(fields)"))
                #expect(answer.status == status && answer["vary"] == "origin")
                #expect(answer.fields.filter { $0.name == "access-control-allow-origin" }.map(\.value) == [told])
            }
            // Not from a page: the replica's own fields pass.
            #expect(try client.ask(scoring())["access-control-allow-origin"] == "https://own.example")
        }
        try await fixture.stop()
        blue.kill()
    }

    @Test(arguments: [nil, ["https://b.example"]] as [[String]?])
    func `a page of another origin is told nothing`(origins: [String]?) async throws {
        let blue = try StubReplica.echo()
        try await withClient(of: [blue], options: TableOptions(allowedOrigins: origins)) { client in
            #expect(try client.ask(Self.preflight).status == 401)
            let answer = try client.ask(scoring(fields: "Origin: https://a.example\r\n"))
            #expect(answer.status == 200 && answer["access-control-allow-origin"] == nil)
        }
    }

    @Test func `a key that is revoked no longer opens a connection that used it`() async throws {
        let blue = try StubReplica.echo()
        let fixture = try RouterFixture()
        try await fixture.use([blue.route])
        let client = try await onThread { [fixture] in
            let client = try fixture.connect()
            #expect(try client.ask(scoring()).status == 200)
            return Unchecked(client)
        }
        try await fixture.use([blue.route], TableOptions(generation: 2, key: "other"))
        try await onThread {
            let answer = try client.value.ask(scoring())
            #expect(answer.status == 401)
            #expect(try client.value.ask(scoring(key: "other")).status == 200)
        }
        try await fixture.stop()
        blue.kill()
    }

    @Test func `a client of version 1.0 gets no chunks and is told when the connection stays`() async throws {
        let replica = try StubReplica.saying(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
        try await withClient(of: [replica]) { client in
            try client.send(
                "GET /score HTTP/1.0\r\nHost: fraud.example\r\nConnection: keep-alive\r\nAuthorization: Bearer secret\r\n\r\n"
            )
            let answer = try client.readMessage()
            #expect(answer["transfer-encoding"] == nil)
            #expect(answer["connection"] == "close")
            #expect(answer.text == "abc")
        }
    }
}

/// Carries a value from one of a test's threads to the next; they follow each other and never run at once.
struct Unchecked<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}
