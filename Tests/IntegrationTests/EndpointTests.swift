import Foundation
import Postgres
import TestSupport
import Testing

@Suite struct EndpointTests {
    @Test func `an endpoint is made by an operation that ends`() async throws {
        try await TestServer.run { server in
            let path = server.endpoint("house")
            let made = try await server.api.put(path, TestBody.endpoint(tags: ["team": "a"]))
            #expect(made.status == 201)
            #expect(made["properties.provisioningState"] == "Creating")
            #expect(made.header("Retry-After") != nil)
            let end = try await server.api.finish(made)
            #expect(end["status"] == "Succeeded")
            #expect(end.json["phases"].texts("name") == ["queued", "routing"])
            #expect(end["startTime"] != nil && end["endTime"] != nil)
            let found = try await server.api.get(path)
            #expect(found["properties.provisioningState"] == "Succeeded")
            #expect(
                found["properties.scoringUri"] == "http://127.0.0.1:\(server.scoringPort)/api/v1/endpoint/house/score")
            #expect(found["tags.team"] == "a")
            #expect(found.json["properties.keys"].isNull, "keys are shown by listKeys only")
            #expect(found.header("ETag") == found["etag"])
        }
    }

    @Test func `the same request joins the operation that runs, and then changes nothing`() async throws {
        let gate = StepGate(kind: "put_endpoint", step: "routing")
        var options = TestServerOptions.withoutRouters
        options.afterStep = gate.observer
        try await TestServer.run(options) { server in
            let path = server.endpoint("house")
            let first = try await server.api.put(path, TestBody.endpoint())
            try await gate.untilReached()
            let second = try await server.api.put(path, TestBody.endpoint())
            #expect(second.status == 200)
            #expect(second.header("Azure-AsyncOperation") == first.header("Azure-AsyncOperation"))
            let other = try await server.api.put(path, TestBody.endpoint(tags: ["a": "b"]))
            #expect((other.status, other.errorCode) == (409, "OperationInProgress"))
            gate.open()
            #expect(try await server.api.finish(first)["status"] == "Succeeded")
            let third = try await server.api.put(path, TestBody.endpoint())
            #expect(third.status == 200)
            #expect(third.header("Azure-AsyncOperation") == nil)
            #expect(try await server.count("SELECT count(*) FROM operations") == 1)
        }
    }

    @Test func `putting back what was read changes nothing`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let path = server.endpoint("house")
            try await server.makeEndpoint("house")
            let read = try await server.api.get(path)
            let written = try await server.api.put(path, read.json.source)
            #expect(written.status == 200)
            #expect(written.header("Azure-AsyncOperation") == nil)
            #expect(written.header("ETag") == read.header("ETag"))
        }
    }

    @Test func `twenty equal writes at once make one endpoint`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let path = server.endpoint("house")
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 0..<20 { group.addTask { try await server.api.put(path, TestBody.endpoint()) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count { $0.status == 201 } == 1)
            #expect(answers.allSatisfy { [200, 201, 409].contains($0.status) }, "\(answers.map(\.status))")
            for response in answers where response.status < 300 { _ = try await server.api.finish(response) }
            #expect(try await server.count("SELECT count(*) FROM online_endpoints") == 1)
            #expect(try await server.count("SELECT count(*) FROM operations WHERE state <> 'succeeded'") == 0)
            #expect(try await server.count("SELECT count(*) FROM work_items") == 0)
        }
    }

    @Test func `the loser of a race for a new name is not sent to another workspace`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            for round in 0..<3 {
                let path = server.endpoint("house\(round)")
                let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                    for _ in 0..<12 { group.addTask { try await server.api.put(path, TestBody.endpoint()) } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(answers.allSatisfy { $0.errorCode != "EndpointAlreadyExists" })
            }
        }
    }

    @Test func `different writes at once run one after another or are refused`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let path = server.endpoint("house")
            try await server.makeEndpoint("house")
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for index in 0..<20 {
                    group.addTask { try await server.api.put(path, TestBody.endpoint(tags: ["n": "\(index)"])) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.allSatisfy { [200, 409].contains($0.status) }, "\(answers.map(\.status))")
            #expect(answers.contains { $0.status == 200 })
            for response in answers where response.status == 200 {
                #expect(try await server.api.finish(response)["status"] == "Succeeded")
            }
            let overlapping = try await server.count(
                """
                SELECT count(*) FROM operations a JOIN operations b ON a.subject_id = b.subject_id AND a.id < b.id
                WHERE a.created_at < b.finished_at AND b.created_at < a.finished_at
                """)
            #expect(overlapping == 0, "one operation at a time")
            #expect(try await server.api.get(path)["properties.provisioningState"] == "Succeeded")
        }
    }

    @Test func `tags and identity change by PATCH at once, other members don't`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let path = server.endpoint("house")
            #expect(try await server.api.patch(path, #"{"tags": {}}"#).status == 404)
            try await server.makeEndpoint("house")
            let before = try await server.api.get(path)
            let patched = try await server.api.patch(
                path, #"{"tags": {"a": "b"}, "identity": {"type": "SystemAssigned"}}"#)
            #expect(patched.status == 200)
            #expect(patched["tags.a"] == "b")
            #expect(patched["identity.type"] == "SystemAssigned")
            #expect(patched.header("ETag") != before.header("ETag"))
            let refused = try await server.api.patch(path, #"{"properties": {"authMode": "AMLToken"}, "kind": "x"}"#)
            #expect(refused.status == 400)
            #expect(Set(refused.json["error.details"].texts("target")) == ["$.properties", "$.kind"])
            let stale = try await server.api.patch(
                path, #"{"tags": {}}"#, headers: [("If-Match", before.header("ETag") ?? "")])
            #expect(stale.status == 412)
        }
    }

    @Test func `a change that routers don't see leaves the generation observed`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            try await server.makeEndpoint("house")
            #expect(try await server.api.patch(server.endpoint("house"), #"{"tags": {"a": "b"}}"#).status == 200)
            #expect(
                try await server.count(
                    "SELECT count(*) FROM online_endpoints WHERE observed_generation <> generation") == 0)
        }
    }

    @Test(arguments: [
        (#"{"blue": 30}"#, "$.properties.traffic"), (#"{"blue": 60, "green": 60}"#, "$.properties.traffic"),
        (#"{"blue": 101}"#, "$.properties.traffic.blue"), (#"{"blue": -1}"#, "$.properties.traffic.blue"),
        (#"{"absent": 100}"#, "$.properties.traffic.absent"),
    ])
    func `traffic that can't be is refused`(_ traffic: String, _ target: String) async throws {
        try await TestServer.run(.withoutRouters) { server in
            try await server.makeServing("house")
            let response = try await server.api.put(
                server.endpoint("house"),
                #"{"location": "westeurope", "properties": {"authMode": "Key", "traffic": \#(traffic)}}"#)
            #expect(response.status == 400)
            let targets = [response["error.target"]].compactMap { $0 } + response.json["error.details"].texts("target")
            #expect(targets.contains(target), "\(response.text)")
        }
    }

    @Test func `a deployment with live traffic is not mirrored to`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            try await server.makeServing("house")
            let response = try await server.api.put(
                server.endpoint("house"),
                TestBody.endpoint(traffic: ["blue": 100], more: #""mirrorTraffic": {"BLUE": 10}"#))
            #expect(response.status == 400)
        }
    }

    @Test func `traffic takes the spelling of the deployment`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            try await server.makeServing("house")
            try await server.putAndFinish(server.endpoint("house"), TestBody.endpoint(traffic: ["BLUE": 100]))
            #expect(
                try await server.api.get(server.endpoint("house")).json["properties.traffic"].memberNames == ["blue"])
        }
    }

    @Test func `a write by an old api-version keeps what that version does not know`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            try await server.makeServing("house")
            let environment = try await server.makeEnvironment()
            try await server.putAndFinish(
                server.deployment("green", of: "house"), TestBody.deployment(environment: environment))
            let path = server.endpoint("house")
            try await server.putAndFinish(
                path,
                TestBody.endpoint(
                    traffic: ["blue": 100],
                    more: #""mirrorTraffic": {"green": 10}, "publicNetworkAccess": "Disabled""#))
            let old = try await server.api.get("\(path)?api-version=2022-05-01")
            #expect(!old.json["properties"].member("mirrorTraffic").isPresent)
            let written = try await server.api.put(
                "\(path)?api-version=2022-05-01", TestBody.endpoint(traffic: ["blue": 100], tags: ["by": "old"]))
            #expect(written.status == 200)
            _ = try await server.api.finish(written)
            let now = try await server.api.get(path)
            #expect(now["properties.mirrorTraffic.green"] == "10")
            #expect(now["properties.publicNetworkAccess"] == "Disabled")
            #expect(now["tags.by"] == "old")
        }
    }

    @Test func `a removed endpoint is gone, and its name is free at once`() async throws {
        try await TestServer.run { server in
            let path = server.endpoint("house")
            #expect(try await server.api.delete(path).status == 204)
            for _ in 0..<2 {
                try await server.makeEndpoint("house")
                let deleted = try await server.api.delete(path)
                #expect(deleted.status == 202)
                #expect(deleted.header("Location") != nil)
                #expect(try await server.api.finish(deleted)["status"] == "Succeeded")
                #expect(try await server.api.get(path).status == 404)
                let result = try await server.api.get(try #require(deleted.header("Location")))
                #expect(result.status == 204)
            }
            #expect(try await server.count("SELECT count(*) FROM endpoint_keys") == 0)
        }
    }

    @Test func `a name is taken for every workspace`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            try await server.makeEndpoint("house")
            let second = server.api.workspace.replacingOccurrences(
                of: "workspaces/\(TestServer.workspaceName)", with: "workspaces/second")
            _ = try await server.api.put(second, #"{"location": "westeurope", "properties": {}}"#)
            let response = try await server.api.put("\(second)/onlineEndpoints/HOUSE", TestBody.endpoint())
            #expect((response.status, response.errorCode) == (409, "EndpointAlreadyExists"))
        }
    }

    @Test func `endpoints are listed page by page, and by name`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            for index in 0..<5 { _ = try await server.api.put(server.endpoint("house\(index)"), TestBody.endpoint()) }
            var seen: [String] = []
            var next: String? = "\(server.api.workspace)/onlineEndpoints?count=2"
            while let url = next, seen.count < 20 {
                let page = try await server.api.get(url)
                seen += page.json["value"].texts("name")
                next = page["nextLink"]
            }
            #expect(seen.sorted() == (0..<5).map { "house\($0)" })
            let one = try await server.api.get("\(server.api.workspace)/onlineEndpoints?name=house3")
            #expect(one.json["value"].texts("name") == ["house3"])
        }
    }

    @Test(arguments: ["ab", "1house", "has--hyphens", "ends-", "under_score", String(repeating: "x", count: 33)])
    func `an endpoint name that can't be is refused`(_ name: String) async throws {
        try await TestServer.run(.withoutRouters) { server in
            let response = try await server.api.put(server.endpoint(name), TestBody.endpoint())
            #expect((response.status, response.errorCode) == (400, "InvalidResourceName"))
        }
    }

    @Test func `an endpoint does not move`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            try await server.makeEndpoint("house")
            let response = try await server.api.put(
                server.endpoint("house"), #"{"location": "northeurope", "properties": {"authMode": "Key"}}"#)
            #expect((response.status, response.errorCode) == (409, "InvalidResourceLocation"))
        }
    }

    @Test func `writes and deletions keep to their preconditions`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let path = server.endpoint("house")
            let none = try await server.api.put(path, TestBody.endpoint(), headers: [("If-Match", "*")])
            #expect(none.status == 412)
            let made = try await server.api.put(path, TestBody.endpoint(), headers: [("If-None-Match", "*")])
            #expect(made.status == 201)
            _ = try await server.api.finish(made)
            let etag = try #require(try await server.api.get(path).header("ETag"))
            #expect(
                try await server.api.put(path, TestBody.endpoint(), headers: [("If-None-Match", "*")]).status == 412)
            #expect(try await server.api.delete(path, headers: [("If-Match", "\"999\"")]).status == 412)
            let deleted = try await server.api.delete(path, headers: [("If-Match", etag)])
            #expect(deleted.status == 202)
            #expect(try await server.api.finish(deleted)["status"] == "Succeeded")
        }
    }
}
