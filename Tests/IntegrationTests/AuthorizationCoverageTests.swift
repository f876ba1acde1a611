import API
import Client
import ControlPlane
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Identity
import Postgres
import Resources
import TestSupport
import Testing

/// Every operation of the contract, asked for by everybody who may not.
///
/// The contract, the table of routes and the lists of this file must be the same: an operation that nobody thought of fails
/// here.
@Suite struct AuthorizationCoverageTests {
    /// Operations that need no token.
    private static let open: Set<String> = [
        "Sluice_Metadata_Get", "Sluice_OpenApi_Get", "Sluice_Health_Get", "Sluice_OpenIdConfiguration_Get",
        "Sluice_OpenIdConfiguration_GetUnversioned", "Sluice_SigningKeys_List", "Sluice_Tokens_Create",
        "Sluice_Tokens_CreateUnversioned",
    ]

    /// Operations that every signed-in principal may call, with the statuses that one without a role gets: what it may
    /// not see is left out, refused, or not there.
    private static let anyCaller: [String: Set<Int>] = [
        "Tenants_List": [200], "Subscriptions_List": [200], "Subscriptions_Get": [403], "ResourceGroups_List": [403],
        "Deployments_CalculateTemplateHash": [200], "OperationResults_GetBySubscription": [404],
        "Sluice_OperationStatuses_Get": [404], "Sluice_OperationStatuses_Cancel": [404],
        "Sluice_OperationResults_Get": [404],
    ]

    /// What a name may be spelt like to be taken for something else.
    private static let names = [
        "ordinary", "operationresults", "OperationResults", "operationstatuses", "mfeoperationsstatus",
        "mfeoperationresults", "calculatetemplatehash", "providers", "Providers", "subscriptions", "resourceGroups",
        "roleAssignments", "Microsoft.Authorization", "register", "resourceTypes", "locations", "tenants", "metadata",
        "healthz", "a%20b", "a%3Fb", "a%23b", "a;b=c", "a%25b", "%C3%A9", "a:b:1",
    ]

    /// Spellings of a part that are refused as such.
    private static let refusedNames = [
        "%70roviders", "a%2Fb", "a%2fproviders", "..", ".", "%2e%2e", "a%00b", "a%0Ab", "a%5Cb", "%zz", "%",
    ]

    /// What a whole path may be wrapped in.
    private static let disguises: [@Sendable (String) -> String] = [
        { $0.uppercased() }, { $0 + "/" }, { "//" + $0.dropFirst() }, { "/x" + $0 }, { "/." + $0 }, { "/tenants" + $0 },
        { "/healthz/.." + $0 }, { $0 + ";x" }, { $0.replacing("/subscriptions", with: "/%73ubscriptions") },
        { $0.replacing("/providers", with: "/%70roviders") }, { $0.replacing("/providers", with: "//providers") },
        { "/metadata/endpoints" + $0 }, { $0 + "/operationresults/x" }, { $0 + "/providers" },
    ]

    private struct Call: Sendable {
        let operation: OpenAPIContract.Operation
        let path: String
    }

    /// Who asks, and what it must not get.
    private struct Caller: Sendable {
        let name: String
        let token: String?
        /// Statuses of every call; nil for a principal without the right, whose answers depend on the operation.
        var refusals: Set<Int>? = [401]
        /// Whether it is asked for with every spelling.
        var isThorough = false
        /// What it may see beside what everybody may.
        var exceptions: [String: Set<Int>] = [:]
        /// Methods that it may not use on the resources of the tests.
        var methods: Set<String> = ["GET", "HEAD", "PUT", "PATCH", "DELETE", "POST"]
    }

    private static let contract = Result {
        try OpenAPIContract(document: OpenAPIDocument(directory: OpenAPIDocument.repositoryDirectory))
    }

    /// What the ARM API has; blobs sign in otherwise, and have tests of their own.
    private static func operations() throws -> [OpenAPIContract.Operation] {
        try contract.get().operations.filter { !$0.id.hasPrefix("Sluice_Blobs_") }
    }

    private static func path(_ operation: OpenAPIContract.Operation, _ name: String, _ subscription: String) -> String {
        var path = operation.path.replacing("{resourceProviderNamespace}/{resourceType}", with: "Microsoft.X/things")
        path = path.replacing("{subscriptionId}", with: subscription)
        while let start = path.firstIndex(of: "{"), let end = path[start...].firstIndex(of: "}") {
            path.replaceSubrange(start...end, with: name)
        }
        return path
    }

    // MARK: The lists

    @Test func `the contract and the table of routes are the same`() async throws {
        try await TestServer.run { server in
            let table = try #require(server.responder).table
            var unused = table.routes.map { "\($0.method) \($0.template)" }
            for operation in try Self.operations() {
                let path = try RequestPath(Self.path(operation, "ordinary", "s"))
                let method = try #require(HTTPRequest.Method(operation.method))
                let match = try #require(table.match(method, path), "\(operation.id)")
                #expect((match.route.access == .anyone) == Self.open.contains(operation.id), "\(operation.id)")
                #expect(
                    (match.route.access == .anyCaller) == (Self.anyCaller[operation.id] != nil), "\(operation.id)")
                unused.removeAll { $0 == "\(match.route.method) \(match.route.template)" }
            }
            #expect(unused.isEmpty, "routes that the contract does not know")
        }
    }

    // MARK: The calls

    @Test func `nobody gets in where they don't belong`() async throws {
        try await TestServer.run { server in
            let callers = try await Self.callers(server)
            let responder = try #require(server.responder)
            let subscription = server.api.settings.subscriptionID
            try await Application(responder: responder).test(.router) { client in
                for caller in callers {
                    for call in try Self.calls(thorough: caller.isThorough, subscription)
                    where caller.methods.contains(call.operation.method) {
                        try await Self.expect(client, caller, call)
                    }
                }
            }
            // Nobody made or removed anything.
            let rows = try await server.database.query(
                """
                SELECT (SELECT count(*) FROM workspaces), (SELECT count(*) FROM resource_groups),
                    (SELECT count(*) FROM operations), (SELECT count(*) FROM template_deployments)
                """)
            let counts = try #require(try rows.first?.decode(Int.self, Int.self, Int.self, Int.self))
            #expect(counts == (1, 2, 0, 0))
        }
    }

    private static func callers(_ server: TestServer) async throws -> [Caller] {
        let services = try #require(server.services)
        let settings = server.api.settings
        let owner = server.principal
        var claims = TokenClaims(
            issuer: services.signInSettings.issuer, audience: settings.url,
            subject: owner.objectID.uuidString.lowercased(), tenantID: settings.tenantID,
            applicationID: owner.applicationID.uuidString.lowercased(), issuedAt: Date(timeIntervalSinceNow: -7_200),
            expiresAt: Date(timeIntervalSinceNow: -3_600))
        let expired = try services.keys.issuer.sign(claims)
        claims.issuedAt = Date()
        claims.expiresAt = Date(timeIntervalSinceNow: 3_600)
        let foreign = try TokenIssuer(key: SigningKey.generate()).sign(claims)
        claims.tenantID = UUID().uuidString.lowercased()
        let otherTenant = try services.keys.issuer.sign(claims)
        _ = try await server.api.put(
            "/subscriptions/\(settings.subscriptionID)/resourceGroups/elsewhere?api-version=2024-03-01",
            #"{"location": "westeurope"}"#)
        let elsewhere = "/subscriptions/\(settings.subscriptionID)/resourceGroups/elsewhere"
        let nobody = try await server.makePrincipal()
        let reader = try await server.makePrincipal(RoleDefinition.find(named: "Reader"))
        let disabled = try await server.makePrincipal(.owner)
        let disabledToken = try await server.token(disabled)
        _ = try await PrincipalService(database: server.database).setEnabled(
            false, applicationID: disabled.applicationID)
        return [
            Caller(name: "no token", token: nil, isThorough: true), Caller(name: "an expired token", token: expired),
            Caller(name: "another installation's key", token: foreign),
            Caller(name: "another tenant", token: otherTenant),
            Caller(name: "a token for scoring", token: try await server.token(owner, audience: "https://ml.azure.com")),
            Caller(
                name: "a token for blobs", token: try await server.token(owner, audience: "https://storage.azure.com")),
            Caller(
                name: "a token for another host",
                token: try await server.token(owner, audience: "http://localhost.evil.test")),
            Caller(name: "a disabled principal", token: disabledToken), Caller(name: "no form", token: "x.y"),
            Caller(
                name: "a principal without a role", token: try await server.token(nobody), refusals: nil,
                isThorough: true),
            Caller(
                name: "an owner of another group",
                token: try await server.token(try await server.makePrincipal(.owner, on: elsewhere)), refusals: nil,
                exceptions: ["Subscriptions_Get": [200], "ResourceGroups_List": [200]]),
            Caller(
                name: "a reader", token: try await server.token(reader), refusals: nil,
                // Registration changes nothing.
                exceptions: ["Providers_Register": [200, 400]], methods: ["PUT", "PATCH", "DELETE", "POST"]),
        ]
    }

    private static func calls(thorough: Bool, _ subscription: String) throws -> [Call] {
        let names = thorough ? Self.names + refusedNames : ["ordinary", "operationresults", "providers"]
        return try operations().filter { !open.contains($0.id) }.flatMap { operation in
            var calls = names.map { Call(operation: operation, path: path(operation, $0, subscription)) }
            guard thorough else { return calls }
            calls += disguises.map { Call(operation: operation, path: $0(path(operation, "ordinary", subscription))) }
            return calls
        }
    }

    private static func expect(_ client: any TestClientProtocol, _ caller: Caller, _ call: Call) async throws {
        let method = try #require(HTTPRequest.Method(call.operation.method))
        var headers: HTTPFields = [.contentType: "application/json"]
        if let token = caller.token { headers[.authorization] = "Bearer \(token)" }
        let body = [.put, .patch, .post].contains(method) ? ByteBuffer(string: "{}") : nil
        let response = try await client.execute(
            uri: call.path + "?api-version=2024-04-01", method: method, headers: headers, body: body)
        let status = response.status.code
        let text = String(buffer: response.body)
        // A path that could be understood differently, whoever asks. HEAD has no body that says so.
        if caller.refusals == nil, status == 400, method == .head || text.contains("InvalidRequestUri") { return }
        let allowed =
            caller.refusals
            ?? Set([403, 404]).union(anyCaller[call.operation.id] ?? []).union(
                caller.exceptions[call.operation.id] ?? [])
        #expect(
            allowed.contains(status),
            "\(caller.name): \(call.operation.method) \(call.path) (\(call.operation.id)) got \(status) \(text.prefix(200))"
        )
    }
}
