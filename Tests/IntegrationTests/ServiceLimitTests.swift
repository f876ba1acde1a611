import Foundation
import Postgres
import TestSupport
import Testing

/// Limits that need a count of what is there (`surface.md` §6).
@Suite struct ServiceLimitTests {
    private static func compute(_ name: String, of server: TestServer) -> String {
        #""compute": "\#(server.api.workspace)/computes/\#(name)""#
    }

    /// Copies of an endpoint, as many as an attached compute bears with the first.
    private static func fillEndpoints(_ server: TestServer, count: Int) async throws {
        try await server.database.query(
            """
            INSERT INTO online_endpoints (id, workspace_id, name, envelope, properties, provisioning_state, created_by, modified_by)
            SELECT gen_random_uuid(), workspace_id, 'copy-' || n, envelope, properties, 'Succeeded', created_by, modified_by
            FROM online_endpoints, generate_series(1, \(count)) n WHERE name = 'house'
            """)
    }

    @Test func `a cluster has at most 60 endpoints`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let onCluster = TestBody.endpoint(more: Self.compute("aks", of: server))
            try await server.putAndFinish(server.endpoint("house"), onCluster)
            try await Self.fillEndpoints(server, count: 58)
            try await server.putAndFinish(server.endpoint("garden"), onCluster)
            let refused = try await server.api.put(server.endpoint("shed"), onCluster)
            #expect((refused.status, refused.errorCode) == (400, "QuotaExceeded"), "\(refused.text)")
            #expect(refused["error.target"] == "$.properties.compute" && refused.text.contains("60 are allowed"))
            // Elsewhere there is room, but not to move from there.
            try await server.putAndFinish(
                server.endpoint("shed"), TestBody.endpoint(more: Self.compute("other", of: server)))
            let upper = onCluster.replacing("computes/aks", with: "computes/AKS")
            #expect(try await server.api.put(server.endpoint("shed"), upper).errorCode == "QuotaExceeded")
            #expect(try await server.api.put(server.endpoint("garden"), onCluster).status == 200)
        }
    }

    @Test func `a cluster has at most 100 deployments`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let environment = try await server.makeEnvironment()
            let onCluster = TestBody.endpoint(more: Self.compute("aks", of: server))
            for name in ["house", "garden"] { try await server.putAndFinish(server.endpoint(name), onCluster) }
            let body = TestBody.deployment(environment: environment, count: 0)
            try await server.putAndFinish(server.deployment("blue", of: "house"), body)
            try await server.database.query(
                """
                INSERT INTO online_deployments (id, endpoint_id, name, envelope, properties, instance_count,
                    provisioning_state, created_by, modified_by)
                SELECT gen_random_uuid(), endpoint_id, 'copy-' || n, envelope, properties, 0, 'Succeeded', created_by, modified_by
                FROM online_deployments, generate_series(1, 98) n WHERE name = 'blue'
                """)
            try await server.putAndFinish(server.deployment("green", of: "garden"), body)
            let refused = try await server.api.put(server.deployment("red", of: "garden"), body)
            #expect((refused.status, refused.errorCode) == (400, "QuotaExceeded"), "\(refused.text)")
            #expect(refused.text.contains("101 deployments, and 100 are allowed"))
            // An endpoint of its own takes at most 20, on a cluster or not.
            let full = try await server.api.put(server.deployment("red", of: "house"), body)
            #expect(full.errorCode == "QuotaExceeded" && full.text.contains("20 deployments"))
        }
    }

    @Test func `a resource group has at most 800 workspaces`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            try await server.database.query(
                """
                INSERT INTO workspaces (id, resource_group_id, name, envelope, properties, created_by, modified_by)
                SELECT gen_random_uuid(), resource_group_id, 'copy-' || n, envelope, properties, created_by, modified_by
                FROM workspaces, generate_series(1, 798) n WHERE name = \(TestServer.workspaceName)
                """)
            let path = server.api.workspace.replacing("/\(TestServer.workspaceName)", with: "/next")
            let body = #"{"location": "\#(TestServer.location)", "properties": {}}"#
            #expect(try await server.api.put(path, body).status < 300)
            let refused = try await server.api.put("\(path)-one", body)
            #expect((refused.status, refused.errorCode) == (400, "QuotaExceeded"), "\(refused.text)")
            #expect(try await server.api.put(path, body).status == 200, "one that is there may be written")
        }
    }

    @Test func `names on Kubernetes are limited together, by REST and in a template`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let environment = try await server.makeEnvironment()
            let endpoint = String(repeating: "e", count: 32)
            try await server.makeEndpoint(endpoint)
            let kubernetes = TestBody.deployment(environment: environment, count: 0)
                .replacing("\"Managed\"", with: "\"Kubernetes\"")
            let long = String(repeating: "d", count: 31)
            let refused = try await server.api.put(server.deployment(long, of: endpoint), kubernetes)
            #expect((refused.status, refused.errorCode) == (400, "InvalidResourceName"), "\(refused.text)")
            let preflight = try await server.deploy("names", deployment: long, of: endpoint, kubernetes)
            #expect(preflight.status == 400 && preflight.text.contains("62 characters together"), "\(preflight.text)")
            let managed = TestBody.deployment(environment: environment, count: 0)
            #expect(try await server.api.put(server.deployment(long, of: endpoint), managed).status < 300)
        }
    }
}
