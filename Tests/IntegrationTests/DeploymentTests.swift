import Compute
import Foundation
import Postgres
import TestSupport
import Testing

/// Making, reading, scaling and changing deployments of simulated replicas.
@Suite struct DeploymentTests {
    /// An endpoint `house` and an environment; returns the path of `house/blue` and the environment's id.
    private func prepare(_ server: TestServer) async throws -> (path: String, environment: String) {
        let environment = try await server.makeEnvironment()
        try await server.makeEndpoint("house")
        return (server.deployment("blue", of: "house"), environment)
    }

    @Test func `a deployment comes up phase by phase`() async throws {
        try await TestServer.run { server in
            let (path, environment) = try await prepare(server)
            let made = try await server.api.put(
                path,
                TestBody.deployment(
                    environment: environment, simulate: "prepare-delay=200ms,start-delay=200ms,ready-after=200ms",
                    count: 2
                ))
            #expect(made.status == 201)
            #expect(made["properties.provisioningState"] == "Creating")
            let end = try await server.api.finish(made)
            #expect(end["status"] == "Succeeded")
            #expect(end["resourceId"] == path)
            #expect(end["percentComplete"] == "100" || end["percentComplete"] == "100.0")
            let phases = end.json["phases"].items
            #expect(
                phases.compactMap { $0["name"].text }
                    == ["queued", "environment", "artifacts", "starting", "probing", "routing"])
            for phase in phases {
                #expect(phase["startTime"].text != nil && phase["endTime"].text != nil)
                #expect((phase["durationMilliseconds"].number ?? -1) >= 0)
            }
            let found = try await server.api.get(path)
            #expect(found["properties.provisioningState"] == "Succeeded")
            #expect(found["sku.capacity"] == "2")
            #expect(try server.simulated.running.count == 2)
            let list = try await server.api.get("\(server.endpoint("house"))/deployments")
            #expect(list.json["value"].texts("name") == ["blue"])
        }
    }

    @Test func `the same request joins the operation that runs, and then changes nothing`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let (path, environment) = try await prepare(server)
            let body = TestBody.deployment(environment: environment, simulate: "ready-after=500ms")
            let first = try await server.api.put(path, body)
            let second = try await server.api.put(path, body)
            #expect(second.status == 200)
            #expect(second.header("Azure-AsyncOperation") == first.header("Azure-AsyncOperation"))
            let other = try await server.api.put(path, TestBody.deployment(environment: environment, count: 3))
            #expect((other.status, other.errorCode) == (409, "OperationInProgress"))
            #expect(try await server.api.finish(first)["status"] == "Succeeded")
            let third = try await server.api.put(path, body)
            #expect(third.status == 200 && third.header("Azure-AsyncOperation") == nil)
            #expect(try server.simulated.running.count == 1)
        }
    }

    @Test func `putting back what was read changes nothing`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let (path, environment) = try await prepare(server)
            try await server.putAndFinish(path, TestBody.deployment(environment: environment))
            let read = try await server.api.get(path)
            let written = try await server.api.put(path, read.json.source)
            #expect(written.status == 200)
            #expect(written.header("Azure-AsyncOperation") == nil)
            #expect(written.header("ETag") == read.header("ETag"))
        }
    }

    @Test func `putting back what was read changes nothing where no sku was given`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let (path, environment) = try await prepare(server)
            let body =
                #"{"location": "westeurope", "properties": {"endpointComputeType": "Managed", "environmentId": "\#(environment)"}}"#
            try await server.putAndFinish(path, body)
            let read = try await server.api.get(path)
            #expect(read["sku.capacity"] == "1")
            let written = try await server.api.put(path, read.json.source)
            #expect(written.status == 200)
            #expect(written.header("Azure-AsyncOperation") == nil)
        }
    }

    @Test func `deployments are made at once without getting in each other's way`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let (_, environment) = try await prepare(server)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<12 {
                    group.addTask {
                        try await server.putAndFinish(
                            server.deployment("blue\(index)", of: "house"),
                            TestBody.deployment(environment: environment, simulate: "ready-after=50ms", count: 2))
                    }
                }
                try await group.waitForAll()
            }
            #expect(try server.simulated.running.count == 24)
            let newest = try await server.api.get(
                "\(server.endpoint("house"))/deployments?$orderBy=CreatedTime%20desc&$top=5")
            #expect(newest.json["value"].items.count == 5)
            #expect(newest["nextLink"] != nil)
        }
    }

    @Test func `the number of instances changes by PATCH`() async throws {
        try await TestServer.run { server in
            let (path, environment) = try await prepare(server)
            try await server.putAndFinish(path, TestBody.deployment(environment: environment))
            let kept = try server.simulated.running
            for count in [3, 1] {
                let patched = try await server.api.patch(path, #"{"sku": {"name": "Default", "capacity": \#(count)}}"#)
                #expect(patched.status == 202)
                let location = try #require(patched.header("Location"))
                #expect([200, 202].contains(try await server.api.get(location).status))
                let end = try await server.api.finish(patched)
                #expect(end["status"] == "Succeeded")
                let result = try await server.api.get(location)
                #expect(result.status == 200)
                #expect(result["sku.capacity"] == "\(count)")
                #expect(result["properties.provisioningState"] == "Succeeded")
                try await eventually("\(count) replicas") { try server.simulated.running.count == count }
            }
            #expect(try server.simulated.running == kept, "the first replica was never touched")
        }
    }

    @Test func `PATCH changes tags at once, and nothing else`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let (path, environment) = try await prepare(server)
            try await server.putAndFinish(path, TestBody.deployment(environment: environment))
            let patched = try await server.api.patch(path, #"{"tags": {"a": "b"}}"#)
            #expect(patched.status == 200)
            #expect(patched["tags.a"] == "b")
            let refused = try await server.api.patch(path, #"{"properties": {"model": "x:1"}}"#)
            #expect((refused.status, refused["error.target"]) == (400, "$.properties"))
            let many = try await server.api.patch(path, #"{"sku": {"capacity": 51}}"#)
            #expect((many.status, many["error.target"]) == (400, "$.sku.capacity"))
            #expect(try await server.api.patch(server.deployment("none", of: "house"), #"{"tags": {}}"#).status == 404)
            #expect(
                try await server.count(
                    "SELECT count(*) FROM online_deployments WHERE observed_generation <> generation") == 0)
        }
    }

    @Test func `a deployment can be scaled to nothing and back`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let (path, environment) = try await prepare(server)
            try await server.putAndFinish(path, TestBody.deployment(environment: environment))
            for count in [0, 2] {
                let patched = try await server.api.patch(path, #"{"sku": {"capacity": \#(count)}}"#)
                #expect(try await server.api.finish(patched)["status"] == "Succeeded")
                try await eventually("\(count) replicas") { try server.simulated.running.count == count }
            }
        }
    }

    @Test func `an update replaces replicas without a moment below the wanted number`() async throws {
        try await TestServer.run { server in
            let (path, environment) = try await prepare(server)
            try await server.putAndFinish(path, TestBody.deployment(environment: environment, count: 3))
            let old = try server.simulated.running
            let updated = try await server.api.put(
                path,
                TestBody.deployment(
                    environment: environment, simulate: "ready-after=200ms", count: 3, variables: ["VERSION": "2"]))
            #expect(updated.status == 200)
            let url = try #require(updated.header("Azure-AsyncOperation"))
            var least = 3
            try await eventually(
                "the update ends",
                { () async throws -> Bool in
                    let ready = try await server.count("SELECT count(*) FROM replicas WHERE phase = 'ready'")
                    least = min(least, ready)
                    return try await server.api.get(url)["status"] != "InProgress"
                })
            #expect(least >= 3)
            #expect(try await server.api.get(url)["status"] == "Succeeded")
            try await eventually("the old replicas are gone") {
                try server.simulated.running.isDisjoint(with: old) && server.simulated.running.count == 3
            }
            // A row goes after its process has.
            try await eventually("the rows of the old replicas are gone") {
                try await server.count("SELECT count(DISTINCT generation) FROM replicas") == 1
            }
        }
    }

    @Test func `a change that replicas don't see replaces none`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let (path, environment) = try await prepare(server)
            try await server.putAndFinish(path, TestBody.deployment(environment: environment))
            let old = try server.simulated.running
            try await server.putAndFinish(
                path, TestBody.deployment(environment: environment, more: #""description": "the same, described""#))
            #expect(try server.simulated.running == old)
            #expect(try await server.api.get(path)["properties.description"] == "the same, described")
        }
    }

    @Test func `unknown references are all reported`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let (path, _) = try await prepare(server)
            let response = try await server.api.put(
                path,
                TestBody.deployment(
                    environment: "azureml:none:1", code: "\(server.api.workspace)/codes/none/versions/1",
                    model: "none@latest"))
            #expect((response.status, response.errorCode) == (400, "BadArgument"))
            #expect(
                Set(response.json["error.details"].texts("target")) == [
                    "$.properties.environmentId", "$.properties.codeConfiguration.codeId", "$.properties.model",
                ])
            #expect(try await server.api.get(path).status == 404, "nothing was made")
        }
    }

    @Test func `what the backend can never run is refused before it is made`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let (path, environment) = try await prepare(server)
            for simulate in ["fail-check", "nonsense"] {
                let response = try await server.api.put(
                    path, TestBody.deployment(environment: environment, simulate: simulate))
                #expect((response.status, response.errorCode) == (400, "BadArgument"))
            }
            #expect(try await server.api.get(path).status == 404)
        }
    }

    @Test func `an endpoint has at most twenty deployments`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let (_, environment) = try await prepare(server)
            for index in 0..<20 {
                let response = try await server.api.put(
                    server.deployment("blue\(index)", of: "house"),
                    TestBody.deployment(environment: environment, count: 0))
                #expect(response.status == 201, "\(response.text)")
            }
            let last = try await server.api.put(
                server.deployment("green", of: "house"), TestBody.deployment(environment: environment))
            #expect((last.status, last.errorCode) == (400, "QuotaExceeded"))
        }
    }
}
