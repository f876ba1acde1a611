import Foundation
import Routing
import Testing

@testable import DataPlane

/// Clients that speak HTTP/2, as curl does.
@Suite struct HTTP2Tests {
    private static let options = ["--http2-prior-knowledge", "-H", "Authorization: Bearer secret"]
    private static let score = "{}/api/v1/endpoint/fraud/score"
    private static let info = "{}/api/v1/endpoint/fraud/info"

    @Test func `a request is answered`() async throws {
        try await withCurl { fixture, replica, _ in
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
        try await withCurl(script) { fixture, replica, _ in
            let head = try Curl.run(fixture, Self.options + ["--head", Self.info])
            #expect(head.contains("content-length: 12345\r\n"))
            #expect(try Curl.run(fixture, Self.options + [Self.info]) == "GET /info HTTP/1.1")
            #expect(try Curl.run(fixture, Self.options + ["-X", "DELETE", Self.info]) == "DELETE /info HTTP/1.1")
            #expect(replica.requests.allSatisfy { $0["transfer-encoding"] == nil && $0["content-length"] == nil })
        }
    }

    @Test func `the router's own answers are the same`() async throws {
        try await withCurl { fixture, replica, _ in
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
        try await withFixture(of: [replica], options: TableOptions(slots: 20, timeoutMs: 20_000)) {
            $0.tls = certificates.files
        } body: { fixture in
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
    }

    @Test(arguments: [false, true])
    func `three megabytes come back as they went`(isChunked: Bool) async throws {
        try await withCurl(StubReplica.sendingBack(inChunksOf: isChunked ? 200_000 : nil)) {
            fixture, replica, scratch in
            let body = try scratch.writeBody(count: 3_000_000)
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
        try await withCurl(StubReplica.streaming(["one", "two", "end"], gates)) { fixture, _, _ in
            let curl = try Curl(fixture, Self.options + ["--no-buffer", Self.info])
            #expect(curl.readSome() == "one")
            gates[0].open()
            #expect(curl.readSome() == "two")
            gates[1].open()
            #expect(try curl.finish().text == "end")
        }
    }

    @Test func `a body that nobody wants is not taken`() async throws {
        try await withCurl { fixture, replica, scratch in
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
        try await withCurl(script) { fixture, _, _ in
            let broken = try Curl(fixture, Self.options + ["{}/api/v1/endpoint/fraud/broken"]).finish()
            // CURLE_HTTP2_STREAM
            #expect(broken.status == 92)
            #expect(try Curl.run(fixture, Self.options + [Self.info]) == "fine")
        }
    }

    @Test func `what is no HTTP 2 behind its preface ends the connection`() async throws {
        try await withCurl { fixture, replica, _ in
            let client = try fixture.connect()
            try client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Smuggling.hidden)
            _ = try client.readToEnd()
            #expect(replica.requests.isEmpty)
        }
    }

    @Test func `a drain lets streams finish`() async throws {
        let gate = Gate()
        let replica = try StubReplica.echo(behind: gate)
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
