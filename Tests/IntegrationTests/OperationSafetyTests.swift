import Compute
import Postgres
import Store
import TestSupport
import Testing

/// Operations that are broken off and carried on, at every step.
@Suite struct OperationSafetyTests {
    /// One operation, what goes before it, and what is there when it has succeeded.
    struct Scenario: Sendable, CustomTestStringConvertible {
        let kind: String
        let steps: [String]
        let timeline: [String]
        let ending: [String]

        var testDescription: String { kind }
    }

    /// Where a scenario is broken off; no step at all is the clean run.
    struct Case: Sendable, CustomTestStringConvertible {
        let scenario: Scenario
        let broken: [String]

        var testDescription: String {
            "\(scenario.kind) broken off after \(broken.isEmpty ? "nothing" : broken.joined(separator: ", "))"
        }
    }

    static let scenarios = [
        Scenario(
            kind: "put_endpoint", steps: ["routing"], timeline: ["queued", "routing"],
            ending: ["endpoint house Succeeded observed", "keys 2", "replicas 0"]),
        Scenario(
            kind: "regenerate_keys", steps: ["routing"], timeline: ["queued", "routing"],
            ending: ["endpoint house Succeeded observed", "keys 2", "replicas 0"]),
        Scenario(
            kind: "delete_endpoint", steps: ["routing", "stopping"], timeline: ["queued", "routing", "stopping"],
            ending: ["keys 0", "replicas 0"]),
        Scenario(
            kind: "put_deployment", steps: ["environment", "artifacts", "starting", "probing", "routing"],
            timeline: ["queued", "environment", "artifacts", "starting", "probing", "routing"],
            ending: [
                "endpoint house Succeeded observed", "deployment blue Succeeded observed serving", "keys 2",
                "replicas 2 ready",
            ]),
        Scenario(
            kind: "delete_deployment", steps: ["routing", "stopping"], timeline: ["queued", "routing", "stopping"],
            ending: ["endpoint house Succeeded observed", "keys 2", "replicas 0"]),
    ]

    static let cases = scenarios.flatMap { scenario in
        let single = scenario.steps.map { Case(scenario: scenario, broken: [$0]) }
        let all = scenario.steps.count > 1 ? [Case(scenario: scenario, broken: scenario.steps)] : []
        return [Case(scenario: scenario, broken: [])] + single + all
    }

    @Test(arguments: cases) func `the end is that of the clean run`(_ one: Case) async throws {
        let scenario = one.scenario
        let breaker = StepBreaker { kind, step in kind == scenario.kind && one.broken.contains(step) }
        var options = TestServerOptions()
        options.afterStep = breaker.observer
        try await TestServer.run(options) { server in
            let response = try await begin(scenario.kind, server)
            let end = try await server.api.finish(response)
            #expect(end["status"] == "Succeeded")
            #expect(end.json["phases"].texts("name") == scenario.timeline)
            #expect(breaker.breaks == one.broken.map { "\(scenario.kind)/\($0)" }, "each was broken off once")
            #expect(try await state(of: server) == scenario.ending)
            #expect(
                try await server.count("SELECT count(*) FROM operations WHERE kind = \(scenario.kind)") == 1,
                "one operation, one end")
            #expect(try await server.count("SELECT count(*) FROM operations WHERE state <> 'succeeded'") == 0)
            #expect(try await server.count("SELECT count(*) FROM work_items") == 0)
            #expect(try server.simulated.running.count == (scenario.kind == "put_deployment" ? 2 : 0))
        }
    }

    /// Does what the kind needs, and starts the operation.
    private func begin(_ kind: String, _ server: TestServer) async throws -> Answer {
        let path = server.endpoint("house")
        guard kind != "put_endpoint" else { return try await server.api.put(path, TestBody.endpoint()) }
        try await server.makeEndpoint("house")
        guard kind != "regenerate_keys" else {
            return try await server.api.post("\(path)/regenerateKeys", #"{"keyType": "Primary"}"#)
        }
        let environment = try await server.makeEnvironment()
        let blue = server.deployment("blue", of: "house")
        let put = try await server.api.put(blue, TestBody.deployment(environment: environment, count: 2))
        guard kind != "put_deployment" else { return put }
        _ = try await server.api.finish(put)
        return try await server.api.delete(kind == "delete_endpoint" ? path : blue)
    }

    private func state(of server: TestServer) async throws -> [String] {
        var lines = try await server.texts(
            """
            SELECT 'endpoint ' || name || ' ' || provisioning_state
                || CASE WHEN observed_generation = generation THEN ' observed' ELSE '' END
            FROM online_endpoints ORDER BY name
            """)
        lines += try await server.texts(
            """
            SELECT 'deployment ' || name || ' ' || provisioning_state
                || CASE WHEN observed_generation = generation THEN ' observed' ELSE '' END
                || CASE WHEN proven_generation = target_generation THEN ' serving' ELSE '' END
            FROM online_deployments JOIN workloads USING (id) ORDER BY name
            """)
        lines.append("keys \(try await server.count("SELECT count(*) FROM endpoint_keys"))")
        let replicas = try await server.texts("SELECT phase FROM replicas")
        lines.append("replicas \(replicas.count)\(Set(replicas).sorted().map { " \($0)" }.joined())")
        return lines
    }

    @Test(arguments: ["environment", "starting", "probing"])
    func `a failure after a broken-off step is told once`(_ step: String) async throws {
        let breaker = StepBreaker { kind, name in kind == "put_deployment" && name == "environment" }
        var options = TestServerOptions.withoutRouters
        options.afterStep = breaker.observer
        try await TestServer.run(options) { server in
            let environment = try await server.makeEnvironment()
            try await server.makeEndpoint("house")
            let simulate =
                ["environment": "fail-prepare", "starting": "fail-start", "probing": "fail-init"][step] ?? ""
            let response = try await server.api.put(
                server.deployment("blue", of: "house"),
                TestBody.deployment(environment: environment, simulate: simulate))
            #expect(try await server.api.finish(response)["status"] == "Failed")
            #expect(try await server.count("SELECT count(*) FROM work_items") == 0)
            try await eventually("no replica is left") { try await server.count("SELECT count(*) FROM replicas") == 0 }
        }
    }

    /// The control plane dies while a phase runs; the next one ends the operation with the replicas that are there.
    @Test(arguments: ["environment", "starting", "probing", "routing"])
    func `a control plane that dies is followed by one that goes on`(_ phase: String) async throws {
        let gate = StepGate(kind: "put_deployment", step: phase == "routing" ? "routing" : "never")
        var options = TestServerOptions()
        options.afterStep = gate.observer
        try await TestServer.run(options) { server in
            let environment = try await server.makeEnvironment()
            try await server.makeEndpoint("house")
            let delay = ["environment": "prepare-delay", "starting": "start-delay", "probing": "ready-after"][phase]
            let path = server.deployment("blue", of: "house")
            let made = try await server.api.put(
                path,
                TestBody.deployment(environment: environment, simulate: delay.map { "\($0)=1500ms" } ?? "", count: 3))
            let url = try #require(made.header("Azure-AsyncOperation"))
            if phase == "routing" {
                try await gate.untilReached()
            } else {
                try await eventually("the phase \(phase)") {
                    let last = try await server.api.get(url).json["phases"].texts("name").last
                    let count = try await server.count("SELECT count(*) FROM replicas")
                    return last == phase && count == 3
                }
            }
            let before = Set(try await server.texts("SELECT id::text FROM replicas"))
            let routers = try await server.routers()
            gate.open()
            try await server.restart()
            #expect(try await server.api.follow(url)["status"] == "Succeeded")
            #expect(try await server.api.get(path)["properties.provisioningState"] == "Succeeded")
            #expect(Set(try await server.texts("SELECT id::text FROM replicas")) == before, "adopted, not made again")
            #expect(try server.simulated.running.count == 3)
            try await server.untilRoutersLive()
            #expect(try await server.routers().map(\.pid) == routers.map(\.pid), "routers are adopted")
        }
    }

    @Test func `deletions that a dead control plane began are ended by the next`() async throws {
        let gate = StepGate(kind: "delete_endpoint", step: "routing")
        var options = TestServerOptions.withoutRouters
        options.afterStep = gate.observer
        try await TestServer.run(options) { server in
            try await server.makeServing("house", count: 2)
            let deleted = try await server.api.delete(server.endpoint("house"))
            try await gate.untilReached()
            try await server.restart()
            #expect(
                try await server.api.follow(try #require(deleted.header("Azure-AsyncOperation")))["status"]
                    == "Succeeded")
            #expect(try await server.count("SELECT count(*) FROM replicas") == 0)
            #expect(try server.simulated.running.isEmpty)
        }
    }
}
