import Compute
import Foundation
import Postgres
import Resources
import TestSupport
import Testing

/// Deployments that don't come up, and what is left of them.
@Suite struct DeploymentFailureTests {
    @Test(arguments: [
        ("fail-prepare", "ImageBuildFailure", "simulated installer log", "environment"),
        ("fail-start", "OutOfQuota", "no memory left", "starting"),
        ("fail-init", "UserScriptInitFailed", "ValueError: simulated failure of init()", "probing"),
        ("ready-after=10s,crash-after=20ms,log=first words", "DeploymentCrashLoopBackOff", "first words", "probing"),
    ])
    func `a failure ends the operation with its cause, and a new try may mend it`(
        simulate: String, code: String, text: String, phase: String
    ) async throws {
        try await TestServer.run(.withoutRouters) { server in
            let environment = try await server.makeEnvironment()
            try await server.makeEndpoint("house")
            let path = server.deployment("blue", of: "house")
            let body = TestBody.deployment(environment: environment, simulate: simulate)
            let made = try await server.api.put(path, body)
            let end = try await server.api.finish(made)
            #expect(end["status"] == "Failed")
            #expect(end.errorCode == code)
            #expect(end["error.message"]?.contains(text) == true, "\(end.text)")
            // A replica may break before the operation has looked at the phase that it broke in.
            let phases = end.json["phases"].texts("name")
            let order = ["queued", "environment", "artifacts", "starting", "probing", "routing"]
            #expect(phases == Array(order.prefix(phases.count)))
            #expect(
                phases.count <= (order.firstIndex(of: phase) ?? 0) + 1,
                "it ends in \(phase) at the latest")
            #expect(try await server.api.get(path)["properties.provisioningState"] == "Failed")
            if simulate.contains("init") || simulate.contains("log") {
                try await eventually("the replicas are gone") {
                    try await server.count("SELECT count(*) FROM replicas") == 0
                }
                let logs = try await server.api.post(
                    "\(path)/getLogs", #"{"containerType": "InferenceServer", "tail": 50}"#)
                #expect(logs["content"]?.contains(text) == true, "\(logs.text)")
            }
            // The same is tried again, and a better one succeeds.
            let again = try await server.api.put(path, body)
            #expect(again.status == 200)
            #expect(again.header("Azure-AsyncOperation") != made.header("Azure-AsyncOperation"))
            #expect(try await server.api.finish(again)["status"] == "Failed")
            try await server.putAndFinish(path, TestBody.deployment(environment: environment))
            #expect(try await server.api.get(path)["properties.provisioningState"] == "Succeeded")
            try await eventually("one replica") { try server.simulated.running.count == 1 }
        }
    }

    @Test func `a change of the number after a failure tries again, and does not pass for success`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let environment = try await server.makeEnvironment()
            try await server.makeEndpoint("house")
            let path = server.deployment("blue", of: "house")
            let broken = TestBody.deployment(environment: environment, simulate: "fail-init")
            let patch = #"{"sku": {"capacity": 2}}"#
            #expect(try await server.api.finish(try await server.api.put(path, broken))["status"] == "Failed")
            let again = try await server.api.finish(try await server.api.patch(path, patch))
            #expect(again["status"] == "Failed" && again.errorCode == "UserScriptInitFailed", "\(again.text)")
            // One that has served goes on serving, and what was asked for last is what is tried.
            let good = TestBody.deployment(environment: environment, variables: ["TAG": "good"])
            try await server.putAndFinish(path, good)
            #expect(try await server.api.finish(try await server.api.put(path, broken))["status"] == "Failed")
            #expect(try await server.api.finish(try await server.api.patch(path, patch))["status"] == "Failed")
            try await eventually("the good ones run") {
                try server.simulated.runningSpecifications.values.map { $0.environmentVariables["TAG"] } == [
                    "good", "good",
                ]
            }
            // Back to what runs: nothing is replaced, and the number changes.
            try await server.putAndFinish(path, good)
            try await server.putAndFinish(
                path, good.replacingOccurrences(of: "\"capacity\": 1", with: "\"capacity\": 3"))
            #expect(try await server.api.get(path)["properties.provisioningState"] == "Succeeded")
            try await eventually("three good ones run") { try server.simulated.running.count == 3 }
            let scaled = try await server.api.finish(try await server.api.patch(path, #"{"sku": {"capacity": 1}}"#))
            #expect(scaled["status"] == "Succeeded")
        }
    }

    @Test func `a replica that never answers fails by its readiness probe`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let environment = try await server.makeEnvironment()
            try await server.makeEndpoint("house")
            let made = try await server.api.put(
                server.deployment("blue", of: "house"),
                TestBody.deployment(
                    environment: environment, simulate: "unresponsive",
                    more: #""readinessProbe": {"period": "PT1S", "failureThreshold": 1, "timeout": "PT1S"}"#))
            let end = try await server.api.finish(made)
            #expect(end["status"] == "Failed")
            #expect(end.errorCode == "ResourceNotReady")
        }
    }

    @Test func `an operation past its deadline fails`() async throws {
        var options = TestServerOptions.withoutRouters
        options.operationDeadline = .seconds(1)
        try await TestServer.run(options) { server in
            let environment = try await server.makeEnvironment()
            try await server.makeEndpoint("house")
            let probe = #""readinessProbe": {"period": "PT1S", "failureThreshold": 1}"#
            let made = try await server.api.put(
                server.deployment("blue", of: "house"),
                TestBody.deployment(environment: environment, simulate: "prepare-delay=1m", more: probe))
            let end = try await server.api.finish(made)
            #expect(end["status"] == "Failed")
            #expect(end.errorCode == "OperationTimedOut")
            #expect(end["error.message"]?.contains("'environment'") == true)
        }
    }

    @Test func `a failed update leaves the old replicas serving`() async throws {
        try await TestServer.run { server in
            let stub = try await server.stub("old")
            try await server.makeServing("house", simulate: "address=\(stub.address)", count: 2)
            let key = try await server.key(of: "house")
            let old = try server.simulated.running
            let environment = try await server.makeEnvironment()
            let updated = try await server.api.put(
                server.deployment("blue", of: "house"),
                TestBody.deployment(environment: environment, simulate: "fail-init", count: 2))
            let end = try await server.api.finish(updated)
            #expect(end["status"] == "Failed")
            #expect(end.errorCode == "UserScriptInitFailed")
            #expect(try await server.score("house", key: key).status == 200)
            try await eventually("only the old generation is there") {
                try await server.count("SELECT count(*) FROM replicas") == 2
            }
            #expect(try server.simulated.running == old)
            for _ in 0..<5 { #expect(try await server.score("house", key: key)["name"] == "old") }
            #expect(
                try await server.api.get(server.deployment("blue", of: "house"))["properties.provisioningState"]
                    == "Failed")
        }
    }

    @Test func `a cancelled creation ends at once and leaves no replica`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let (path, environment, made) = try await server.makePreparing("blue", of: "house")
            let url = try #require(made.header("Azure-AsyncOperation"))
            try await eventually("it prepares") {
                try await server.count("SELECT count(*) FROM replicas WHERE phase = 'environment'") == 1
            }
            let cancelURL = url.replacingOccurrences(of: "?", with: "/cancel?")
            let cancelled = try await server.api.post(cancelURL)
            #expect(cancelled.status == 200)
            #expect(cancelled["status"] == "Canceled")
            #expect(try await server.api.post(cancelURL)["status"] == "Canceled", "again is no fault")
            #expect(try await server.api.get(path)["properties.provisioningState"] == "Canceled")
            try await eventually("no replica is left") { try await server.count("SELECT count(*) FROM replicas") == 0 }
            try await server.putAndFinish(path, TestBody.deployment(environment: environment))
        }
    }

    @Test func `cancelling what has ended changes nothing`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            let made = try await server.api.put(server.endpoint("house"), TestBody.endpoint())
            _ = try await server.api.finish(made)
            let url = try #require(made.header("Azure-AsyncOperation"))
            let response = try await server.api.post(url.replacingOccurrences(of: "?", with: "/cancel?"))
            #expect(response["status"] == "Succeeded")
            let unknown = try await server.api.get(
                url.replacingOccurrences(of: "oeidp:", with: "oeidp:x"))
            #expect(unknown.status == 404)
        }
    }

    @Test func `a cancelled update returns to the replicas that serve`() async throws {
        try await TestServer.run(.withoutRouters) { server in
            try await server.makeServing("house")
            let old = try server.simulated.running
            let environment = try await server.makeEnvironment()
            let updated = try await server.api.put(
                server.deployment("blue", of: "house"),
                TestBody.deployment(environment: environment, simulate: "ready-after=1m"))
            let url = try #require(updated.header("Azure-AsyncOperation"))
            try await eventually("the new replica starts") { try server.simulated.running.count == 2 }
            #expect(
                try await server.api.post(url.replacingOccurrences(of: "?", with: "/cancel?"))["status"] == "Canceled")
            try await eventually("the new replica is gone") { try server.simulated.running == old }
            #expect(try await server.count("SELECT count(*) FROM replicas WHERE phase = 'ready'") == 1)
        }
    }
}
