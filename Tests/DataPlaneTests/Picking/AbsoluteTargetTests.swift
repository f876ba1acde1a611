import FuzzChecks
import Testing

@testable import DataPlane

/// Targets in absolute form, RFC 9112 section 3.2.2.
@Suite struct AbsoluteTargetTests {
    private func pathAndQuery(_ target: String) -> String? {
        withBytes(target) { bytes in RequestTarget(bytes).map { text(bytes.run($0.rest)) } }
    }

    @Test(arguments: [
        "http://a/b?c", "HTTP://a/b?c", "https://a:80/b?c", "http://[::1]:80/b?c", "hTTpS://127.0.0.1/b?c",
    ])
    func `scheme and authority are left out`(target: String) {
        #expect(pathAndQuery(target) == "/b?c")
    }

    @Test func `a slash in the query begins no path`() {
        let targets = [
            "http://a?b=/score", "http://a?/api/v1/endpoint/fraud/score", "http://a?b=http://c/d", "http://a:80?/",
        ]
        for target in targets { #expect(withBytes(target) { RequestTarget($0) } == nil, "\(target)") }
    }

    @Test func `an authority is a host and a port`() {
        let targets = [
            "http:///score", "https:///", "http://:80/score", "http://user@a/score", "http://a:b@c/", "http://a:b/",
        ]
        for target in targets { #expect(withBytes(target) { RequestTarget($0) } == nil, "\(target)") }
    }

    /// The target's host counts, whatever `Host` says.
    @Test func `the host of the target decides over Host`() async throws {
        let replica = try StubReplica.echo()
        try await withFixture(of: [replica]) { fixture in
            for (target, host, status) in [
                ("fraud.example", "other.example", 200), ("other.example", "fraud.example", 404),
            ] {
                let client = try fixture.connect()
                try client.send(
                    "POST http://\(target)/score HTTP/1.1\r\nHost: \(host)\r\nAuthorization: Bearer secret\r\nContent-Length: 0\r\n\r\n"
                )
                let answer = try client.readMessage()
                #expect(answer.status == status)
            }
        }
    }
}
