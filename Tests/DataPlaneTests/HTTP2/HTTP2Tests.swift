import Foundation
import Routing
import Testing

@testable import DataPlane

/// Clients that speak HTTP/2, as curl does.
@Suite struct HTTP2Tests {
    private static let options = ["--http2-prior-knowledge", "-H", "Authorization: Bearer secret"]
    private static let score = "{}/api/v1/endpoint/fraud/score"
    private static let info = "{}/api/v1/endpoint/fraud/info"

    /// Runs on a thread against a router with a replica, an echoing one if no script is given.
    private func withRouter(
        _ script: @escaping StubReplica.Script = { message, socket in
            try socket.send(StubReplica.answer(message.text))
            return true
        },
        _ body: @escaping @Sendable (RouterFixture, StubReplica, Scratch) throws -> Void
    ) async throws {
        let replica = try StubReplica(script)
        let fixture = try RouterFixture()
        try await fixture.use([replica.route], TableOptions(slots: 8, timeoutMs: 20_000))
        try await onThread { try body(fixture, replica, try Scratch()) }
        #expect(await fixture.waitForReport { $0.inFlight == 0 && $0.queued == 0 })
        try await fixture.stop()
        replica.kill()
    }

    @Test func `a request is answered`() async throws {
        try await withRouter { fixture, replica, _ in
            let text = try Curl.run(
                fixture,
                Self.options + ["-w", "|%{http_version} %{http_code}", "-b", "a=1; b=2", "--data", "hello", Self.score])
            #expect(text == "hello|2 200")
            #expect(replica.requests.last?.startLine == "POST /predict HTTP/1.1")
            #expect(replica.requests.last?["content-length"] == "5")
            #expect(replica.requests.last?["cookie"] == "a=1; b=2")
            #expect(replica.requests.last?["authorization"] == nil)
        }
    }

    @Test func `methods and bodies are what they are in HTTP 1`() async throws {
        let script: StubReplica.Script = { message, socket in
            let isHEAD = message.startLine.hasPrefix("HEAD")
            try socket.send(
                isHEAD ? "HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n" : StubReplica.answer(message.startLine))
            return true
        }
        try await withRouter(script) { fixture, replica, _ in
            let head = try Curl.run(fixture, Self.options + ["--head", Self.info])
            #expect(head.contains("content-length: 12345\r\n"))
            #expect(try Curl.run(fixture, Self.options + [Self.info]) == "GET /info HTTP/1.1")
            #expect(try Curl.run(fixture, Self.options + ["-X", "DELETE", Self.info]) == "DELETE /info HTTP/1.1")
            #expect(replica.requests.allSatisfy { $0["transfer-encoding"] == nil && $0["content-length"] == nil })
        }
    }

    @Test func `the router's own answers are the same`() async throws {
        try await withRouter { fixture, replica, _ in
            for (arguments, status) in [
                (["--http2-prior-knowledge", Self.score], 401), (Self.options + ["{}/nobody"], 404),
                (Self.options + ["-H", "azureml-model-deployment: nobody", Self.score], 404),
                (Self.options + ["-H", "X: \(String(repeating: "a", count: 17_000))", Self.score], 431),
                (Self.options + ["--request-target", "*", "-X", "OPTIONS", Self.score], 400),
            ] {
                let text = try Curl.run(fixture, ["-w", "|%{http_version} %{http_code}"] + arguments)
                #expect(text.hasSuffix("|2 \(status)"))
                #expect(text.hasPrefix("{\"error\":"))
            }
            #expect(replica.requests.isEmpty)
        }
    }

    @Test func `streams share a connection of TLS, each with its own answer`() async throws {
        let certificates = try Certificates()
        let authority = try certificates.renew("a")
        let replica = try StubReplica { message, socket in
            try socket.send(StubReplica.answer(message.startLine + message.text))
            return true
        }
        let fixture = try RouterFixture { $0.tls = certificates.files }
        try await fixture.use([replica.route], TableOptions(slots: 20, timeoutMs: 20_000))
        try await onThread {
            let scratch = try Scratch()
            let text = try Curl.run(
                fixture,
                [
                    "--http2", "--cacert", authority, "-H", "Authorization: Bearer secret", "--parallel",
                    "--parallel-max", "50", "-w", "%{http_code} %{http_version} %{num_connects}\n", "-o",
                    scratch.path("#1"), "--data", "hello", Self.score + "?n=[1-300]",
                ])
            let lines = text.split(separator: "\n")
            #expect(lines.count == 300 && lines.allSatisfy { $0.hasPrefix("200 2 ") })
            #expect(lines.count { $0.hasSuffix(" 1") } < 5)
            for number in 1...300 {
                let answer = String(decoding: try scratch.data("\(number)"), as: UTF8.self)
                #expect(answer == "POST /predict?n=\(number) HTTP/1.1hello")
            }
        }
        #expect(await fixture.waitForReport { $0.inFlight == 0 && $0.queued == 0 })
        try await fixture.stop()
        replica.kill()
    }

    @Test(arguments: [false, true])
    func `three megabytes come back as they went`(isChunked: Bool) async throws {
        let script: StubReplica.Script = { message, socket in
            try StubReplica.sendBack(message, on: socket, inChunksOf: isChunked ? 200_000 : nil)
            return true
        }
        try await withRouter(script) { fixture, replica, scratch in
            let random = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/dev/urandom"))
            let body = try #require(try random.read(upToCount: 3_000_000))
            try body.write(to: URL(fileURLWithPath: scratch.path("body")))
            let text = try Curl.run(
                fixture,
                Self.options + [
                    "-X", "POST", "-T", isChunked ? "-" : scratch.path("body"), "-o", scratch.path("answer"), "-w",
                    "%{http_code} %{size_download}", Self.score,
                ], input: try FileHandle(forReadingFrom: URL(fileURLWithPath: scratch.path("body"))))
            #expect(text == "200 3000000")
            #expect(replica.requests.first?["transfer-encoding"] == (isChunked ? "chunked" : nil))
            #expect(try scratch.data("answer") == body)
        }
    }

    @Test func `a streamed answer arrives as it is made`() async throws {
        let gates = [Gate(), Gate()]
        let script: StubReplica.Script = { _, socket in
            try socket.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for (number, text) in ["one", "two", "end"].enumerated() {
                try socket.send("3\r\n\(text)\r\n")
                if number < gates.count { gates[number].wait() }
            }
            try socket.send("0\r\n\r\n")
            return true
        }
        try await withRouter(script) { fixture, _, _ in
            let curl = try Curl(fixture, Self.options + ["--no-buffer", Self.info])
            #expect(curl.readSome() == "one")
            gates[0].open()
            #expect(curl.readSome() == "two")
            gates[1].open()
            #expect(try curl.finish().text == "end")
        }
    }

    @Test func `a body that nobody wants is not taken`() async throws {
        try await withRouter { fixture, replica, scratch in
            try Data(repeating: 0x61, count: 200_000).write(to: URL(fileURLWithPath: scratch.path("body")))
            let text = try Curl.run(
                fixture,
                [
                    "--http2-prior-knowledge", "-H", "Authorization: Bearer wrong", "-w", "%{http_code}", "-o",
                    "/dev/null", "--data-binary", "@\(scratch.path("body"))", Self.score,
                ])
            #expect(text == "401")
            #expect(replica.requests.isEmpty)
        }
    }

    @Test func `a replica's broken answer breaks its stream and no other`() async throws {
        let script: StubReplica.Script = { message, socket in
            guard message.startLine.contains("/broken") else {
                try socket.send(StubReplica.answer("fine"))
                return true
            }
            try socket.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            return false
        }
        try await withRouter(script) { fixture, _, _ in
            let broken = try Curl(fixture, Self.options + ["{}/api/v1/endpoint/fraud/broken"]).finish()
            // CURLE_HTTP2_STREAM
            #expect(broken.status == 92)
            #expect(try Curl.run(fixture, Self.options + [Self.info]) == "fine")
        }
    }

    @Test func `what is no HTTP 2 behind its preface ends the connection`() async throws {
        try await withRouter { fixture, replica, _ in
            let client = try fixture.connect()
            try client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Smuggling.hidden)
            _ = try client.readToEnd()
            #expect(replica.requests.isEmpty)
        }
    }

    @Test func `a drain lets streams finish`() async throws {
        let gate = Gate()
        let replica = try StubReplica { message, socket in
            gate.wait()
            try socket.send(StubReplica.answer(message.text))
            return true
        }
        let fixture = try RouterFixture()
        try await fixture.use([replica.route], TableOptions(slots: 8, timeoutMs: 20_000))
        async let answered: Void = onThread {
            let text = try Curl.run(fixture, Self.options + ["--data", "hello", Self.score])
            #expect(text == "hello")
        }
        #expect(await fixture.waitForReport { $0.inFlight == 1 })
        async let stopped: Void = fixture.stop()
        gate.open()
        try await answered
        try await stopped
        replica.kill()
    }
}
