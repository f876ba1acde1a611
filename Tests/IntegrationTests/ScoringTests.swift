import Compute
import Foundation
import Postgres
import Resources
import Store
import TestSupport
import Testing

/// Scoring requests through real router processes.
@Suite struct ScoringTests {
    /// An endpoint `house` with two deployments at stubs of their names.
    private func prepare(_ server: TestServer) async throws -> (blue: StubModel, green: StubModel, key: String) {
        let blue = try await server.stub("blue")
        let green = try await server.stub("green")
        try await server.makeServing("house", simulate: "address=\(blue.address)")
        let environment = try await server.makeEnvironment()
        try await server.putAndFinish(
            server.deployment("green", of: "house"),
            TestBody.deployment(environment: environment, simulate: "address=\(green.address)"))
        return (blue, green, try await server.key(of: "house"))
    }

    @Test func `a request with a key reaches the model, others don't`() async throws {
        try await TestServer.run { server in
            let (blue, _, key) = try await prepare(server)
            let response = try await server.score("house", key: key, #"{"x": 1}"#)
            #expect(response.status == 200)
            #expect(response["name"] == "blue")
            #expect(response.header("azureml-model-deployment") == "blue")
            #expect(blue.requests == [#"{"x": 1}"#])
            #expect(try await server.score("house", key: "wrong").status == 401)
            #expect(try await server.score("house", key: "").status == 401)
            #expect([401, 404].contains(try await server.score("none", key: key).status))
            #expect(blue.requests.count == 1)
        }
    }

    @Test func `a header picks the deployment`() async throws {
        try await TestServer.run { server in
            let (_, green, key) = try await prepare(server)
            let response = try await server.score("house", key: key, headers: [("azureml-model-deployment", "green")])
            #expect(response["name"] == "green")
            #expect(green.requests.count == 1)
            let unknown = try await server.score("house", key: key, headers: [("azureml-model-deployment", "white")])
            #expect(unknown.status == 404)
        }
    }

    @Test func `traffic is split as asked, from the very next request`() async throws {
        try await TestServer.run { server in
            let (blue, green, key) = try await prepare(server)
            try await server.makeEndpoint("house", traffic: ["blue": 90, "green": 10])
            for _ in 0..<200 { #expect(try await server.score("house", key: key).status == 200) }
            #expect((10...30).contains(green.requests.count), "\(green.requests.count) of 200")
            #expect(blue.requests.count + green.requests.count == 200)
            for round in 0..<4 {
                let target = round.isMultiple(of: 2) ? "green" : "blue"
                try await server.makeEndpoint("house", traffic: [target: 100])
                for _ in 0..<5 { #expect(try await server.score("house", key: key)["name"] == target) }
            }
            try await server.makeEndpoint("house", traffic: [:])
            #expect(try await server.score("house", key: key).status == 404, "no traffic")
        }
    }

    @Test func `a replaced key closes the door at once`() async throws {
        try await TestServer.run { server in
            let (_, _, old) = try await prepare(server)
            let response = try await server.api.post(
                "\(server.endpoint("house"))/regenerateKeys", #"{"keyType": "Primary"}"#)
            #expect(try await server.api.finish(response)["status"] == "Succeeded")
            #expect(try await server.score("house", key: old).status == 401)
            #expect(try await server.score("house", key: try await server.key(of: "house")).status == 200)
        }
    }

    @Test func `an endpoint token opens its own endpoint`() async throws {
        try await TestServer.run { server in
            let stub = try await server.stub("blue")
            let environment = try await server.makeEnvironment()
            for name in ["house", "garden"] {
                try await server.makeEndpoint(name, mode: "AMLToken")
                try await server.putAndFinish(
                    server.deployment("blue", of: name),
                    TestBody.deployment(environment: environment, simulate: "address=\(stub.address)"))
                try await server.makeEndpoint(name, traffic: ["blue": 100], mode: "AMLToken")
            }
            let token = try #require(try await server.api.post("\(server.endpoint("house"))/token")["accessToken"])
            #expect(try await server.score("house", key: token).status == 200)
            #expect([401, 403].contains(try await server.score("garden", key: token).status))
            #expect(try await server.score("house", key: "x").status == 401)
        }
    }

    @Test func `a removed endpoint is not served`() async throws {
        try await TestServer.run { server in
            let (_, _, key) = try await prepare(server)
            try await server.deleteAndFinish(server.endpoint("house"))
            #expect([401, 404].contains(try await server.score("house", key: key).status))
        }
    }

    @Test func `a rollout loses no request`() async throws {
        try await TestServer.run { server in
            let first = try await server.stub("first")
            let second = try await server.stub("second")
            first.setDelay(.milliseconds(20))
            second.setDelay(.milliseconds(20))
            let more = #""requestSettings": {"maxConcurrentRequestsPerInstance": 8, "requestTimeout": "PT20S"}"#
            let environment = try await server.makeEnvironment()
            try await server.makeEndpoint("house")
            func deploy(_ stub: StubModel) async throws {
                try await server.putAndFinish(
                    server.deployment("blue", of: "house"),
                    TestBody.deployment(
                        environment: environment, simulate: "address=\(stub.address)", count: 2, more: more))
            }
            try await deploy(first)
            try await server.makeEndpoint("house", traffic: ["blue": 100])
            let key = try await server.key(of: "house")
            try await withThrowingTaskGroup(of: [Int].self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        var statuses: [Int] = []
                        while second.requests.count < 60 {
                            statuses.append(try await server.score("house", key: key).status)
                        }
                        return statuses
                    }
                }
                try await deploy(second)
                for try await statuses in group { #expect(statuses.allSatisfy { $0 == 200 }, "\(Set(statuses))") }
            }
            let count = first.requests.count
            for _ in 0..<4 { #expect(try await server.score("house", key: key)["name"] == "second") }
            #expect(first.requests.count == count)
        }
    }

    @Test func `a killed router is replaced and scoring goes on`() async throws {
        try await TestServer.run(TestServerOptions(routers: 2)) { server in
            let (_, _, key) = try await prepare(server)
            let before = try await server.routers()
            #expect(before.count == 2)
            kill(before[0].pid, SIGKILL)
            for _ in 0..<20 { #expect(try await scoreRetrying(server, key).status == 200) }
            try await eventually("a new router in its place") {
                let now = try await server.routers()
                return now.count == 2 && now.allSatisfy { $0.state == .live && $0.pid != before[0].pid }
            }
            #expect(try await server.routers().contains { $0.pid == before[1].pid }, "the other one stayed")
            for _ in 0..<20 { #expect(try await scoreRetrying(server, key).status == 200) }
        }
    }

    /// A connection to a router that was killed breaks; the next one must not.
    private func scoreRetrying(_ server: TestServer, _ key: String) async throws -> Answer {
        do {
            return try await server.score("house", key: key)
        } catch {
            return try await server.score("house", key: key)
        }
    }

    @Test func `a router that nobody recorded is adopted, and no second one is started beside it`() async throws {
        try await TestServer.run { server in
            let (_, _, key) = try await prepare(server)
            let before = try await server.routers()
            try await server.stopControlPlane()
            // As if the control plane had been killed between the start of the router and its record.
            try await server.database.query("DELETE FROM routers")
            try await server.startControlPlane()
            try await server.untilRoutersLive()
            let after = try await server.routers()
            #expect(after.map(\.pid) == before.map(\.pid) && after.map(\.id) == before.map(\.id))
            try await server.makeEndpoint("house", traffic: ["green": 100])
            #expect(try await server.score("house", key: key)["name"] == "green")
        }
    }

    @Test func `scoring goes on without a control plane, and the next one adopts all`() async throws {
        try await TestServer.run { server in
            let (_, _, key) = try await prepare(server)
            let routers = try await server.routers().map(\.pid)
            let replicas = try server.simulated.running
            try await server.stopControlPlane()
            for _ in 0..<20 { #expect(try await server.score("house", key: key).status == 200) }
            try await server.startControlPlane()
            try await server.untilRoutersLive()
            try await server.makeEndpoint("house", traffic: ["green": 100])
            #expect(try await server.score("house", key: key)["name"] == "green")
            #expect(try await server.routers().map(\.pid) == routers)
            #expect(try server.simulated.running == replicas)
        }
    }

    @Test func `a crashed control plane costs no scoring request`() async throws {
        try await TestServer.run { server in
            let (_, _, key) = try await prepare(server)
            try await withThrowingTaskGroup(of: Bool.self) { group in
                let isOver = Flag()
                group.addTask {
                    while !isOver.isSet {
                        guard try await server.score("house", key: key).status == 200 else { return false }
                    }
                    return true
                }
                try await server.restart()
                isOver.set()
                for try await isFine in group { #expect(isFine) }
            }
        }
    }

    @Test func `a replica that dies leaves routing and is started again`() async throws {
        try await TestServer.run { server in
            let stub = try await server.stub("blue")
            try await server.makeServing("house", simulate: "address=\(stub.address)", count: 2)
            let key = try await server.key(of: "house")
            let backend = try server.simulated
            let victim = try #require(backend.running.first)
            backend.crash(victim)
            for _ in 0..<10 { #expect(try await server.score("house", key: key).status == 200) }
            try await eventually("two replicas run again") {
                let ready = try await server.count("SELECT count(*) FROM replicas WHERE phase = 'ready'")
                return backend.running.count == 2 && ready == 2
            }
            #expect(
                try await server.api.get(server.deployment("blue", of: "house"))["properties.provisioningState"]
                    == "Succeeded")
        }
    }

    @Test func `a replica that stops answering its probe gets no requests until it answers`() async throws {
        try await TestServer.run { server in
            let stub = try await server.stub("blue")
            let environment = try await server.makeEnvironment()
            try await server.makeEndpoint("house")
            try await server.putAndFinish(
                server.deployment("blue", of: "house"),
                TestBody.deployment(
                    environment: environment, simulate: "address=\(stub.address)",
                    more: """
                        "readinessProbe": {"period": "PT1S", "failureThreshold": 1},
                        "requestSettings": {"requestTimeout": "PT1S"}
                        """))
            try await server.makeEndpoint("house", traffic: ["blue": 100])
            let key = try await server.key(of: "house")
            let replica = try #require(try server.simulated.running.first)
            try server.simulated.setUnresponsive(replica, true)
            try await eventually("it leaves routing") {
                try await server.count("SELECT count(*) FROM replicas WHERE phase = 'ready'") == 0
            }
            var statuses: [Int] = []
            do {
                try await eventually("requests are refused") {
                    statuses.append(try await server.score("house", key: key).status)
                    return statuses.last.map { $0 >= 429 } ?? false
                }
            } catch {
                let states = try await server.texts("SELECT phase FROM replicas")
                let routers = try await server.texts("SELECT state || ' ' || acknowledged_generation FROM routers")
                Issue.record("answers \(Set(statuses)), replicas \(states), routers \(routers): \(error)")
            }
            try server.simulated.setUnresponsive(replica, false)
            try await eventually("requests are served") { try await server.score("house", key: key).status == 200 }
        }
    }
}
