import Foundation
import Identity
import Testing

@testable import DataPlane

/// TLS on the listener, as curl sees it.
@Suite struct TLSTests {
    /// What a run of curl came to.
    private struct Outcome {
        var status: Int32
        var output: Data
        var text: String { String(decoding: output, as: UTF8.self) }
    }

    private static func curl(_ arguments: [String]) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
        process.arguments =
            ["--http1.1", "--silent", "--show-error", "--max-time", "20", "-H", "Authorization: Bearer secret"]
            + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Outcome(status: process.terminationStatus, output: data)
    }

    private static func url(_ fixture: RouterFixture) -> String {
        "https://localhost:\(fixture.router.listenAddress.port)/api/v1/endpoint/fraud/score"
    }

    @Test func `requests of every size go through, several on one connection`() async throws {
        let certificates = try Certificates()
        let authority = try certificates.renew("a")
        let replica = try StubReplica.echo()
        try await withFixture(of: [replica]) {
            $0.tls = certificates.files
        } body: { fixture in
            let url = Self.url(fixture)
            let small = try Self.curl([
                "--cacert", authority, "-d", "one", url, "--next", "--cacert", authority, "-H",
                "Authorization: Bearer secret", "-d", "two", "--write-out", " %{num_connects} %{http_version}", url,
            ])
            #expect(small.status == 0 && small.text == "onetwo 0 1.1")
            let body = Data((0..<3_000_000).map { UInt8(ascii: "a") + UInt8($0 / 7 % 26) })
            try body.write(to: URL(fileURLWithPath: certificates.path("body")))
            for chunked in [[], ["-H", "Transfer-Encoding: chunked"]] {
                let long = try Self.curl(
                    ["--cacert", authority, "--data-binary", "@\(certificates.path("body"))", url] + chunked)
                #expect(long.status == 0 && long.output == body)
            }
        }
    }

    @Test func `who does not trust the authority, or speaks no TLS, gets nothing`() async throws {
        let certificates = try Certificates()
        let authority = try certificates.renew("a")
        let replica = try StubReplica.echo()
        let fixture = try RouterFixture { $0.tls = certificates.files }
        try await fixture.use([replica.route])
        try await onThread {
            let url = Self.url(fixture)
            #expect(try Self.curl(["-d", "one", url]).status == 60)
            #expect(try Self.curl(["--cacert", authority, "--tls-max", "1.1", "-d", "one", url]).status == 35)
            #expect(try Self.curl(["-d", "one", url.replacing("https:", with: "http:")]).status != 0)
            let silent = try fixture.connect()
            silent.close()
            #expect(replica.requests.isEmpty)
        }
        #expect(await fixture.waitForMetric("sluice_router_tls_handshakes_failed_total", 4))
        try await fixture.stop()
        replica.kill()
    }

    @Test func `a renewed certificate is used from the next connection on, and drops none`() async throws {
        let certificates = try Certificates()
        let first = try certificates.renew("first")
        let gate = Gate()
        let replica = try StubReplica { message, socket in
            if message.text == "slow" { gate.wait() }
            try socket.send(StubReplica.answer(message.text))
            return true
        }
        try await withFixture(of: [replica]) {
            $0.tls = certificates.files
        } body: { fixture in
            let url = Self.url(fixture)
            let isServed = DispatchSemaphore(value: 0)
            let slow = Counter()
            Thread {
                let outcome = try? Self.curl(["--cacert", first, "-d", "slow", url])
                if outcome?.text == "slow" { slow.add(1) }
                isServed.signal()
            }.start()
            #expect(replica.wait { $0.requests.count == 1 })
            // Half of a renewal, which cannot be used, changes nothing.
            try certificates.write("not a key", "server.key")
            let second = try certificates.renew("second")
            #expect(eventually { (try? Self.curl(["--cacert", second, "-d", "new", url]).text) == "new" })
            #expect(try Self.curl(["--cacert", first, "-d", "old", url]).status == 60)
            gate.open()
            isServed.wait()
            #expect(slow.value == 1)
        }
    }

    @Test func `a certificate that cannot be used ends the start`() throws {
        let certificates = try Certificates()
        _ = try certificates.renew("a")
        let key = try String(contentsOfFile: certificates.path("server.key"), encoding: .utf8)
        _ = try certificates.renew("b")
        for (certificate, key) in [("server.pem", "nowhere"), ("a.pem", "server.key")] {
            let files = TLSFiles(certificate: certificates.path(certificate), key: certificates.path(key))
            #expect(throws: ConfigurationFault.self) { try files.load() }
        }
        try certificates.write(key, "server.key")
        #expect(throws: ConfigurationFault.self) { try certificates.files.load() }
    }
}
