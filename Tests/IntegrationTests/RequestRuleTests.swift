import Foundation
import TestSupport
import Testing

/// Rules of every call, whatever its resource.
@Suite struct RequestRuleTests {
    @Test func `a call without an api-version is told so`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            for path in ["\(server.api.workspace)?api-version=", "/subscriptions?api-version="] {
                let response = try await server.api.get(path)
                #expect(response.status == 400)
                #expect(response.errorCode == "MissingApiVersionParameter")
            }
        }
    }

    @Test(arguments: ["2024-4-1", "latest", "1999-01-01", "2024-04-01-", "2024-04-01%20"])
    func `an api-version that machine learning never had is refused`(_ version: String) async throws {
        try await TestServer.run(.withoutRouters) { server in
            let response = try await server.api.get("\(server.api.workspace)?api-version=\(version)")
            #expect(response.status == 400)
            #expect(response.errorCode == "InvalidApiVersionParameter")
            #expect(response["error.message"]?.contains("2024-04-01") == true)
        }
    }

    @Test func `every known api-version is served, and its parameter's name may vary in case`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            for version in ["2022-05-01", "2023-10-01", "2024-04-01", "2024-10-01", "2025-06-01", "2024-04-01-PREVIEW"]
            {
                #expect(try await server.api.get("\(server.api.workspace)?api-version=\(version)").status == 200)
            }
            let token = try await server.api.bare("GET", "\(server.api.workspace)?API-Version=2024-04-01")
            #expect(token.status == 401, "the version was understood; the token is missing")
        }
    }

    @Test func `an unknown path is an ARM error`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            for path in ["\(server.api.workspace)/jobs/one", "/subscriptions/a/b/c/d"] {
                let response = try await server.api.send("GET", path, isListed: false)
                #expect(response.status == 404)
                #expect(response.errorCode == "PathNotFound")
            }
        }
    }

    @Test(arguments: [
        ("{\n  \"location\": \"a\",\n  \"properties\": {]\n}", 3), ("", 1), ("{\"a\": 1", 1), ("{\"a\": 1} x", 1),
        ("{'a': 1}", 1), (String(repeating: "[", count: 100), 1),
    ])
    func `JSON that can't be read is refused with line and column`(_ body: String, _ line: Int) async throws {
        try await TestServer.run(.withoutRouters) { server in
            let response = try await server.api.put(server.endpoint("house"), body)
            #expect(response.status == 400)
            #expect(response.errorCode == "InvalidRequestContent")
            let message = try #require(response["error.message"])
            #expect(message.contains("line \(line), column "), "\(message)")
        }
    }

    @Test func `a body that is too large is refused`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let text = String(repeating: "x", count: 5 << 20)
            let response = try await server.api.put(
                server.endpoint("house"), TestBody.endpoint(tags: ["large": text]))
            #expect(response.status == 413)
            #expect(response.errorCode == "RequestTooLarge")
        }
    }

    @Test func `paths are read without regard to case`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            try await server.makeEndpoint("house")
            let path = server.endpoint("house")
            for variant in [
                path.lowercased(), path.uppercased(),
                path.replacingOccurrences(of: "resourceGroups", with: "resourcegroups"),
            ] {
                let response = try await server.api.get(variant)
                #expect(response.status == 200, "\(variant)")
                #expect(response["name"] == "house")
            }
        }
    }

    @Test func `answers carry the ids of request and correlation`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let plain = try await server.api.get(server.api.workspace)
            let first = try #require(plain.header("x-ms-request-id"))
            #expect(plain.header("x-ms-correlation-request-id")?.isEmpty == false)
            #expect(plain.header("x-ms-client-request-id") == nil)
            let second = try await server.api.get(
                server.endpoint("none"),
                headers: [
                    ("x-ms-correlation-request-id", "my-correlation"), ("x-ms-client-request-id", "my-request"),
                    ("x-ms-return-client-request-id", "true"),
                ])
            #expect(second.status == 404, "errors carry them as well")
            #expect(second.header("x-ms-request-id") != first)
            #expect(second.header("x-ms-correlation-request-id") == "my-correlation")
            #expect(second.header("x-ms-client-request-id") == "my-request")
            let unsigned = try await server.api.bare("GET", "\(server.api.workspace)?api-version=2024-04-01")
            #expect(unsigned.header("x-ms-request-id")?.isEmpty == false)
            let unknown = try await server.api.send("GET", "/subscriptions/a/b/c/d", isListed: false)
            #expect(unknown.header("x-ms-request-id")?.isEmpty == false)
        }
    }

    @Test func `a hostile correlation id is not sent back`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let long = String(repeating: "x", count: 200)
            let response = try await server.api.get(
                server.api.workspace, headers: [("x-ms-correlation-request-id", long)])
            #expect(response.header("x-ms-correlation-request-id") == response.header("x-ms-request-id"))
        }
    }

    @Test func `all problems of a body are reported at once, each with its place`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let body = """
                {"location": 7, "properties": {"authMode": "Magic", "traffic": {"blue": 30, "green": "many"},
                 "compute": "not-an-id", "publicNetworkAccess": "Perhaps"}}
                """
            let response = try await server.api.put(server.endpoint("house"), body)
            #expect(response.status == 400)
            #expect(response.errorCode == "InvalidRequestContent")
            let targets = Set(response.json["error.details"].texts("target"))
            #expect(
                targets.isSuperset(of: [
                    "$.location", "$.properties.authMode", "$.properties.traffic.green", "$.properties.compute",
                    "$.properties.publicNetworkAccess",
                ]), "\(targets)")
        }
    }

    @Test(arguments: ["$top=0", "$top=x", "$skip=nonsense", "listViewType=Some"])
    func `query parameters that can't be meant are refused`(_ query: String) async throws {
        try await TestServer.run(.withoutRouters) { server in
            let response = try await server.api.get("\(server.api.workspace)/models?\(query)")
            #expect(response.status == 400)
            #expect(response.errorCode == "InvalidRequestContent")
        }
    }
}
