import Compute
import Foundation
import Postgres
import Resources
import TestSupport

/// One endpoint's random life: what was done to it, and what must be true of it once everything has settled.
struct History {
    /// What is known of a resource: what the last writes said that had a response. A write without one may have happened.
    private enum Known: Equatable {
        case nothing
        case absent
        /// Values that are nil are not known.
        case there(count: Int?, tag: String?)
    }

    private struct Deployment {
        var known = Known.absent
        /// All that it was ever told to run.
        var tags: Set<String> = []
    }

    let name: String
    private let server: TestServer
    private let environment: String
    private var random: SeededRandom
    private var isEndpointThere: Bool? = false
    private var deployments = ["blue": Deployment(), "green": Deployment()]
    /// Status addresses of the operations that were accepted.
    private var operations: [String] = []
    private(set) var log: [String] = []

    init(_ name: String, seed: UInt64, server: TestServer, environment: String) {
        (self.name, self.server, self.environment) = (name, server, environment)
        random = SeededRandom(seed: seed)
    }

    // MARK: Acting

    private enum Response {
        case accepted
        case refused
        /// It may have happened, and may still happen.
        case unknown
    }

    /// Some random steps, with random pauses between them.
    mutating func act(steps: Int) async throws {
        await putEndpoint()
        for _ in 0..<steps {
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<2: await putEndpoint()
            case 2..<9: await putDeployment(color())
            case 9..<12: await patchDeployment(color())
            case 12..<14: await deleteDeployment(color())
            case 14: await deleteEndpoint()
            case 15: await cancelOperation()
            default: try crashReplica()
            }
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...40, using: &random)))
        }
    }

    private mutating func color() -> String { Bool.random(using: &random) ? "blue" : "green" }

    private mutating func putEndpoint() async {
        let traffic = [[:], ["blue": 100], ["green": 100], ["blue": 30, "green": 70]].randomElement(using: &random)
        let body = TestBody.endpoint(traffic: traffic ?? [:])
        switch await send("PUT", server.endpoint(name), body) {
        case .accepted: isEndpointThere = true
        case .unknown where isEndpointThere != true: isEndpointThere = nil
        case .refused, .unknown: break
        }
    }

    private mutating func putDeployment(_ color: String) async {
        let count = Int.random(in: 1...3, using: &random)
        let tag = "t\(UInt32.random(in: 0...UInt32.max, using: &random))"
        deployments[color]?.tags.insert(tag)
        let body = TestBody.deployment(environment: environment, count: count, variables: ["TAG": tag])
        note(color, await send("PUT", server.deployment(color, of: name), body)) { _ in
            .there(count: count, tag: tag)
        }
    }

    private mutating func patchDeployment(_ color: String) async {
        let count = Int.random(in: 1...4, using: &random)
        let body = #"{"sku": {"capacity": \#(count)}}"#
        note(color, await send("PATCH", server.deployment(color, of: name), body)) { known in
            if case .there(_, let tag) = known {
                .there(count: count, tag: tag)
            } else {
                .there(count: count, tag: nil)
            }
        }
    }

    private mutating func deleteDeployment(_ color: String) async {
        note(color, await send("DELETE", server.deployment(color, of: name))) { _ in .absent }
    }

    private mutating func deleteEndpoint() async {
        let response = await send("DELETE", server.endpoint(name))
        if case .refused = response { return }
        isEndpointThere = response == .accepted ? false : nil
        for color in deployments.keys { note(color, response) { _ in .absent } }
    }

    private mutating func note(_ color: String, _ response: Response, _ change: (Known) -> Known) {
        guard let known = deployments[color]?.known else { return }
        switch response {
        case .accepted: deployments[color]?.known = change(known)
        case .unknown: deployments[color]?.known = .nothing
        case .refused: break
        }
    }

    private mutating func cancelOperation() async {
        guard let url = operations.last, let query = url.firstIndex(of: "?") else { return }
        // Refused for deletions; what was cancelled shows in the resource's state.
        _ = await send("POST", url[..<query] + "/cancel" + url[query...], "{}")
    }

    private mutating func crashReplica() throws {
        let simulated = try server.simulated
        let mine = simulated.runningSpecifications.filter { $0.value.endpoint == name }.keys.sorted {
            $0.description < $1.description
        }
        guard let victim = mine.randomElement(using: &random) else { return }
        log.append("crash \(victim)")
        simulated.crash(victim)
    }

    private mutating func send(_ method: String, _ path: String, _ body: String? = nil) async -> Response {
        let response: Response
        do {
            let answer = try await server.api.send(method, path, body)
            if let url = answer.header("Azure-AsyncOperation") { operations.append(url) }
            response = answer.status < 300 ? .accepted : answer.status < 500 ? .refused : .unknown
            log.append("\(method) \(path.split(separator: "/").last ?? "") \(body ?? "") → \(answer.status)")
        } catch {
            response = .unknown
            log.append("\(method) \(path.split(separator: "/").last ?? "") \(body ?? "") → \(error)")
        }
        return response
    }
}

// MARK: Judging

extension History {
    /// What is not as it must be once everything has settled; empty when all is.
    func problems() async throws -> [String] {
        try await endpointProblems() + operationProblems()
    }

    private func endpointProblems() async throws -> [String] {
        let endpoint = try await server.api.get(server.endpoint(name))
        let mine = try server.simulated.runningSpecifications.values.filter { $0.endpoint == name }
        guard endpoint.status == 200 else {
            guard endpoint.status == 404 else { return ["\(name): GET is answered with \(endpoint.status)"] }
            var problems = isEndpointThere == true ? ["\(name) was accepted and is not there"] : []
            if !mine.isEmpty { problems.append("\(name) is gone and \(mine.count) replicas run") }
            return problems
        }
        var problems: [String] = []
        if isEndpointThere == false { problems.append("\(name) was deleted and is there") }
        let state = endpoint["properties.provisioningState"] ?? ""
        if !Self.settled.contains(state) { problems.append("\(name) is \(state)") }
        var there: Set<String> = []
        for color in deployments.keys.sorted() {
            let answer = try await server.api.get(server.deployment(color, of: name))
            if answer.status == 200 { there.insert(color) }
            let running = mine.filter { $0.deployment == color }.map { $0.environmentVariables["TAG"] ?? "" }
            problems += self.problems(of: color, answer, running: running)
        }
        for color in endpoint.json["properties.traffic"].memberNames where !there.contains(color) {
            problems.append("\(name) has traffic on \(color), which is not there")
        }
        return problems
    }

    private func problems(of color: String, _ answer: Answer, running: [String]) -> [String] {
        let label = "\(name)/\(color)"
        guard let deployment = deployments[color] else { return [] }
        guard answer.status == 200 else {
            guard answer.status == 404 else { return ["\(label): GET is answered with \(answer.status)"] }
            var problems = running.isEmpty ? [] : ["\(label) is gone and \(running.count) replicas run"]
            if case .there = deployment.known { problems.append("\(label) was accepted and is not there") }
            return problems
        }
        var problems: [String] = []
        let count = answer.json["sku.capacity"].number ?? -1
        let tag = answer["properties.environmentVariables.TAG"] ?? ""
        switch deployment.known {
        case .absent: problems.append("\(label) was deleted and is there")
        case .there(let known, let knownTag):
            if let known, known != count { problems.append("\(label) was given \(known) instances and has \(count)") }
            if let knownTag, knownTag != tag { problems.append("\(label) was given \(knownTag) and has \(tag)") }
        case .nothing: break
        }
        switch answer["properties.provisioningState"] ?? "" {
        case "Succeeded":
            if running.sorted() != Array(repeating: tag, count: count) {
                problems.append("\(label) wants \(count) of \(tag), and there run \(running)")
            }
        case "Failed", "Canceled":
            // Those of the last good specification, or none.
            if !(running.isEmpty || (running.count == count && Set(running).count == 1)) {
                problems.append("\(label) did not succeed, wants \(count), and there run \(running)")
            }
            problems += Set(running).subtracting(deployment.tags).map { "\(label) runs \($0), which nobody asked for" }
        case let state: problems.append("\(label) is \(state)")
        }
        return problems
    }

    private func operationProblems() async throws -> [String] {
        var problems: [String] = []
        for url in operations {
            let status = try await server.api.get(url)
            if status.status != 200 || status["status"] == "InProgress" {
                problems.append("the operation \(url) is \(status.status) \(status["status"] ?? "")")
            }
            let phases = status.json["phases"].texts("name")
            if Set(phases).count != phases.count { problems.append("a phase of \(url) began twice: \(phases)") }
        }
        return problems
    }

    /// What the tables hold of it, for whoever looks into a failure.
    func rows() async throws -> [String] {
        try await server.texts(
            """
            SELECT d.name || ' ' || d.provisioning_state || ' wants ' || w.wanted || ' of ' || w.target_generation
                || ', serves ' || w.proven_generation
                || coalesce(', replica ' || r.id || ' of ' || r.generation || ' ' || r.desired || ' ' || r.phase || ' ' || r.life
                    || ' since ' || r.changed_at || coalesce(' ' || (r.error ->> 'message'), ''), '')
            FROM online_deployments d JOIN online_endpoints e ON e.id = d.endpoint_id JOIN workloads w ON w.id = d.id
            LEFT JOIN replicas r ON r.workload_id = d.id WHERE e.name = \(name)
            """)
            + server.texts(
                """
                SELECT 'holds a leader''s lock: ' || pid FROM pg_locks
                WHERE locktype = 'advisory' AND granted AND classid = hashtext(current_schema())::oid
                AND objid = hashtext('leader')::oid
                """)
    }

    private static let settled: Set<String> = ["Succeeded", "Failed", "Canceled"]
}
