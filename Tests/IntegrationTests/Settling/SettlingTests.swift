import Compute
import ControlPlane
import Foundation
import Postgres
import TestSupport
import Testing

/// The model test: whatever is done to endpoints, and whatever goes wrong meanwhile, everything settles to what was declared
/// last.
///
/// `SLUICE_MODEL_SECONDS` (10 by default) is how long it runs, `SLUICE_MODEL_SEED` the first seed; a failure names the seed.
@Suite struct SettlingTests {
    /// Endpoints that live at the same time.
    private static let width = 12
    /// Everything is still within so long after the last fault.
    private static let bound = Duration.seconds(30)

    private static func number(_ variable: String) -> UInt64? {
        ProcessInfo.processInfo.environment[variable].flatMap { UInt64($0) }
    }

    @Test(arguments: [0, 2])
    func `whatever goes wrong, everything settles to what was declared last`(hostsBeside: Int) async throws {
        let seconds = Self.number("SLUICE_MODEL_SECONDS") ?? 10
        var seed = Self.number("SLUICE_MODEL_SEED") ?? UInt64.random(in: 0..<1_000_000)
        let end = ContinuousClock.now + .seconds(Int64(seconds))
        var (histories, faults, slowest) = (0, 0, Duration.zero)
        while histories == 0 || ContinuousClock.now < end {
            let plan = FaultPlan(seed: seed)
            var options = TestServerOptions.withoutRouters
            options.faults = plan.source
            let rounds = ContinuousClock.now < end ? 8 : 1
            try await TestServer.run(options) { server in
                let environment = try await server.makeEnvironment()
                try await server.startStandby()
                if hostsBeside > 0 { try await server.startHosts(hostsBeside) }
                for _ in 0..<rounds where histories == 0 || ContinuousClock.now < end {
                    let took = try await Self.round(seed: seed, plan, server, environment)
                    slowest = max(slowest, took)
                    histories += Self.width
                    seed += 1
                }
            }
            faults += plan.count
        }
        print(
            "\(histories) histories with \(hostsBeside) hosts beside to seed \(seed), \(faults) faults; the slowest settled in \(slowest)"
        )
    }

    /// Some histories at once under faults, then silence; returns how long it took until all was still.
    private static func round(
        seed: UInt64, _ plan: FaultPlan, _ server: TestServer, _ environment: String
    ) async throws -> Duration {
        plan.set(on: true)
        server.hosts?.setUncertain(true, seed: seed)
        let histories = try await withThrowingTaskGroup(of: History?.self) { group in
            for index in 0..<width {
                var history = History(
                    "h\(seed)x\(index)", seed: seed &* 1_000 &+ UInt64(index), server: server,
                    environment: environment)
                group.addTask {
                    try await history.act(steps: 12)
                    return history
                }
            }
            group.addTask {
                try await disturb(server, seed: seed)
                return nil
            }
            return try await group.reduce(into: [History]()) { all, one in if let one { all.append(one) } }
        }
        plan.set(on: false)
        server.hosts?.setUncertain(false, seed: seed)
        let start = ContinuousClock.now
        try await settle(histories, seed: seed)
        let took = ContinuousClock.now - start
        try await end(histories, server, seed: seed)
        return took
    }

    /// What befalls the processes: the leader's session ends, a control plane dies and another one starts.
    private static func disturb(_ server: TestServer, seed: UInt64) async throws {
        var random = SeededRandom(seed: ~seed)
        for _ in 0..<2 {
            try await Task.sleep(for: .milliseconds(Int.random(in: 50...400, using: &random)))
            switch Int.random(in: 0..<4, using: &random) {
            case 0: try await server.database.endLeadersSession()
            case 1: try await server.restart()
            case 2: try await server.restartStandby()
            default: break
            }
            // Short of what makes a host lost, and beyond it.
            guard let hosts = server.hosts else { continue }
            let (index, time) = (
                Int.random(in: 0..<hosts.count, using: &random), Int.random(in: 0...6_000, using: &random)
            )
            hosts.partition(index, for: .milliseconds(time))
        }
    }

    private struct NotSettled: Error, CustomStringConvertible {
        let description: String
    }

    private static func settle(_ histories: [History], seed: UInt64) async throws {
        for history in histories {
            var problems: [String] = []
            do {
                try await eventually(within: bound, poll: .milliseconds(50)) {
                    problems = try await history.problems()
                    return problems.isEmpty
                }
            } catch is NotInTime {
                let rows = try await history.rows()
                throw NotSettled(
                    description: (["seed \(seed), within \(bound): \(problems)"] + history.log + rows).joined(
                        separator: "\n"))
            }
        }
    }

    /// Deletes the endpoints; nothing of them may stay.
    private static func end(_ histories: [History], _ server: TestServer, seed: UInt64) async throws {
        for history in histories { _ = try await server.api.delete(server.endpoint(history.name)) }
        try await eventually(within: bound, poll: .milliseconds(50), "seed \(seed): all endpoints and replicas gone") {
            let listed = try await server.api.get("\(server.api.workspace)/onlineEndpoints")
            return try listed.json["value"].items.isEmpty && server.simulated.running.isEmpty
        }
    }
}
