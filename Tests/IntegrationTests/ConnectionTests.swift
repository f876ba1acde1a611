import Client
import Foundation
import Postgres
import Resources
import TestSupport
import Testing

/// Connections over HTTP: what is sealed, what is shown, and what becomes of two writers.
@Suite struct ConnectionTests {
    private static let secret = "a-secret-that-is-nowhere-else"

    private static func path(_ server: TestServer) -> String { "\(server.api.workspace)/connections/models" }

    private static func body(_ credentials: String) -> String {
        #"{"properties": {"authType": "ApiKey", "category": "OpenAI", "target": "https://t", "credentials": \#(credentials)}}"#
    }

    private static let whole = body(#"{"key": "\#(secret)"}"#)

    @Test func `credentials are stored sealed, and shown by listsecrets alone`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let path = Self.path(server)
            let answers = [
                try await server.api.put(path, Self.whole), try await server.api.get(path),
                try await server.api.get("\(server.api.workspace)/connections"),
            ]
            #expect(answers.allSatisfy { $0.status == 200 && !$0.text.contains(Self.secret) })
            let shown = try await server.api.post("\(path)/listsecrets")
            #expect(shown["properties.credentials.key"] == Self.secret)
            #expect(shown.header("Cache-Control") == "no-store")
            let rows = try await server.texts(
                "SELECT to_jsonb(c)::text || encode(c.sealed_credentials, 'escape') FROM connections c")
            #expect(rows.count == 1 && rows.allSatisfy { !$0.contains("nowhere-else") }, "sealed at rest")
        }
    }

    @Test func `a write without credentials keeps them, one of another kind does not`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let path = Self.path(server)
            _ = try await server.api.put(path, Self.whole)
            #expect(try await server.api.put(path, Self.body("null")).status == 200)
            #expect(try await server.api.post("\(path)/listsecrets")["properties.credentials.key"] == Self.secret)
            let token = Self.body("null").replacing("ApiKey", with: "PAT")
            let refused = try await server.api.put(path, token)
            #expect((refused.status, refused.json["error.target"].text) == (400, "$.properties.credentials"))
            #expect(try await server.api.put(path, Self.body("null").replacing("ApiKey", with: "AAD")).status == 200)
            #expect(try await server.api.post("\(path)/listsecrets").json["properties.credentials"].isNull)
            #expect(try await server.texts("SELECT 'x' FROM connections WHERE sealed_credentials IS NOT NULL").isEmpty)
        }
    }

    @Test func `whoever may read connections does not see their secrets`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            _ = try await server.api.put(Self.path(server), Self.whole)
            let reader = try await server.makePrincipal(.find(named: "Reader"))
            let headers = [("Authorization", "Bearer \(try await server.token(reader))")]
            let url = "\(server.api.settings.url)\(Self.path(server))"
            let version = "?api-version=2024-04-01"
            let read = try await server.api.bare("GET", url + version, "", headers: headers)
            #expect(read.status == 200 && !read.text.contains(Self.secret))
            let refused = try await server.api.bare("POST", "\(url)/listsecrets\(version)", "", headers: headers)
            #expect((refused.status, refused.errorCode) == (403, "AuthorizationFailed"))
        }
    }

    @Test func `preconditions hold`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let path = Self.path(server)
            let first = try await server.api.put(path, Self.whole)
            let tag = try #require(first.header("ETag"))
            let again = try await server.api.put(path, Self.whole, headers: [("If-None-Match", "*")])
            #expect(again.status == 412)
            #expect(try await server.api.put(path, Self.whole, headers: [("If-Match", tag)]).status == 200)
            #expect(try await server.api.put(path, Self.whole, headers: [("If-Match", tag)]).status == 412)
            #expect(try await server.api.delete(path).status == 200)
            #expect(try await server.api.delete(path).status == 204)
        }
    }
}
