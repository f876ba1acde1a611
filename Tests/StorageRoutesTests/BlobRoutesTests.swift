import Artifacts
import HTTPTypes
import HummingbirdTesting
import Testing

@Suite struct BlobRoutesTests {
    @Test func `a blob goes in and comes out with all that was said about it`() async throws {
        try await RoutesFixture.run { _, client in
            let written = try await client.put(
                "a/b.txt", "hello",
                [
                    "x-ms-meta-Upload_status": "completed", "Content-Type": "text/plain", "x-ms-version": "2026-10-06",
                    "x-ms-client-request-id": "me", "x-ms-blob-cache-control": "no-store",
                    "Content-MD5": "XUFAKrxLKna5cZ2REBfFkg==",
                ])
            #expect(written.outcome == "201 ")
            #expect(written["x-ms-version"] == "2026-10-06")
            #expect(written["x-ms-client-request-id"] == "me")
            #expect(written["Content-MD5"] == "XUFAKrxLKna5cZ2REBfFkg==")
            for method in [HTTPRequest.Method.get, .head] {
                let response = try await client.send(method, "/acct.blob.local/models/a/b.txt")
                #expect(response.outcome == "200 ")
                #expect(response.text == (method == .get ? "hello" : ""))
                #expect(response["Content-Length"] == "5")
                #expect(response["ETag"] == written["ETag"])
                #expect(response["Last-Modified"] == "Fri, 15 Jan 2027 08:00:00 GMT")
                #expect(response["Content-Type"] == "text/plain")
                #expect(response["Cache-Control"] == "no-store")
                #expect(response["Content-MD5"] == "XUFAKrxLKna5cZ2REBfFkg==")
                #expect(response["x-ms-blob-type"] == "BlockBlob")
                #expect(response["x-ms-meta-upload_status"] == "completed")
                #expect(response["Accept-Ranges"] == "bytes")
                #expect(response["x-ms-request-id"]?.isEmpty == false)
            }
        }
    }

    @Test(
        arguments: [
            ("bytes=1-3", "206 ", "ell", "bytes 1-3/5"), ("bytes=3-", "206 ", "lo", "bytes 3-4/5"),
            ("bytes=0-33554431", "206 ", "hello", "bytes 0-4/5"), ("bytes=-2", "206 ", "lo", "bytes 3-4/5"),
            ("bytes=5-9", "416 InvalidRange", "", nil), ("bytes=3-1", "400 InvalidHeaderValue", "", nil),
            ("bytes=0-1,3-4", "400 InvalidHeaderValue", "", nil), ("lines=1-2", "400 InvalidHeaderValue", "", nil),
            ("bytes=0-9223372036854775807", "206 ", "hello", "bytes 0-4/5"),
            ("bytes=9223372036854775807-", "416 InvalidRange", "", nil),
            ("bytes=-9223372036854775807", "206 ", "hello", "bytes 0-4/5"),
        ] as [(String, String, String, String?)])
    func `a range answers its part`(_ range: String, _ outcome: String, _ text: String, _ bounds: String?) async throws
    {
        try await RoutesFixture.run { _, client in
            try await client.put("x", "hello")
            for header in ["x-ms-range", "Range"] {
                let response = try await client.send(.get, "/acct/models/x", [header: range])
                #expect(response.outcome == outcome)
                #expect(response["Content-Range"] == bounds)
                if bounds != nil { #expect(response.text == text) }
            }
        }
    }

    @Test func `a range of an empty blob is refused, the whole of it is not`() async throws {
        try await RoutesFixture.run { _, client in
            try await client.put("x", "")
            let response = try await client.send(.get, "/acct/models/x", ["x-ms-range": "bytes=0-33554431"])
            #expect(response.outcome == "416 InvalidRange")
            #expect(try await client.send(.get, "/acct/models/x").outcome == "200 ")
        }
    }

    @Test(arguments: [
        ("a%20b", "a b"), ("100%25", "100%"), ("a%2Fb", "a/b"), ("a%252Fb", "a%2Fb"), ("a//b", "a//b"),
        ("../../../etc/passwd", "../../../etc/passwd"), ("a/%2e%2e/b", "a/../b"), ("a+b&c", "a+b&c"),
        ("%23%3F", "#?"), ("%E6%97%A5", "日"), ("x/", "x/"), ("a%01b", "a\u{1}b"), ("%3C%3E%22", "<>\""),
    ])
    func `a name is decoded once and otherwise kept`(_ path: String, _ name: String) async throws {
        try await RoutesFixture.run { fixture, client in
            #expect(try await client.put(path, "content").outcome == "201 ")
            let record = try await fixture.store.properties(of: BlobName(name), in: ContainerName("models"))
            #expect(record.size == 7)
            #expect(try await client.send(.get, "/acct/models/\(path)").text == "content")
            let list = try await client.send(.get, "/acct/models?restype=container&comp=list")
            #expect(list.outcome == "200 ")
        }
    }

    @Test func `conditions have the service's answers`() async throws {
        try await RoutesFixture.run { _, client in
            let tag = try await client.put("x", "1")["ETag"] ?? ""
            #expect(try await client.put("x", "2", ["If-None-Match": "*"]).outcome == "409 BlobAlreadyExists")
            #expect(try await client.put("x", "2", ["If-Match": "\"0x0\""]).outcome == "412 ConditionNotMet")
            #expect(
                try await client.send(.get, "/acct/models/x", ["If-None-Match": tag]).outcome == "304 ConditionNotMet")
            #expect(
                try await client.send(.get, "/acct/models/x", ["If-Modified-Since": "Fri, 15 Jan 2027 08:00:00 GMT"])
                    .outcome == "304 ConditionNotMet")
            #expect(
                try await client.send(.get, "/acct/models/x", ["If-Modified-Since": "yesterday"]).outcome
                    == "400 InvalidHeaderValue")
            #expect(
                try await client.send(.delete, "/acct/models/x", ["If-Match": "\"0x0\""]).outcome
                    == "412 ConditionNotMet")
            #expect(try await client.put("x", "2", ["If-Match": tag]).outcome == "201 ")
        }
    }

    @Test func `blocks are put, listed and committed`() async throws {
        try await RoutesFixture.run { _, client in
            for (id, text) in [("MDI=", "world"), ("MDE=", "hello ")] {
                let response = try await client.send(.put, "/acct/models/x?comp=block&blockid=\(id)", body: text)
                #expect(response.outcome == "201 ")
            }
            #expect(try await client.send(.get, "/acct/models/x").outcome == "404 BlobNotFound")
            let waiting = try await client.send(.get, "/acct/models/x?comp=blocklist&blocklisttype=all").text
            #expect(waiting.contains("<UncommittedBlocks><Block><Name>MDE=</Name><Size>6</Size></Block>"))
            let list =
                "<?xml version='1.0' encoding='utf-8'?>\n<BlockList><Latest>MDE=</Latest><Latest>MDI=</Latest></BlockList>"
            let response = try await client.send(
                .put, "/acct/models/x?comp=blocklist",
                ["x-ms-blob-content-type": "text/x", "Content-Type": "application/xml"],
                body: list)
            #expect(response.outcome == "201 ")
            let blob = try await client.send(.get, "/acct/models/x")
            #expect(blob.text == "hello world")
            #expect(blob["Content-Type"] == "text/x")
            let committed = try await client.send(.get, "/acct/models/x?comp=blocklist").text
            #expect(committed.contains("<CommittedBlocks><Block><Name>MDE=</Name><Size>6</Size></Block>"))
        }
    }

    @Test(arguments: [
        ("", "InvalidXmlDocument"), ("<BlockList>", "InvalidXmlDocument"), ("<Other/>", "InvalidXmlDocument"),
        ("<BlockList><Latest><x/></Latest></BlockList>", "InvalidXmlDocument"),
        ("<BlockList><Newest>MDE=</Newest></BlockList>", "InvalidXmlDocument"),
        ("<!DOCTYPE x [<!ENTITY a \"MDE=\">]><BlockList><Latest>&a;</Latest></BlockList>", "InvalidXmlDocument"),
        ("<BlockList><Latest>%%</Latest></BlockList>", "InvalidBlockId"),
        ("<BlockList><Latest>MDE=</Latest></BlockList>", "InvalidBlockList"),
    ])
    func `a bad block list is refused`(_ body: String, _ code: String) async throws {
        try await RoutesFixture.run { _, client in
            let response = try await client.send(.put, "/acct/models/x?comp=blocklist", body: body)
            #expect(response.outcome == "400 \(code)")
        }
    }

    @Test func `metadata and properties are replaced, bad metadata is refused`() async throws {
        try await RoutesFixture.run { _, client in
            let first = try await client.put("x", "1", ["x-ms-meta-old": "1"])
            let second = try await client.send(
                .put, "/acct/models/x?comp=metadata", ["x-ms-meta-name": "n", "x-ms-meta-version": "2"])
            #expect(second.outcome == "200 ")
            #expect(second["ETag"] != first["ETag"])
            #expect(
                try await client.send(.put, "/acct/models/x?comp=properties", ["x-ms-blob-content-type": "a/b"]).outcome
                    == "200 ")
            let response = try await client.send(.head, "/acct/models/x")
            #expect(response["x-ms-meta-name"] == "n")
            #expect(response["x-ms-meta-old"] == nil)
            #expect(response["Content-Type"] == "a/b")
            #expect(try await client.put("y", "1", ["x-ms-meta-a-b": "1"]).outcome == "400 InvalidMetadata")
            let long = String(repeating: "x", count: 9000)
            #expect(try await client.put("y", "1", ["x-ms-meta-a": long]).outcome == "400 MetadataTooLarge")
        }
    }

    @Test func `a blob is copied within the account only`() async throws {
        try await RoutesFixture.run { fixture, client in
            try await client.put("from", "content", ["x-ms-meta-a": "1"])
            let host = "localhost"
            let copy = { (source: String, target: String) in
                try await client.send(.put, "/acct/models/\(target)", ["x-ms-copy-source": source])
            }
            let response = try await copy("http://\(host)/acct/models/from", "to")
            if response.status == .accepted {
                #expect(response["x-ms-copy-status"] == "success")
                #expect(try await client.send(.get, "/acct/models/to")["x-ms-meta-a"] == "1")
            }
            #expect(response.outcome == "202 ")
            for source in [
                "http://elsewhere/acct/models/from", "http://\(host)/other/models/from", "nonsense",
                "http://\(host)/acct",
            ] {
                #expect(try await copy(source, "to").status == .badRequest)
            }
            #expect(try await copy("http://\(host)/acct/models/absent", "to").outcome == "404 BlobNotFound")
            let token = try fixture.token(.write)
            let headers = ["x-ms-copy-source": "http://\(host)/acct/models/from"]
            let unsigned = try await client.send(.put, "/acct/models/to?\(token)", headers, token: nil)
            #expect(unsigned.outcome == "401 NoAuthenticationInformation")
        }
    }

    @Test func `an error is XML with the service's code`() async throws {
        try await RoutesFixture.run { _, client in
            let response = try await client.send(.get, "/acct/models/%3Cx%3E")
            #expect(response.outcome == "404 BlobNotFound")
            #expect(response["Content-Type"] == "application/xml")
            #expect(
                response.text == "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>BlobNotFound</Code>"
                    + "<Message>The blob &apos;&lt;x&gt;&apos; does not exist.</Message></Error>".replacing(
                        "&apos;", with: "'"))
            #expect(try await client.send(.head, "/acct/models/x").text.isEmpty)
        }
    }

    struct Refusal: Sendable {
        var method = HTTPRequest.Method.put
        var uri = "/acct/models/x"
        var headers: [String: String] = [:]
        var outcome: String
    }

    @Test(arguments: [
        Refusal(uri: "/acct/models/x?comp=tags", outcome: "400 UnsupportedQueryParameter"),
        Refusal(uri: "/acct/models/x?comp=lease", outcome: "400 UnsupportedQueryParameter"),
        Refusal(uri: "/acct/models/x?comp=page", outcome: "400 UnsupportedQueryParameter"),
        Refusal(uri: "/acct/models", outcome: "400 UnsupportedQueryParameter"),
        Refusal(headers: ["x-ms-blob-type": "PageBlob"], outcome: "400 UnsupportedHeader"),
        Refusal(
            headers: ["x-ms-blob-type": "BlockBlob", "x-ms-structured-body": "XSM/1.0"],
            outcome: "400 UnsupportedHeader"),
        Refusal(outcome: "400 MissingRequiredHeader"),
        Refusal(method: .get, uri: "/acct/models/x?snapshot=1", outcome: "400 UnsupportedQueryParameter"),
        Refusal(method: .post, outcome: "405 UnsupportedHttpVerb"),
        Refusal(method: .get, uri: "/acct/models/%ZZ", outcome: "400 InvalidUri"),
        Refusal(method: .get, uri: "/acct/models/%FF", outcome: "400 InvalidUri"),
        Refusal(method: .get, uri: "/acct/models/x?a=%", outcome: "400 InvalidUri"),
        Refusal(method: .get, uri: "/acct/Models/x", outcome: "400 InvalidResourceName"),
        Refusal(headers: ["x-ms-blob-type": "BlockBlob", "Content-MD5": "bad"], outcome: "400 InvalidMd5"),
        Refusal(
            headers: ["x-ms-blob-type": "BlockBlob", "Content-MD5": "XUFAKrxLKna5cZ2REBfFkg=="],
            outcome: "400 Md5Mismatch"),
    ])
    func `what does not exist here is refused, never ignored`(_ refusal: Refusal) async throws {
        try await RoutesFixture.run { _, client in
            let response = try await client.send(refusal.method, refusal.uri, refusal.headers)
            #expect(response.outcome == refusal.outcome)
        }
    }
}
