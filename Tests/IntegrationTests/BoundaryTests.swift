import API
import Client
import ControlPlane
import Foundation
import Postgres
import Resources
import Store
import TestSupport
import Testing

/// What one principal may not do to another's resources, beside what its routes refuse.
@Suite struct BoundaryTests {
    /// Calls the API as one principal.
    private struct Session {
        let server: TestServer
        let principal: NewPrincipal
        let token: String

        init(_ server: TestServer, _ roles: (name: String, scope: String)...) async throws {
            self.server = server
            principal = try await server.makePrincipal()
            for (name, scope) in roles {
                let role = try #require(RoleDefinition.find(named: name))
                let response = try await server.api.put(
                    "\(scope)/providers/Microsoft.Authorization/roleAssignments/\(UUID().uuidString.lowercased())",
                    """
                    {"properties": {"roleDefinitionId": "/providers/Microsoft.Authorization/roleDefinitions/\(role.id)",
                     "principalId": "\(principal.objectID)", "principalType": "ServicePrincipal"}}
                    """)
                try #require(response.status == 201, "\(response.text)")
            }
            token = try await server.token(principal)
        }

        func call(_ method: String, _ path: String, _ body: String? = nil, token: String? = nil) async throws -> Answer
        {
            let mark = path.contains("?") ? "&" : "?"
            let url = path.contains("api-version=") ? path : "\(path)\(mark)api-version=2024-04-01"
            return try await server.api.bare(
                method, url, body,
                headers: [("Authorization", "Bearer \(token ?? self.token)"), ("Content-Type", "application/json")])
        }
    }

    private static let empty =
        #"{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0", "resources": []}"#

    private static func refused(_ response: Answer) -> Bool {
        response.status == 403 && response.errorCode == "AuthorizationFailed"
    }

    // MARK: Templates

    @Test func `mode Complete deletes nothing that its caller may not`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            try await server.makeEndpoint("house")
            let session = try await Session(
                server, ("AzureML Data Scientist", server.group),
                ("Azure AI Inference Deployment Operator", server.group))
            let body = TestBody.deployment(of: Self.empty, mode: "Complete")
            for verb in ["", "/validate"] {
                let method = verb.isEmpty ? "PUT" : "POST"
                let response = try await session.call(method, server.templateDeployment("emptying") + verb, body)
                #expect(response.status == 400 && response.errorCode == "InvalidTemplateDeployment", "\(response.text)")
                let details = response.json["error.details"].items
                #expect(details.count == 1 && details.first?["code"].text == "AuthorizationFailed")
                #expect(details.first?["message"].text?.contains("workspaces/delete") ?? false)
            }
            #expect(try await server.api.get(server.endpoint("house")).status == 200)
            #expect(try await server.count("SELECT count(*) FROM template_deployments") == 0)
        }
    }

    @Test func `what-if shows what its caller may read, to its caller alone`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            try await server.makeEndpoint("house")
            let operatorRole = "Azure AI Inference Deployment Operator"
            let session = try await Session(server, (operatorRole, server.group))
            let other = try await Session(server, (operatorRole, server.group))
            let body = #"{"properties": {"mode": "Incremental", "template": \#(Self.empty)}}"#
            let accepted = try await session.call("POST", server.templateDeployment("looking") + "/whatIf", body)
            #expect(accepted.status == 202, "\(accepted.text)")
            let place = try #require(accepted.header("Location"))
            let path = String(place.dropFirst(server.api.settings.url.count))
            let result = try await session.call("GET", path)
            #expect(result.status == 200 && result["status"] == "Succeeded")
            #expect(result.json["properties.changes"].items.isEmpty, "\(result.text)")
            #expect(try await other.call("GET", path).status == 404)
            let reader = try await Session(server, (operatorRole, server.group), ("Reader", server.group))
            let again = try await reader.call("POST", server.templateDeployment("looking") + "/whatIf", body)
            let shown = try await reader.call(
                "GET", String(try #require(again.header("Location")).dropFirst(server.api.settings.url.count)))
            #expect(shown.json["properties.changes"].items.count > 1)
        }
    }

    @Test func `a nested deployment needs the right where it goes`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let subscription = "/subscriptions/\(server.api.settings.subscriptionID)"
            _ = try await server.api.put(
                "\(subscription)/resourceGroups/elsewhere?api-version=2024-03-01", #"{"location": "westeurope"}"#)
            let session = try await Session(server, ("Contributor", server.group))
            let template = TestBody.template(
                "\"outputs\": {}",
                resources: [
                    """
                    {"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "inner",
                     "resourceGroup": "elsewhere", "properties": {"mode": "Incremental", "template": \(Self.empty)}}
                    """
                ])
            let response = try await session.call(
                "PUT", server.templateDeployment("reaching"), TestBody.deployment(of: template))
            #expect(Self.refused(response), "\(response.text)")
            #expect(response.text.contains("Microsoft.Resources/deployments/write"))
            #expect(try await server.count("SELECT count(*) FROM template_deployments") == 0)
        }
    }

    @Test func `an autoscale setting needs the right to write what it scales`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            try await server.makeServing("house")
            let subscription = "/subscriptions/\(server.api.settings.subscriptionID)"
            let elsewhere = "\(subscription)/resourceGroups/elsewhere"
            _ = try await server.api.put("\(elsewhere)?api-version=2024-03-01", #"{"location": "westeurope"}"#)
            let session = try await Session(server, ("Contributor", elsewhere))
            let body = """
                {"location": "westeurope", "properties": {"enabled": true,
                 "targetResourceUri": "\(server.deployment("blue", of: "house"))",
                 "profiles": [{"name": "p", "capacity": {"minimum": "5", "maximum": "5", "default": "5"}, "rules": []}]}}
                """
            let path = "\(elsewhere)/providers/Microsoft.Insights/autoscaleSettings/mine?api-version=2022-10-01"
            let response = try await session.call("PUT", path, body)
            #expect(Self.refused(response), "\(response.text)")
            #expect(response.text.contains("onlineEndpoints/deployments/write"))
        }
    }

    @Test func `a second autoscale setting is told which one is there, if its writer may read that`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            try await server.makeServing("house")
            let subscription = "/subscriptions/\(server.api.settings.subscriptionID)"
            let elsewhere = "\(subscription)/resourceGroups/elsewhere"
            _ = try await server.api.put("\(elsewhere)?api-version=2024-03-01", #"{"location": "westeurope"}"#)
            func setting(_ enabled: Bool = true) -> String {
                """
                {"location": "westeurope", "properties": {"enabled": \(enabled),
                 "targetResourceUri": "\(server.deployment("blue", of: "house"))",
                 "profiles": [{"name": "p", "capacity": {"minimum": "1", "maximum": "1", "default": "1"}, "rules": []}]}}
                """
            }
            func path(_ name: String, in group: String) -> String {
                "\(group)/providers/Microsoft.Insights/autoscaleSettings/\(name)?api-version=2022-10-01"
            }
            #expect(try await server.api.put(path("first", in: elsewhere), setting()).status == 201)
            #expect(try await server.api.put(path("first", in: elsewhere), setting(false)).status == 200)
            for body in [setting(), setting(false)] {
                let second = try await server.api.put(path("second", in: server.group), body)
                #expect(second.status == 409 && second.errorCode == "Conflict", "\(second.text)")
                #expect(second.text.contains("'first' (\(elsewhere)/providers/"), "\(second.text)")
            }
            // Whoever has no role where the first one is does not hear its name.
            let session = try await Session(server, ("Contributor", server.group))
            let hidden = try await session.call("PUT", path("second", in: server.group), setting())
            #expect(hidden.status == 409 && hidden.text.contains("which you may not read"), "\(hidden.text)")
            #expect(!hidden.text.contains("first") && !hidden.text.contains("elsewhere"))
            // A template is told before anything is written.
            let template = TestBody.template(
                #""outputs": {}"#,
                resources: [
                    #"{"type": "Microsoft.Insights/autoscaleSettings", "apiVersion": "2022-10-01", "name": "third", \#(setting().dropFirst())"#
                ])
            let planned = try await server.api.put(
                server.templateDeployment("third"), TestBody.deployment(of: template))
            #expect(planned.status == 400 && planned.text.contains("'first' ("), "\(planned.text)")
        }
    }

    // MARK: Operations and lists

    @Test func `an operation is seen by whoever may read what it changes`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let made = try await server.api.put(server.endpoint("house"), TestBody.endpoint(traffic: [:], mode: "Key"))
            let url = try #require(made.header("Azure-AsyncOperation"))
            _ = try await server.api.finish(made)
            let path = String(url.dropFirst(server.api.settings.url.count))
            let nobody = try await Session(server)
            let reader = try await Session(server, ("Reader", server.endpoint("house")))
            let missing = path.replacing(/[0-9a-f-]{36}:1/, with: "\(UUID().uuidString.lowercased()):1")
            for operation in [path, missing] {
                let response = try await nobody.call("GET", operation)
                #expect(response.status == 404 && response.errorCode == "ResourceNotFound")
            }
            #expect(try await reader.call("GET", path)["status"] == "Succeeded")
            let cancel = path.replacing("?", with: "/cancel?")
            #expect(try await nobody.call("POST", cancel).status == 404)
            #expect(Self.refused(try await reader.call("POST", cancel)))
        }
    }

    @Test func `lists show where the caller has a role`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let subscription = "/subscriptions/\(server.api.settings.subscriptionID)"
            _ = try await server.api.put(
                "\(subscription)/resourceGroups/elsewhere?api-version=2024-03-01", #"{"location": "westeurope"}"#)
            let nobody = try await Session(server)
            let scientist = try await Session(server, ("AzureML Data Scientist", server.api.workspace))
            #expect(try await nobody.call("GET", "/subscriptions").json["value"].items.isEmpty)
            #expect(try await scientist.call("GET", "/subscriptions").json["value"].items.count == 1)
            let groups = "\(subscription)/resourceGroups"
            #expect(Self.refused(try await nobody.call("GET", groups)))
            #expect(try await scientist.call("GET", groups).json["value"].texts("name") == [TestServer.resourceGroup])
            #expect(Self.refused(try await nobody.call("GET", subscription)))
            #expect(try await scientist.call("GET", subscription).status == 200)
            #expect(Self.refused(try await scientist.call("GET", server.group)))
        }
    }

    @Test func `of two deletions at once the last Owner stays`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let second = try await Session(server, ("Owner", ""))
            let names = try await server.texts(
                "SELECT name::text FROM role_assignments WHERE scope = '/' ORDER BY name")
            try #require(names.count == 2)
            let places = names.map { "/providers/Microsoft.Authorization/roleAssignments/\($0)" }
            async let first = server.api.delete(places[0])
            async let other = second.call("DELETE", places[1])
            let statuses = try await [first.status, other.status]
            // Whoever loses is refused as the last one, or has lost its own right already.
            #expect(statuses.contains(200) && statuses.contains { $0 == 409 || $0 == 403 }, "\(statuses)")
            #expect(try await server.count("SELECT count(*) FROM role_assignments WHERE scope = '/'") == 1)
        }
    }

    @Test func `a principal without a named role has none`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let nobody = try await Session(server)
            #expect(
                try await server.count(
                    "SELECT count(*) FROM role_assignments WHERE principal_id = \(nobody.principal.objectID)") == 0)
            #expect(Self.refused(try await nobody.call("GET", server.api.workspace)))
        }
    }

    @Test func `the caller's Host is no audience`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let token = try await server.token(server.principal, audience: "http://evil.test")
            for host in ["evil.test", "127.0.0.1"] {
                let response = try await server.api.bare(
                    "GET", "/subscriptions?api-version=2024-03-01",
                    headers: [("Authorization", "Bearer \(token)"), ("Host", host)])
                #expect(response.status == 401)
            }
        }
    }

    // MARK: Files

    @Test func `a workspace reaches no other workspace's files`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let other = "\(server.group)/providers/Microsoft.MachineLearningServices/workspaces/other"
            _ = try await server.api.put(other, #"{"location": "westeurope", "properties": {}}"#)
            let pending = try await server.api.post("\(other)/models/secret/versions/1/startPendingUpload")
            let base = try #require(pending["blobReferenceForConsumption.blobUri"])
            let signed = try #require(pending["blobReferenceForConsumption.credential.sasUri"])
            let query = try #require(signed.split(separator: "?", maxSplits: 1).last)
            _ = try await server.api.bare(
                "PUT", "\(base)/weights.txt?\(query)", "theirs", headers: [("x-ms-blob-type", "BlockBlob")])
            let session = try await Session(server, ("AzureML Data Scientist", server.api.workspace))
            let container = try #require(base.split(separator: "/").last)
            let version = try await session.call(
                "PUT", "\(server.api.workspace)/models/taken/versions/1",
                #"{"properties": {"modelUri": "\#(base)/weights.txt", "modelType": "custom_model"}}"#)
            #expect(version.status == 400, "\(version.text)")
            let datastore = try await session.call(
                "PUT", "\(server.api.workspace)/datastores/taken",
                """
                {"properties": {"datastoreType": "AzureBlob", "accountName": "sluice", "containerName": "\(container)",
                 "credentials": {"credentialsType": "None"}}}
                """)
            #expect(datastore.status == 400 && datastore.text.contains("does not belong"), "\(datastore.text)")
            let environment = try await server.makeEnvironment()
            try await server.makeEndpoint("house")
            let inline = try await session.call(
                "PUT", server.deployment("blue", of: "house"),
                TestBody.deployment(environment: environment, model: "\(base)/weights.txt"))
            #expect(inline.status == 400 && inline.text.contains("does not belong"), "\(inline.text)")
            let template = try await session.call(
                "PUT", "\(server.group)/providers/Microsoft.Resources/deployments/linked",
                #"{"properties": {"mode": "Incremental", "templateLink": {"uri": "\#(base)/weights.txt"}}}"#)
            #expect(Self.refused(template))
            let deployer = try await Session(server, ("Azure AI Inference Deployment Operator", server.group))
            let linked = try await deployer.call(
                "PUT", server.templateDeployment("linked"),
                #"{"properties": {"mode": "Incremental", "templateLink": {"uri": "\#(base)/weights.txt"}}}"#)
            #expect(linked.status == 400 && linked.text.contains("valid signature"), "\(linked.text)")
            let opened = try await deployer.call(
                "PUT", server.templateDeployment("linked"),
                #"{"properties": {"mode": "Incremental", "templateLink": {"uri": "\#(base)/weights.txt?\#(query)"}}}"#)
            #expect(opened.status == 400 && opened.text.contains("not valid JSON"), "\(opened.text)")
            #expect(!opened.text.contains("sig="))
        }
    }

    @Test func `a token opens the blobs that its roles say`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let name = try #require(
                try await server.texts("SELECT name FROM artifact_containers WHERE purpose = 'datastore'").first)
            func read(_ session: Session, _ method: String, _ path: String) async throws -> Int {
                let token = try await server.token(session.principal, audience: "https://storage.azure.com")
                return try await server.api.bare(
                    method, "/sluice/\(path)", method == "PUT" ? "x" : nil,
                    headers: [
                        ("Authorization", "Bearer \(token)"), ("x-ms-blob-type", "BlockBlob"),
                        ("x-ms-version", "2021-12-02"),
                    ]
                ).status
            }
            let owner = try await Session(server, ("Owner", ""))
            let reader = try await Session(server, ("Storage Blob Data Reader", server.api.workspace))
            let writer = try await Session(server, ("Storage Blob Data Contributor", server.group))
            #expect(try await read(writer, "PUT", "\(name)/a") == 201)
            #expect(try await read(reader, "GET", "\(name)/a") == 200)
            #expect(try await read(reader, "PUT", "\(name)/a") == 403)
            #expect(try await read(reader, "DELETE", "\(name)/a") == 403)
            #expect(try await read(reader, "GET", "\(name)?restype=container&comp=list") == 200)
            // An action is none on data, and a role on one workspace none on another's.
            #expect(try await read(owner, "GET", "\(name)/a") == 403)
            let elsewhere = "\(server.group)/providers/Microsoft.MachineLearningServices/workspaces/other"
            _ = try await server.api.put(elsewhere, #"{"location": "westeurope", "properties": {}}"#)
            let stranger = try await Session(server, ("Storage Blob Data Owner", elsewhere))
            #expect(try await read(stranger, "GET", "\(name)/a") == 403)
            #expect(try await read(stranger, "GET", "?comp=list") == 403)
        }
    }
}
