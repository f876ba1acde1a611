import Artifacts
import HTTPTypes
import HummingbirdTesting
import Testing

@Suite struct BlobAuthorizationTests {
    private static let block = ["x-ms-blob-type": "BlockBlob"]

    @Test func `without credentials nothing is told`() async throws {
        try await RoutesFixture.run { _, client in
            for uri in ["/acct/models/absent", "/acct/absent/x", "/acct/models?restype=container&comp=list"] {
                let response = try await client.send(.get, uri, token: nil)
                #expect(response.outcome == "401 NoAuthenticationInformation")
                #expect(
                    response["WWW-Authenticate"]
                        == "Bearer authorization_uri=https://login/t resource_id=https://storage.azure.com")
            }
            #expect(
                try await client.send(.get, "/acct/models/x", token: "bad").outcome == "401 InvalidAuthenticationInfo")
            let basic = try await client.send(.get, "/acct/models/x", ["Authorization": "Basic eDp5"], token: nil)
            #expect(basic.outcome == "401 InvalidAuthenticationInfo")
        }
    }

    @Test func `a signature in the query permits what it says`() async throws {
        try await RoutesFixture.run { fixture, client in
            let (write, read) = (try fixture.token(.write), try fixture.token(.read))
            #expect(
                try await client.send(.put, "/acct/models/x?\(write)", Self.block, body: "1", token: nil).outcome
                    == "201 ")
            #expect(try await client.send(.get, "/acct/models/x?\(read)", token: nil).text == "1")
            for (method, uri) in [
                (HTTPRequest.Method.get, "/acct/models/x?\(write)"), (.put, "/acct/models/x?\(read)"),
                (.delete, "/acct/models/x?\(write)"), (.get, "/acct/models?restype=container&comp=list&\(read)"),
                (.put, "/acct/models/x?comp=metadata&\(read)"), (.delete, "/acct/models?restype=container&\(write)"),
            ] {
                let response = try await client.send(method, uri, Self.block, token: nil)
                #expect(response.outcome == "403 AuthorizationPermissionMismatch")
            }
            #expect(
                try await client.send(.get, "/acct/other-1/x?\(read)", token: nil).outcome == "403 AuthenticationFailed"
            )
            #expect(
                try await client.send(.get, "/acct/models/x?\(read)x", token: nil).outcome == "403 AuthenticationFailed"
            )
        }
    }

    @Test func `permission to create is none to replace`() async throws {
        try await RoutesFixture.run { fixture, client in
            let uri = "/acct/models/x?\(try fixture.token(.create))"
            #expect(try await client.send(.put, uri, Self.block, body: "1", token: nil).outcome == "201 ")
            #expect(
                try await client.send(.put, uri, Self.block, body: "2", token: nil).outcome == "409 BlobAlreadyExists")
            let list = "<BlockList/>"
            #expect(
                try await client.send(.put, "\(uri)&comp=blocklist", body: list, token: nil).outcome
                    == "409 BlobAlreadyExists")
            #expect(try await client.send(.get, "/acct/models/x").text == "1")
        }
    }

    @Test func `paths of others are not captured`() async throws {
        try await RoutesFixture.run { _, client in
            let others = [
                "/acctx/models/x", "/acct.blobs/x", "/other/models/x", "/metadata/endpoints", "//acct/models/x",
                "/%61cct/models/x", "/./acct/models/x",
            ]
            for uri in others {
                let response = try await client.send(.get, uri)
                #expect(response.status == .notFound && response["x-ms-error-code"] == nil)
            }
        }
    }

    @Test func `a token opens what its roles permit, copies' sources too`() async throws {
        try await RoutesFixture.run { fixture, client in
            try await fixture.store.createContainer(ContainerName("others"))
            try await client.send(.put, "/acct/models/x", Self.block, body: "1", token: "good")
            try await client.send(.put, "/acct/others/y", Self.block, body: "2", token: "good")
            let models = "only models"
            #expect(try await client.send(.get, "/acct/models/x", token: models).outcome == "200 ")
            let refused = "403 AuthorizationPermissionMismatch"
            #expect(try await client.send(.get, "/acct/others/y", token: models).outcome == refused)
            #expect(try await client.send(.get, "/acct/?comp=list", token: models).outcome == refused)
            let copy = ["x-ms-copy-source": "https://localhost/acct/others/y", "host": "localhost"]
            #expect(try await client.send(.put, "/acct/models/z", copy, token: models).outcome.hasPrefix("40"))
            #expect(
                try await client.send(.get, "/acct/models/x", token: "bad").outcome == "401 InvalidAuthenticationInfo")
        }
    }

    @Test func `a browser takes a blob for a file`() async throws {
        try await RoutesFixture.run { fixture, client in
            let page = [
                "x-ms-blob-type": "BlockBlob", "x-ms-blob-content-type": "text/html",
                "x-ms-blob-content-disposition": "inline; filename=\"a.html\"",
            ]
            try await client.send(.put, "/acct/models/page", page, body: "<script>alert(1)</script>")
            for uri in ["/acct/models/page", "/acct/models/page?\(try fixture.token(.read))"] {
                let response = try await client.send(.get, uri, token: uri.contains("?") ? nil : "good")
                #expect(response.status == .ok)
                #expect(response["x-content-type-options"] == "nosniff")
                #expect(response["content-security-policy"] == "sandbox; default-src 'none'")
                #expect(response["content-disposition"] == "attachment; filename=\"a.html\"")
            }
        }
    }
}
