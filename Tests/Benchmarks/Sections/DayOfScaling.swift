import AsyncHTTPClient
import Compute
import ControlPlane
import Foundation
import Hosting
import Postgres
import Resources
import Store
import Synchronization

/// A day of a thousand deployments that scale by utilization, on a clock that is moved by hand: does anything grow that
/// should not?
///
/// Scaler, ledger, recorder and planner and host are the real ones on a real database; replicas and the load are
/// simulated. Loads are those of offices and batches: days and nights with other peaks for each, bursts, and a third of the
/// deployments that are asked for a few minutes only and may go to zero.
enum DayOfScaling {
    private static let deployments = 1_000
    private static let hours = 24
    /// Seconds between two looks.
    private static let tick = 3
    private static let start = Date(timeIntervalSince1970: 1_790_000_000 / 86_400 * 86_400)

    private final class SimulatedClock: Sendable {
        let now = Mutex(DayOfScaling.start)
        var source: TimeSource {
            TimeSource(now: { self.now.withLock { $0 } }, sleep: { try await Task.sleep(for: $0) })
        }
    }

    /// Nothing is inside a simulated replica.
    private struct NoDrain: RoutingDrain {
        func publish() async {}
        func drained(among replicas: Set<ReplicaKey>) async -> Set<ReplicaKey> { replicas }
    }

    /// What is there at the end of an hour.
    private struct Footprint {
        var rows: [String: Int]
        var memory: Double
        var replicas: Int
        var decisions: Int
    }

    static func measure(on workbench: Workbench) async throws -> [Figure] {
        try await workbench.withSchema("scaling") { settings in
            let database = Database(settings: settings, poolSize: 16, logger: Workbench.silent)
            try await prepare(database)
            let footprints = try await run(database)
            await database.close()
            return figures(footprints)
        }
    }

    private static func prepare(_ database: Database) async throws {
        try await SubscriptionStore(database).ensure(id: "bench", displayName: "Benchmarks")
        _ = try await ResourceGroupStore(database).save(
            ResourceGroup(subscription: "bench", name: "bench", location: BenchServer.location, tags: [:]))
        let id = UUID()
        let body = try JSONParser.parse(Data(#"{"location": "westeurope", "properties": {}}"#.utf8))
        try await WorkspaceStore(database).insert(
            id: id, resource: .workspace(subscription: "bench", resourceGroup: "bench", name: "bench"),
            request: try WorkspaceRequest(reading: BodyReader(root: body)), by: "bench")
        try await StoredResources(database: database, workspaceID: id).insert(
            endpoints: deployments, deploymentsEach: 1)
        for (rest, least) in [(0, 0), (1, 1), (2, 1)] {
            let scaling = ScaleSettings(
                scaleType: .targetUtilization, minInstances: least, maxInstances: 10, targetUtilizationPercentage: 70,
                pollingInterval: ISODuration(milliseconds: 1_000))
            try await database.query(
                """
                UPDATE online_deployments d
                SET properties = jsonb_set(d.properties, '{scaleSettings}', \(JSONColumn(scaling))::jsonb)
                FROM online_endpoints e
                WHERE e.id = d.endpoint_id AND substring(e.name from 7)::integer % 3 = \(rest)::integer
                """)
        }
    }

    private static func run(_ database: Database) async throws -> [Footprint] {
        let clock = SimulatedClock()
        let hub = SignalHub()
        let backend = SimulatedBackend()
        let control = RouterControlClient(http: .shared, token: nil)
        let directoryID = UUID()
        let planner = WorkloadPlanner(
            database: database, directoryID: directoryID, hub: hub, logger: Workbench.silent)
        let drainer = ReplicaDrainer(
            database: database, drain: NoDrain(), deadline: .seconds(30), hub: hub, logger: Workbench.silent)
        let host = ReplicaHost(
            connection: LocalHostConnection(HostService(database: database, hub: hub), directoryID: directoryID),
            backend: backend, facts: HostFacts(backends: [backend.name], architecture: "any"),
            settings: HostSettings(startProbeInterval: .milliseconds(5), stopGrace: .zero), logger: Workbench.silent)
        let term = try await LeaderTermStore(database).raise()
        let recorder = MinuteRecorder(
            database: database, control: control, backend: backend, hub: hub, time: clock.source,
            logger: Workbench.silent)
        let autoscaler = UtilizationAutoscaler(
            database: database, control: control, recorder: recorder,
            quota: QuotaService(database: database, limits: QuotaLimits(), instanceTypes: InstanceTypeCatalog()),
            hub: hub,
            time: clock.source, logger: Workbench.silent)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await host.run() }
            group.addTask { await planner.run(term: term) }
            group.addTask { await drainer.run(term: term) }
            defer { group.cancelAll() }
            try await wait(for: "first replicas", within: .seconds(120)) { backend.running.count == deployments }
            var footprints: [Footprint] = []
            for hour in 0..<hours {
                for second in stride(from: hour * 3_600, to: (hour + 1) * 3_600, by: tick) {
                    clock.now.withLock { $0 = start.addingTimeInterval(Double(second)) }
                    try await autoscaler.step(Load.all(second, deployments: deployments, tick: tick))
                    guard second % 60 == 60 - tick else { continue }
                    let measured = try await DeploymentMinuteStore(database).listMeasured()
                    try await recorder.write(start.addingTimeInterval(Double(second / 60 * 60)), measured)
                }
                try await ScalingStore(database).trim()
                try await settle(database, backend)
                footprints.append(try await look(database, backend))
                Progress.say("  hour \(hour + 1): \(line(footprints[hour]))")
            }
            return footprints
        }
    }

    /// The replicas become what is wanted: nothing is left over, nothing is missing.
    private static func settle(_ database: Database, _ backend: SimulatedBackend) async throws {
        var seen = ""
        do {
            try await wait(for: "as many replicas as are wanted", within: .seconds(60), every: .milliseconds(100)) {
                let row = try await database.query(
                    """
                    SELECT (SELECT sum(wanted) FROM workloads), (SELECT count(*) FROM replicas),
                        (SELECT count(*) FROM replicas WHERE phase = 'ready')
                    """
                ).first
                let (wanted, there, ready) = try row?.decode(Int.self, Int.self, Int.self) ?? (-1, 0, 0)
                let running = backend.running.count
                seen = "\(wanted) wanted, \(there) in the table, \(ready) ready, \(running) running"
                return wanted == there && there == ready && running == wanted
            }
        } catch let late as NotInTime {
            throw NotInTime(description: "\(late.description): \(seen)")
        }
    }

    private static func look(_ database: Database, _ backend: SimulatedBackend) async throws -> Footprint {
        var rows: [String: Int] = [:]
        for table in ["scaling_decisions", "deployment_minutes", "replicas", "operations", "specifications"] {
            rows[table] = try await database.query("SELECT count(*) FROM \(raw: table)").first?.decode(Int.self) ?? 0
        }
        let me = ProcessIdentity(pid: getpid())
        return Footprint(
            rows: rows, memory: try me.map { try ProcessFigures.residentMemory($0) } ?? 0,
            replicas: backend.running.count,
            decisions: rows["scaling_decisions"] ?? 0)
    }

    private static func line(_ footprint: Footprint) -> String {
        "\(footprint.replicas) replicas, \(footprint.memory.short) MiB, "
            + footprint.rows.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    }

    private static func figures(_ footprints: [Footprint]) -> [Figure] {
        guard let last = footprints.last, let peak = footprints.max(by: { $0.replicas < $1.replicas }) else {
            return []
        }
        // Machines of replicas take memory, which the allocator keeps after the busiest hour.
        let growth = last.memory - peak.memory
        return [
            Figure(
                "a day of \(deployments) deployments: \(last.decisions) decisions in the ledger, \(last.replicas) replicas at the end",
                line(last)),
            Figure(
                "  memory at the end, beside the hour of most replicas (\(peak.replicas))",
                "\(last.memory.short) MiB, \(growth.short) MiB more than \(peak.memory.short) MiB",
                goal: "< 10 MiB more", isMet: growth < 10),
            Figure(
                "  replicas wanted, in the table, and running, at the end of each hour",
                "equal in all \(footprints.count)"),
        ]
    }
}

/// Loads that are the same in each run.
private enum Load {
    static func all(_ second: Int, deployments: Int, tick: Int) -> ObservedLoads {
        var observed = ObservedLoads()
        for number in 1...deployments {
            let load = requests(number, second)
            guard load > 0 else { continue }
            var one = ObservedLoad()
            // 200 ms each; what is beyond ten replicas waits.
            one.busy = min(load, 10)
            one.queued = load - one.busy
            one.arrivalsPerSecond = load * 5
            one.arrivals = Int64(one.arrivalsPerSecond * Double(tick))
            one.answers = one.arrivals
            one.busyMicroseconds = Int64(one.busy * Double(tick) * 1e6)
            one.queuedMicroseconds = Int64(one.queued * Double(tick) * 1e6)
            observed.loads[DeploymentKey("bench-\(number)", "d1")] = one
        }
        return observed
    }

    /// Requests inside and waiting at a moment, by the deployment's habits.
    private static func requests(_ number: Int, _ second: Int) -> Double {
        let noise = 1 + 0.3 * (fraction(number &* 31 &+ second / 15) - 0.5)
        if number % 3 == 0 {
            // Asked for some minutes, once in two hours or so.
            let period = 5_400 + number % 7 * 600
            let place = (second + number * 97) % period
            return place < 240 ? (1 + Double(number % 4)) * noise : 0
        }
        let phase = Double(second + number % 24 * 900) / 86_400 * 2 * .pi
        let day = max(0.05, 2.5 - 2.4 * cos(phase))
        let isBurst = fraction(number &* 17 &+ second / 120) > 0.995
        return day * noise * (isBurst ? 2.5 : 1)
    }

    private static func fraction(_ seed: Int) -> Double {
        var mixed = UInt64(bitPattern: Int64(seed)) &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 29)) &* 0xBF58_476D_1CE4_E5B9
        return Double((mixed ^ (mixed >> 32)) % 10_000) / 10_000
    }
}
