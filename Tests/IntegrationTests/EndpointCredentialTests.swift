import Postgres
import TestSupport
import Testing

/// Keys and tokens of endpoints.
@Suite struct EndpointCredentialTests {
    @Test func `keys are made, or taken from the caller`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            try await server.makeEndpoint("house")
            let made = try await server.api.post("\(server.endpoint("house"))/listKeys")
            #expect(made.header("Cache-Control") == "no-store")
            let (first, second) = (try #require(made["primaryKey"]), try #require(made["secondaryKey"]))
            #expect(first != second && first.count >= 32)
            let own = #""keys": {"primaryKey": "my-own-primary-key-1", "secondaryKey": "my-own-secondary-key"}"#
            try await server.putAndFinish(server.endpoint("garden"), TestBody.endpoint(more: own))
            #expect(try await server.key(of: "garden") == "my-own-primary-key-1")
            let weak = #""keys": {"primaryKey": "short", "secondaryKey": "has space in it, which can't be"}"#
            let refused = try await server.api.put(server.endpoint("shed"), TestBody.endpoint(more: weak))
            #expect(refused.json["error.details"].items.count == 2)
            #expect(try await server.api.post("\(server.endpoint("none"))/listKeys").status == 404)
            let rows = try await server.texts("SELECT encode(sealed_key, 'escape') FROM endpoint_keys")
            #expect(rows.count == 4 && rows.allSatisfy { !$0.contains("my-own") }, "sealed at rest")
        }
    }

    @Test func `a new key replaces one and leaves the other`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            try await server.makeEndpoint("house")
            let path = server.endpoint("house")
            func keys() async throws -> (String?, String?) {
                let response = try await server.api.post("\(path)/listKeys")
                return (response["primaryKey"], response["secondaryKey"])
            }
            func regenerate(_ body: String) async throws {
                let response = try await server.api.post("\(path)/regenerateKeys", body)
                #expect(response.status == 202)
                #expect(try await server.api.finish(response)["status"] == "Succeeded")
                #expect(try await server.api.get(response.header("Location") ?? "").status == 200)
            }
            let first = try await keys()
            try await regenerate(#"{"keyType": "Primary"}"#)
            let second = try await keys()
            #expect(second.0 != first.0 && second.1 == first.1)
            // What the Python SDK sends: the present key as the value to set.
            try await regenerate(#"{"keyType": "secondary", "keyValue": "\#(second.1 ?? "")"}"#)
            let third = try await keys()
            #expect(third.0 == second.0 && third.1 != second.1)
            try await regenerate(#"{"keyType": "Primary", "keyValue": "a-key-of-my-choice-1"}"#)
            #expect(try await keys().0 == "a-key-of-my-choice-1")
        }
    }

    @Test(arguments: [#"{"keyType": "Tertiary"}"#, "{}", #"{"keyType": "Primary", "keyValue": "x"}"#])
    func `a request for new keys that can't be is refused`(_ body: String) async throws {
        try await TestServer.run(.withoutRouters) { server in
            try await server.makeEndpoint("house")
            let response = try await server.api.post("\(server.endpoint("house"))/regenerateKeys", body)
            #expect(response.status == 400)
        }
    }

    @Test func `tokens are for endpoints that use them`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            try await server.makeEndpoint("house")
            let refused = try await server.api.post("\(server.endpoint("house"))/token")
            #expect((refused.status, refused.errorCode) == (400, "BadArgument"))
            try await server.makeEndpoint("garden", mode: "AMLToken")
            let token = try await server.api.post("\(server.endpoint("garden"))/token")
            #expect(token.status == 200)
            #expect(token["tokenType"] == "Bearer")
            #expect(token["accessToken"]?.split(separator: ".").count == 3)
            let (expiry, refresh) = (
                token.json["expiryTimeUtc"].number ?? 0, token.json["refreshAfterTimeUtc"].number ?? 0
            )
            #expect(refresh > 0 && refresh < expiry)
        }
    }
}
