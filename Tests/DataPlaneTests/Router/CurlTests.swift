import Foundation
import Routing
import Testing

@testable import DataPlane

/// The router as curl sees it: a client that somebody else wrote.
@Suite struct CurlTests {
    private static let key = ["-H", "Authorization: Bearer secret"]
    private static let score = "{}/api/v1/endpoint/fraud/score"
    private static let info = "{}/api/v1/endpoint/fraud/info"

    /// Responds with as many chunks as there are texts.
    private static func chunks(_ texts: [String]) -> String {
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            + texts.map { "\(String($0.utf8.count, radix: 16))\r\n\($0)\r\n" }.joined() + "0\r\n\r\n"
    }

    // MARK: Versions and methods

    @Test(arguments: ["--http1.0", "--http1.1", "--http2"])
    func `every version that curl offers gets an answer in HTTP 1.1`(version: String) async throws {
        try await withCurl { fixture, replica, _ in
            let text = try Curl.run(
                fixture, Self.key + [version, "-w", "|%{http_version} %{http_code}", "--data", "hello", Self.score])
            #expect(text == "hello|1.1 200")
            #expect(replica.requests.last?.startLine == "POST /predict HTTP/1.1")
            // Curl offers to go on in HTTP/2, which is a matter between it and the router.
            #expect(replica.requests.last?["upgrade"] == nil)
            #expect(replica.requests.last?["http2-settings"] == nil)
        }
    }

    @Test(arguments: ["--http1.0", "--http1.1"])
    func `an answer of unknown length is whole in either version`(version: String) async throws {
        let script: StubReplica.Script = { _, socket in
            try socket.send(Self.chunks(["one", "two", "three"]))
            return true
        }
        try await withCurl(script) { fixture, _, _ in
            let text = try Curl.run(fixture, Self.key + [version, "--raw", "--include", Self.info])
            #expect(text.contains("transfer-encoding: chunked") == (version == "--http1.1"))
            #expect(text.hasSuffix(version == "--http1.1" ? "three\r\n0\r\n\r\n" : "\r\n\r\nonetwothree"))
        }
    }

    @Test func `HEAD gets the length and no body`() async throws {
        let script: StubReplica.Script = { _, socket in
            try socket.send("HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n")
            return true
        }
        try await withCurl(script) { fixture, replica, _ in
            let text = try Curl.run(
                fixture, Self.key + ["--head", "-w", "%{size_download} %{num_connects}\n", Self.info, Self.info])
            #expect(text.components(separatedBy: "content-length: 12345\r\n").count == 3)
            #expect(text.hasSuffix("0 0\n"))
            #expect(replica.requests.map(\.startLine) == ["HEAD /info HTTP/1.1", "HEAD /info HTTP/1.1"])
        }
    }

    @Test func `a proxy's client names the host in its target`() async throws {
        try await withCurl { fixture, replica, _ in
            let text = try Curl.run(
                fixture,
                Self.key + ["--noproxy", "", "--proxy", "{}", "--data", "hello", "http://fraud.example/score?x=1"])
            #expect(text == "hello")
            #expect(replica.requests.last?.startLine == "POST /predict?x=1 HTTP/1.1")
            #expect(replica.requests.last?["proxy-connection"] == nil)
        }
    }

    @Test(arguments: [
        ["--header", "Host:"], ["--header", "Content-Length: 2", "--header", "Transfer-Encoding: chunked"],
        ["--header", "Transfer-Encoding: gzip"], ["--header", "X : a"], ["--header", "X: \u{1}"],
        ["--request", "GE T"],
        ["--request-target", "*"], ["--request-target", "/a b"], ["--request-target", "fraud.example:80"],
        ["--haproxy-protocol"],
    ])
    func `what curl can be made to say wrong is refused, and the connection ends`(options: [String]) async throws {
        try await withCurl { fixture, replica, _ in
            let text = try Curl.run(
                fixture, Self.key + options + ["-D", "-", "-o", "/dev/null", "--data", "hello", Self.score])
            #expect(text.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
            #expect(text.contains("\r\nconnection: close\r\n"))
            #expect(replica.requests.isEmpty)
        }
    }

    // MARK: Bodies

    @Test func `a body of unknown length goes up in chunks`() async throws {
        try await withCurl { fixture, replica, _ in
            let input = Pipe()
            let curl = try Curl(
                fixture,
                Self.key + [
                    "-X", "POST", "-T", "-", "-H", "Transfer-Encoding: chunked", "-w", "|%{http_code}", Self.score,
                ],
                input: input.fileHandleForReading)
            for part in ["one ", "two ", "three"] { try input.fileHandleForWriting.write(contentsOf: Data(part.utf8)) }
            try input.fileHandleForWriting.close()
            #expect(try curl.finish().text == "one two three|200")
            #expect(replica.requests.last?["transfer-encoding"] == "chunked")
            #expect(replica.requests.last?["content-length"] == nil)
        }
    }

    @Test func `a large body waits to be asked for`() async throws {
        try await withCurl { fixture, replica, scratch in
            let body = Data(repeating: 0x61, count: 5 << 20)
            try body.write(to: URL(fileURLWithPath: scratch.path("body")))
            let upload = [
                "-H", "Expect: 100-continue", "--expect100-timeout", "15", "--data-binary", "@\(scratch.path("body"))",
                "-D", "-", "-o",
                scratch.path("answer"), "-w", "%{http_code} %{size_upload}", Self.score,
            ]
            let accepted = try Curl.run(fixture, Self.key + upload)
            #expect(accepted.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"))
            #expect(accepted.hasSuffix("200 \(body.count)"))
            #expect(try scratch.data("answer") == body)
            #expect(replica.requests.last?["expect"] == nil)
            // Who is not let in is told so instead, and sends nothing.
            let refused = try Curl.run(fixture, ["-H", "Authorization: Bearer wrong"] + upload)
            #expect(refused.hasPrefix("HTTP/1.1 401 Unauthorized\r\n"))
            #expect(refused.hasSuffix("401 0"))
            #expect(replica.requests.count == 1)
        }
    }

    @Test func `a form with files goes through`() async throws {
        try await withCurl { fixture, replica, scratch in
            try Data("file".utf8).write(to: URL(fileURLWithPath: scratch.path("file")))
            let text = try Curl.run(fixture, Self.key + ["-F", "a=b", "-F", "c=@\(scratch.path("file"))", Self.score])
            #expect(text.contains("name=\"c\"; filename=\"file\""))
            #expect(replica.requests.last?["content-type"]?.hasPrefix("multipart/form-data") == true)
        }
    }

    @Test(arguments: [false, true])
    func `thirty megabytes come back as they went`(isChunked: Bool) async throws {
        try await withCurl(StubReplica.sendingBack(inChunksOf: isChunked ? 200_000 : nil)) {
            fixture, replica, scratch in
            _ = try scratch.writeBody(count: 30_000_000)
            let fields = isChunked ? ["-H", "Transfer-Encoding: chunked"] : []
            let text = try Curl.run(
                fixture,
                Self.key + fields + [
                    "-X", "POST", "-T", scratch.path("body"), "-o", scratch.path("answer"), "-w",
                    "%{http_code} %{size_download}", Self.score,
                ])
            #expect(text == "200 30000000")
            #expect(replica.requests.first?["transfer-encoding"] == (isChunked ? "chunked" : nil))
            let digests = try ["body", "answer"].map { name in
                try [UInt8](scratch.data(name)).withBytes { sha256($0) }
            }
            #expect(digests[0] == digests[1])
        }
    }

    @Test func `a streamed answer arrives as it is made`() async throws {
        let gates = [Gate(), Gate()]
        let sent = Counter()
        try await withCurl(StubReplica.streaming(["one", "two", "end"], gates, sent: sent)) { fixture, _, _ in
            let curl = try Curl(fixture, Self.key + ["--no-buffer", Self.info])
            #expect(curl.readSome() == "one")
            #expect(sent.value == 1)
            gates[0].open()
            #expect(curl.readSome() == "two")
            #expect(sent.value == 2)
            gates[1].open()
            #expect(try curl.finish().text == "end")
        }
    }

    // MARK: Connections

    @Test func `one connection serves one request after the other`() async throws {
        try await withCurl { fixture, replica, _ in
            let wrong = ["-H", "Authorization: Bearer wrong"]
            let write = ["-w", "|%{http_code} %{num_connects}\n"]
            let text = try Curl.run(
                fixture,
                write + Self.key + ["--data", "a", Self.score, "--next"] + write + Self.key + [Self.info, "--next"]
                    + write
                    + wrong + ["-o", "/dev/null", "--data", "b", Self.score, "--next"] + write + Self.key
                    + ["-X", "POST", "-H", "Transfer-Encoding: chunked", "--data", "c", Self.score, "--next"] + write
                    + Self.key
                    + [Self.info + "?[1-20]"])
            #expect(text == "a|200 1\n|200 0\n|401 0\nc|200 0\n" + String(repeating: "|200 0\n", count: 20))
            #expect(replica.requests.count == 23)
            #expect(replica.openConnections == 1)
        }
    }

    @Test(arguments: [("--http1.0", "1 1"), ("--http1.1", "1 0")])
    func `a connection goes on as the version has it`(version: String, connects: String) async throws {
        try await withCurl { fixture, _, _ in
            let text = try Curl.run(fixture, Self.key + [version, "-w", "%{num_connects} ", Self.info, Self.info])
            #expect(text == connects + " ")
        }
    }

    @Test func `many requests at once are each answered with their own`() async throws {
        let script: StubReplica.Script = { message, socket in
            try socket.send(StubReplica.answer(message.startLine))
            return true
        }
        try await withCurl(script) { fixture, replica, scratch in
            let text = try Curl.run(
                fixture,
                Self.key + [
                    "--parallel", "--parallel-immediate", "--parallel-max", "20", "-w", "%{http_code}\n", "-o",
                    scratch.path("#1"), "--data", "hello", Self.score + "?n=[1-200]",
                ])
            #expect(text == String(repeating: "200\n", count: 200))
            #expect(replica.requests.count == 200)
            for number in 1...200 {
                let answer = String(decoding: try scratch.data("\(number)"), as: UTF8.self)
                #expect(answer == "POST /predict?n=\(number) HTTP/1.1")
            }
        }
    }
}
