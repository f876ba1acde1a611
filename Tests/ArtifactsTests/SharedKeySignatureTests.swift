import Artifacts
import Foundation
import Testing

/// Signatures made by the `SharedKeyCredentialPolicy` of azure-storage-blob 12.31.1.
@Suite struct SharedKeySignatureTests {
    struct Vector: Sendable {
        var authorization: String
        var method: String
        var path: String
        var query: [(name: String, value: String)] = []
        var headers: [(name: String, value: String)]

        var request: SharedKeySignature.Request {
            .init(method: method, path: path, query: query, headers: headers)
        }
    }

    static let date = [("x-ms-date", "Thu, 01 Jan 2026 12:00:00 GMT"), ("x-ms-version", "2026-10-06")]
    static let list = [("restype", "container"), ("comp", "list"), ("prefix", "a/b c"), ("delimiter", "/")]
    static let vectors = [
        Vector(
            authorization: "SharedKey acct.blob.local:cCv0LcxxKpAiOM+EFttQ0fp4DS2osOlZ+0Sw0Sai6nY=", method: "PUT",
            path: "/acct.blob.local/models/a%20b%2B%C3%BC", query: [("comp", "block"), ("blockid", "AAA=")],
            headers: date + [
                ("Content-Length", "5"), ("Content-Type", "application/octet-stream"), ("x-ms-blob-type", "BlockBlob"),
                ("x-ms-meta-upload_status", "done"), ("x-ms-meta-upload", "z"), ("x-ms-client-request-id", "id"),
                ("x-ms-meta-a-b", "1"), ("x-ms-meta-ab2", "2"), ("If-None-Match", "*"),
            ]),
        // Signed for a URL with the account in its host name.
        Vector(
            authorization: "SharedKey acct:LUPbGev1//MRRTbNv9nRYABwkYRMBTuylbRci+mKCmw=", method: "GET",
            path: "/acct/models", query: list, headers: date),
        // Signed for a path-style URL.
        Vector(
            authorization: "SharedKey acct:RtHA3eKxHDM6dY1oWNmNH/H9TAw2+9iaXPWw6IVrBWk=", method: "GET",
            path: "/acct/models", query: list, headers: date),
        Vector(
            authorization: "SharedKey acct:zFms0jvrXM8GmWg5iAKK+4vRv5tONEzbAMoO/mmGw8s=", method: "PUT",
            path: "/acct/models/e", query: [("comp", "metadata")], headers: date + [("Content-Length", "0")]),
    ]

    private func isValid(_ vector: Vector, now: Date = SharedAccessSignatureTests.now) -> Bool {
        do throws(SignatureError) {
            guard let signature = try SharedKeySignature(authorization: vector.authorization) else { return false }
            try signature.verify(
                vector.request, account: SharedAccessSignatureTests.account, names: ["acct", "acct.blob.local"],
                now: now)
            return true
        } catch {
            return false
        }
    }

    @Test(arguments: vectors)
    func `signatures of the official client are accepted, and refused for any other request`(_ vector: Vector) {
        #expect(isValid(vector))
        var other = vector
        other.method = "DELETE"
        #expect(!isValid(other))
        other = vector
        other.path += "x"
        #expect(!isValid(other))
        other = vector
        other.query.append(("x", "y"))
        #expect(!isValid(other))
        other = vector
        other.headers.append(("x-ms-meta-more", "1"))
        #expect(!isValid(other))
        other = vector
        other.authorization.replace("SharedKey acct", with: "SharedKey other")
        #expect(!isValid(other))
    }

    @Test func `an old request is refused`() {
        let now = SharedAccessSignatureTests.now
        #expect(isValid(Self.vectors[1], now: now + 900))
        #expect(!isValid(Self.vectors[1], now: now + 901))
        #expect(!isValid(Self.vectors[1], now: now - 901))
    }

    @Test func `other schemes are not looked at and malformed ones refused`() throws {
        #expect(try SharedKeySignature(authorization: "Bearer x") == nil)
        #expect(throws: SignatureError.self) { try SharedKeySignature(authorization: "SharedKey x") }
    }

    @Test func `a key never shows in text`() {
        #expect("\(SharedAccessSignatureTests.account.keys)" == "[(account key), (account key)]")
    }
}
