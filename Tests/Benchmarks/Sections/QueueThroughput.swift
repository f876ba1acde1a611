import Foundation
import Postgres

/// Durable operations per second, in turns with procrastinate on the same server.
struct QueueThroughput: Sendable {
    let count: Int
    private static let writers = 64
    private static let rounds = 2

    /// Seconds that the two halves took.
    struct Times: Sendable {
        var enqueue: Double
        var process: Double

        func text(_ count: Int) -> String {
            let count = Double(count)
            return "\((count / (enqueue + process)).short)/s "
                + "(enqueue alone \((count / enqueue).short)/s, process alone \((count / process).short)/s)"
        }

        func rate(_ count: Int) -> Double { Double(count) / (enqueue + process) }
    }

    func measure(on workbench: Workbench, withPeer: Bool) async throws -> [Figure] {
        let peer = withPeer ? try await ProcrastinatePeer.install(on: workbench) : nil
        var ours: [Times] = []
        var theirs: [Times] = []
        for round in 0..<Self.rounds {
            try await Self.settle(workbench)
            ours.append(try await sluice(on: workbench, schema: "ours_\(round)", hasStep: false))
            Progress.say("  Sluice \(ours[round].text(count))")
            if let peer {
                try await Self.settle(workbench)
                theirs.append(try await peer.measure(on: workbench, schema: "peer_\(round)", count: count))
                Progress.say("  procrastinate \(theirs[round].text(count))")
            }
        }
        try await Self.settle(workbench)
        let stepped = try await sluice(on: workbench, schema: "stepped", hasStep: true)
        var figures = figures(ours, theirs)
        figures.append(Figure("  with one step that publishes a table", stepped.text(count)))
        return figures
    }

    private func figures(_ ours: [Times], _ theirs: [Times]) -> [Figure] {
        let best = theirs.map { $0.rate(count) }.max() ?? 0
        let worst = ours.map { $0.rate(count) }.min() ?? 0
        let goal = theirs.isEmpty ? "> 10000/s" : "> 10000/s, ahead of procrastinate"
        return ours.enumerated().map { round, times in
            Figure(
                "operation queue, \(count) no-op operations, round \(round + 1)", times.text(count), goal: goal,
                isMet: worst > max(10_000, best))
        }
            + theirs.enumerated().map { round, times in
                Figure("  procrastinate, \(count) no-op tasks, round \(round + 1)", times.text(count))
            }
    }

    /// Dirty pages of what ran before are no business of what runs next.
    private static func settle(_ workbench: Workbench) async throws {
        let database = Database(
            settings: ConnectionSettings(url: workbench.databaseURL, schema: "public"), poolSize: 1,
            logger: Workbench.silent)
        try await database.query("CHECKPOINT")
        await database.close()
    }

    /// Without a step the runner goes straight to the end of each operation, as procrastinate does with a no-op task.
    private func sluice(on workbench: Workbench, schema: String, hasStep: Bool) async throws -> Times {
        try await workbench.withSchema(schema) { settings in
            try await QueueRig.run(on: settings) { rig in
                // The one step counts as done from the start.
                if !hasStep { try await rig.database.query("ALTER TABLE operations ALTER COLUMN cursor SET DEFAULT 1") }
                let enqueue = try await Self.time { try await enqueueAll(rig) }
                let process = try await rig.process {
                    try await Self.time { try await rig.untilDrained(within: .seconds(180)) }
                }
                return Times(enqueue: enqueue, process: process)
            }
        }
    }

    private func enqueueAll(_ rig: QueueRig) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            for writer in 0..<Self.writers {
                group.addTask {
                    for _ in stride(from: writer, to: count, by: Self.writers) { try await rig.enqueue() }
                }
            }
        }
    }

    private static func time(_ body: () async throws -> Void) async throws -> Double {
        let start = ContinuousClock.now
        try await body()
        return (ContinuousClock.now - start).inSeconds
    }
}
