import Client
import Foundation
import Resources
import TestSupport
import Testing

/// Subscriptions, resource groups and workspaces.
@Suite struct ScopeTests {
    private func group(_ server: TestServer, _ name: String) -> String {
        "/subscriptions/\(server.api.settings.subscriptionID)/resourceGroups/\(name)"
    }

    private func workspace(_ server: TestServer, _ name: String, group: String = TestServer.resourceGroup) -> String {
        "\(self.group(server, group))/providers/Microsoft.MachineLearningServices/workspaces/\(name)"
    }

    private let body = #"{"location": "westeurope", "properties": {}}"#

    @Test func `subscriptions and the tenant are listed`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let id = server.api.settings.subscriptionID
            let list = try await server.api.get("/subscriptions?api-version=2021-01-01")
            #expect(list.json["value"].texts("subscriptionId") == [id])
            #expect(try await server.api.get("/subscriptions/\(id.uppercased())?api-version=2021-01-01").status == 200)
            let none = try await server.api.get("/subscriptions/none?api-version=2021-01-01")
            #expect(none.errorCode == "SubscriptionNotFound")
            let tenants = try await server.api.get("/tenants?api-version=2021-01-01")
            #expect(tenants.json["value"].texts("tenantId") == [server.api.settings.tenantID])
        }
    }

    @Test func `a resource group is made, changed, found and removed`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let path = group(server, "second")
            #expect(try await server.api.send("HEAD", path).status == 404)
            #expect(try await server.api.put(path, #"{"location": "West Europe"}"#).status == 201)
            let changed = try await server.api.put(path, #"{"location": "westeurope", "tags": {"a": "b"}}"#)
            #expect(changed.status == 200)
            #expect(changed["tags.a"] == "b")
            #expect(try await server.api.patch(path, "{}")["tags.a"] == "b", "what is not named stays")
            #expect(try await server.api.patch(path, #"{"tags": {"c": "d"}}"#)["tags.c"] == "d")
            #expect(try await server.api.send("HEAD", path).status == 204)
            let names = try await server.api.get("/subscriptions/\(server.api.settings.subscriptionID)/resourceGroups")
                .json["value"].texts("name")
            #expect(Set(names) == ["second", TestServer.resourceGroup])
            #expect(try await server.api.delete(path).status == 200)
            #expect(try await server.api.get(path).errorCode == "ResourceGroupNotFound")
        }
    }

    @Test func `a resource group that can't be is refused`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let moved = try await server.api.put(
                group(server, TestServer.resourceGroup), #"{"location": "northeurope"}"#)
            #expect((moved.status, moved.errorCode) == (409, "InvalidResourceLocation"))
            let dotted = try await server.api.put(group(server, "ends."), #"{"location": "westeurope"}"#)
            #expect((dotted.status, dotted.errorCode) == (400, "InvalidResourceName"))
            let placeless = try await server.api.put(group(server, "placeless"), "{}")
            #expect(placeless.status == 400)
        }
    }

    @Test func `a resource group is deleted with everything in it`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let path = group(server, TestServer.resourceGroup)
            try await server.makeEndpoint("house")
            let accepted = try await server.api.delete(path)
            #expect(accepted.status == 202)
            let refused = try await server.api.put(workspace(server, "late"), #"{"location": "westeurope"}"#)
            // The group takes nothing new, or is gone already.
            #expect([409, 404].contains(refused.status))
            let result = try #require(accepted.header("location"))
            try await eventually { try await server.api.get(result).status == 200 }
            #expect(try await server.api.get(path).errorCode == "ResourceGroupNotFound")
        }
    }

    @Test func `providers are listed, and shown by their names`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let root = "/subscriptions/\(server.api.settings.subscriptionID)/providers"
            let names = try await server.api.get(root).json["value"].texts("namespace")
            #expect(Set(names).isSuperset(of: ["Microsoft.Resources", "Microsoft.MachineLearningServices"]))
            for name in names + names.map({ $0.lowercased() }) {
                let provider = try await server.api.get("\(root)/\(name)")
                #expect(provider["registrationState"] == "Registered", "\(name)")
                for type in provider.json["resourceTypes"].items {
                    let versions = type["apiVersions"].items.compactMap(\.text)
                    #expect(versions.contains(type["defaultApiVersion"].text ?? ""), "\(name)")
                }
            }
            #expect(try await server.api.get("\(root)/No.Such").errorCode == "InvalidResourceNamespace")
        }
    }

    @Test(arguments: ["0", "-1", "many"])
    func `a length of a list that can't be is refused`(_ count: String) async throws {
        try await TestServer.run(.withoutRouters) { server in
            let list = "/subscriptions/\(server.api.settings.subscriptionID)/resources"
            let response = try await server.api.get("\(list)?$top=\(count)&api-version=2021-04-01")
            #expect((response.status, response.errorCode) == (400, "InvalidRequestContent"))
        }
    }

    @Test func `what of a path is missing is told by the code`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let real = server.api.workspace
            let foreign = real.replacingOccurrences(of: server.api.settings.subscriptionID, with: "none")
            let elsewhere = workspace(server, "field", group: "none")
            let absent = workspace(server, "absent")
            for (path, code) in [
                (foreign, "SubscriptionNotFound"), (elsewhere, "ResourceGroupNotFound"), (absent, "ResourceNotFound"),
                ("\(foreign)/onlineEndpoints/a", "SubscriptionNotFound"),
                ("\(elsewhere)/models/a/versions/1", "ResourceGroupNotFound"),
                ("\(absent)/onlineEndpoints/house", "ParentResourceNotFound"),
                ("\(absent)/environments/a", "ParentResourceNotFound"),
                ("\(real)/onlineEndpoints/house", "ResourceNotFound"),
                ("\(real)/onlineEndpoints/house/deployments/blue", "ParentResourceNotFound"),
            ] {
                let response = try await server.api.get(path)
                #expect(response.status == 404, "\(path)")
                #expect(response.errorCode == code, "\(path)")
            }
            #expect(try await server.api.put(foreign, body).errorCode == "SubscriptionNotFound")
            #expect(try await server.api.put(elsewhere, body).errorCode == "ResourceGroupNotFound")
        }
    }

    @Test func `a workspace is made, changed, listed and removed`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let path = workspace(server, "second")
            let made = try await server.api.put(path, body)
            #expect(made.status == 200, "2024-04-01 knows no 201 here")
            #expect(made["properties.provisioningState"] == "Succeeded")
            let same = try await server.api.put(path, body)
            #expect(same.status == 200)
            #expect(same.header("ETag") == made.header("ETag"), "nothing changed")
            let changed = try await server.api.put(
                path, #"{"location": "westeurope", "tags": {"a": "b"}, "properties": {"friendlyName": "The second"}}"#)
            #expect(changed["properties.friendlyName"] == "The second")
            #expect(changed.header("ETag") != made.header("ETag"))
            let list = try await server.api.get(String(workspace(server, "").dropLast()))
            #expect(Set(list.json["value"].texts("name")) == ["second", TestServer.workspaceName])
            let all = try await server.api.get(
                "/subscriptions/\(server.api.settings.subscriptionID)/providers/Microsoft.MachineLearningServices/workspaces"
            )
            #expect(all.json["value"].items.count == 2)
            #expect(try await server.api.delete(path).status == 200)
            #expect(try await server.api.delete(path).status == 204)
            #expect(try await server.api.get(path).status == 404)
        }
    }

    @Test func `a workspace with endpoints stays`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            try await server.makeEndpoint("house")
            let response = try await server.api.delete(server.api.workspace)
            #expect((response.status, response.errorCode) == (409, "Conflict"))
        }
    }

    @Test(arguments: ["a", "-abc", "has space", "has.dot", String(repeating: "x", count: 34)])
    func `a workspace name that can't be is refused`(_ name: String) async throws {
        try await TestServer.run(.withoutRouters) { server in
            let encoded = name.replacingOccurrences(of: " ", with: "%20")
            let response = try await server.api.put(workspace(server, encoded), body)
            #expect((response.status, response.errorCode) == (400, "InvalidResourceName"))
        }
    }

    /// Precondition, whether the resource exists, and the response.
    @Test func `writes keep to their preconditions`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let path = workspace(server, "guarded")
            func put(_ name: String, _ value: String) async throws -> Int {
                try await server.api.put(path, body, headers: [(name, value)]).status
            }
            #expect(try await put("If-Match", "*") == 412, "there is none to match")
            #expect(try await put("If-Match", "\"1\"") == 412)
            #expect(try await put("If-None-Match", "\"1\"") == 400, "only * on a write")
            #expect(try await put("If-None-Match", "*") == 200)
            #expect(try await put("If-None-Match", "*") == 412)
            let etag = try #require(try await server.api.get(path).header("ETag"))
            #expect(try await put("If-Match", "\"999\"") == 412)
            #expect(try await put("If-Match", "\"999\", \(etag)") == 200)
            #expect(try await put("If-Match", "*") == 200)
            let stale = try await server.api.delete(path, headers: [("If-Match", "\"999\"")])
            #expect((stale.status, stale.errorCode) == (412, "PreconditionFailed"))
            #expect(try await server.api.delete(path, headers: [("If-Match", etag)]).status == 200)
        }
    }

    @Test func `methods that a resource lacks are refused as ARM errors`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            for (method, path) in [
                ("POST", server.api.workspace), ("PATCH", "\(server.api.workspace)/models/a/versions/1"),
                ("PUT", "\(server.api.workspace)/onlineEndpoints"),
            ] {
                let response = try await server.api.send(method, path, "{}", isListed: false)
                #expect([404, 405, 501].contains(response.status), "\(method) \(path)")
                #expect(response.errorCode?.isEmpty == false, "\(method) \(path)")
            }
        }
    }
}
