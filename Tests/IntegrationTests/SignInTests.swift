import Client
import Foundation
import Resources
import TestSupport
import Testing

@Suite struct SignInTests {
    private func form(_ server: TestServer, _ changes: [String: String] = [:]) -> String {
        let fields = [
            "grant_type": "client_credentials", "client_id": server.api.settings.clientID,
            "client_secret": server.api.settings.clientSecret, "scope": "https://management.azure.com/.default",
        ].merging(changes) { $1 }
        return fields.sorted { $0.key < $1.key }.map {
            "\($0.key)=\($0.value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")"
        }.joined(separator: "&")
    }

    private func signIn(_ server: TestServer, _ changes: [String: String] = [:]) async throws -> Answer {
        try await server.api.bare(
            "POST", "/\(server.api.settings.tenantID)/oauth2/v2.0/token", form(server, changes),
            headers: [("Content-Type", "application/x-www-form-urlencoded")])
    }

    @Test func `client credentials buy a token that opens the API`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let response = try await signIn(server)
            #expect(response.status == 200)
            #expect(response["token_type"] == "Bearer")
            #expect(response.header("Cache-Control") == "no-store")
            let token = try #require(response["access_token"])
            let group = try await server.api.bare(
                "GET",
                "/subscriptions/\(server.api.settings.subscriptionID)/resourceGroups?api-version=2021-04-01",
                headers: [("Authorization", "bearer \(token)")])
            #expect(group.status == 200)
        }
    }

    @Test func `the credentials may stand in a Basic header, and a resource in place of a scope`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let settings = server.api.settings
            let pair = Data("\(settings.clientID):\(settings.clientSecret)".utf8).base64EncodedString()
            let response = try await server.api.bare(
                "POST", "/\(settings.tenantID)/oauth2/token",
                "grant_type=client_credentials&resource=https%3A%2F%2Fmanagement.azure.com",
                headers: [("Authorization", "Basic \(pair)"), ("Content-Type", "application/x-www-form-urlencoded")])
            #expect(response.status == 200)
        }
    }

    @Test(arguments: [
        (["client_secret": "wrong"], 401, "invalid_client", 7_000_215),
        (["client_id": UUID().uuidString], 401, "invalid_client", 700_016),
        (["client_id": "nobody"], 401, "invalid_client", 700_016),
        (["grant_type": "password"], 400, "unsupported_grant_type", 70_003),
        (["grant_type": ""], 400, "invalid_request", 900_144),
        (["scope": "management"], 400, "invalid_scope", 70_011),
    ])
    func `a sign-in that can't be is refused as OAuth names it, with Entra's code`(
        _ changes: [String: String], _ status: Int, _ error: String, _ code: Int
    ) async throws {
        try await TestServer.run(.withoutRouters) { server in
            let response = try await signIn(server, changes)
            #expect(response.status == status)
            #expect(response["error"] == error)
            #expect(response["error_description"]?.hasPrefix("AADSTS\(code): ") ?? false)
            #expect(response["error_codes.0"] == "\(code)")
        }
    }

    @Test func `an unknown tenant has no sign-in`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let form = "grant_type=client_credentials&client_id=a&client_secret=b&scope=c%2F.default"
            let response = try await server.api.bare(
                "POST", "/elsewhere/oauth2/v2.0/token", form,
                headers: [("Content-Type", "application/x-www-form-urlencoded")])
            #expect(response.status == 400 && response["error_codes.0"] == "90002")
            let discovery = try await server.api.bare("GET", "/elsewhere/v2.0/.well-known/openid-configuration")
            #expect(discovery.status == 400 && discovery["error_codes.0"] == "90002")
        }
    }

    @Test func `without a valid token nothing is looked up`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let good = try #require(try await signIn(server)["access_token"])
            let foreign = try #require(
                try await signIn(server, ["scope": "https://graph.microsoft.com/.default"])["access_token"])
            let forged =
                good.split(separator: ".").dropLast().joined(separator: ".") + "." + String(repeating: "A", count: 342)
            let unknown = "/subscriptions/\(UUID().uuidString)/resourceGroups/none"
            let headers: [(String, String)?] = [
                nil, ("Authorization", "Basic YTpi"), ("Authorization", "Bearer"), ("Authorization", "Bearer "),
                ("Authorization", "Bearer x"), ("Authorization", "Bearer \(foreign)"),
                ("Authorization", "Bearer \(forged)"),
            ]
            for path in [unknown, server.api.workspace, server.endpoint("none")] {
                for header in headers {
                    let response = try await server.api.bare(
                        "GET", "\(path)?api-version=2024-04-01", headers: header.map { [$0] } ?? [])
                    #expect(response.status == 401, "\(path) \(String(describing: header))")
                    #expect(response.errorCode == "AuthenticationFailed")
                    #expect(response.header("WWW-Authenticate")?.hasPrefix("Bearer") == true)
                }
            }
        }
    }

    @Test func `authentication is decided before the api-version`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let response = try await server.api.bare("GET", server.api.workspace)
            #expect(response.status == 401)
        }
    }

    @Test func `the OpenID configuration leads to the keys`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let tenant = server.api.settings.tenantID
            for prefix in ["/\(tenant)/v2.0", "/\(tenant)"] {
                let configuration = try await server.api.bare("GET", "\(prefix)/.well-known/openid-configuration")
                #expect(configuration.status == 200)
                #expect(configuration["token_endpoint"] == "\(server.api.settings.url)/\(tenant)/oauth2/v2.0/token")
                let keys = try await server.api.bare("GET", try #require(configuration["jwks_uri"]))
                #expect(keys.status == 200)
                let key = try #require(keys.json["keys"].items.first)
                #expect(key["kty"].text == "RSA")
                #expect(key["n"].text?.isEmpty == false)
                #expect(!key["d"].isPresent, "no private part")
            }
        }
    }

    @Test func `the service's own pages need no token`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            #expect(try await server.api.bare("GET", "/healthz").status == 200)
            #expect(try await server.api.bare("GET", "/openapi.json")["openapi"]?.hasPrefix("3.0") == true)
            let cloud = try await server.api.bare("GET", "/metadata/endpoints?api-version=2022-09-01")
            #expect(cloud["resourceManager"] == server.api.settings.url)
            let first = try await server.api.bare("GET", "/metadata/endpoints?api-version=2019-05-01")
            #expect(first["0.resourceManager"] == server.api.settings.url)
        }
    }
}
