import CMalloc
import Compute
import Foundation
import Postgres
import Resources
import Store

/// Operations that wait for replicas, as rows: what they cost, and how soon one goes on that is woken.
struct ParkedOperations: Sendable {
    let count: Int
    private static let writers = 64
    /// Woken one after another, before the rest is.
    private static let singles = 100

    func measure(on workbench: Workbench) async throws -> [Figure] {
        try await workbench.withSchema("parking") { settings in
            let ends = StepEnds()
            return try await QueueRig.run(
                on: settings, afterStep: { operation, _ in ends.note(operation.id) }
            ) { rig in
                let subjects = try await subjects(rig.database)
                let own = ProcessIdentity(pid: getpid(), startTicks: 0)
                try await enqueue(subjects, rig)
                // What the writers took is no business of what waits.
                malloc_trim(0)
                let before = try ProcessFigures.residentMemory(own)
                return try await rig.process {
                    let parking = try await Self.time { try await untilParked(rig.database) }
                    try await Task.sleep(for: .seconds(2))
                    malloc_trim(0)
                    let memory = try ProcessFigures.residentMemory(own) - before
                    let load = try await ProcessFigures.load(of: [own], over: .seconds(5))[0]
                    let single = try await wakeOneByOne(subjects.suffix(Self.singles), rig, ends)
                    let all = try await Self.time {
                        try await rig.database.query("DELETE FROM replicas")
                        try await rig.untilDrained(within: .seconds(180))
                    }
                    return figures(parking, memory, load, single, all)
                }
            }
        }
    }

    private func figures(
        _ parking: Double, _ memory: Double, _ load: Double, _ single: Samples, _ all: Double
    ) -> [Figure] {
        [
            Figure("\(count) operations until all wait as rows", "\(parking.short) s"),
            Figure("  memory that they take in the control plane", "\(memory.short) MiB"),
            Figure("  CPU while they wait", "\(load.short) %"),
            Figure(
                "  a change of a replica until its operation goes on",
                "p50 \(single.percentile(0.5).short) ms, p99 \(single.percentile(0.99).short) ms"),
            Figure("  all woken at once until all have ended", "\(all.short) s"),
        ]
    }

    /// Deletions of deployments, each of which still has a replica.
    private func subjects(_ database: Database) async throws -> [UUID] {
        let (workspace, endpoint) = (UUID(), UUID())
        try await database.query("INSERT INTO subscriptions (id, display_name) VALUES ('s', 's')")
        try await database.query(
            "INSERT INTO resource_groups (id, subscription_id, name, location, tags) VALUES (\(UUID()), 's', 'g', 'l', '{}')"
        )
        try await database.query(
            """
            INSERT INTO workspaces (id, resource_group_id, name, envelope, properties, created_by, modified_by)
            SELECT \(workspace), id, 'w', '{"location":"l","tags":{}}', '{}', 'b', 'b' FROM resource_groups
            """)
        try await database.query(
            """
            INSERT INTO online_endpoints (id, workspace_id, name, envelope, properties, provisioning_state, created_by,
                modified_by)
            VALUES (\(endpoint), \(workspace), 'e', '{"location":"l","tags":{}}',
                '{"authMode":"Key","properties":{},"traffic":{},"mirrorTraffic":{},"publicNetworkAccess":"Enabled"}',
                'Succeeded', 'b', 'b')
            """)
        try await database.query(
            """
            INSERT INTO online_deployments (id, endpoint_id, name, envelope, properties, instance_count,
                provisioning_state, created_by, modified_by)
            SELECT gen_random_uuid(), \(endpoint), 'd' || n, '{"location":"l","tags":{}}', \(Self.properties)::jsonb, 1,
                'Deleting', 'b', 'b'
            FROM generate_series(1, \(count)::integer) n
            """)
        try await database.query(
            """
            INSERT INTO workloads (id, kind, owner_kind, owner_id, workspace_id, wanted, target_generation)
            SELECT id, 'serving', 'online_deployment', id, \(workspace), 0, 1 FROM online_deployments
            """)
        try await database.query(
            "INSERT INTO specifications (workload_id, generation, body) SELECT id, 1, '{}' FROM workloads")
        try await database.query(
            """
            INSERT INTO replicas (id, workload_id, generation, host_id, backend, phase)
            SELECT gen_random_uuid(), d.id, 1, h.id, 'simulated', 'pending' FROM online_deployments d, hosts h
            """)
        return try await database.query("SELECT id FROM online_deployments").rows.map { try $0.decode(UUID.self) }
    }

    private static let properties = """
        {"endpointComputeType": "Managed", "properties": {}, "environmentVariables": {}, "appInsightsEnabled": false,
         "egressPublicNetworkAccess": "Enabled", "scaleSettings": {"scaleType": "Default"},
         "requestSettings": {"requestTimeout": "PT5S", "maxConcurrentRequestsPerInstance": 1, "maxQueueWait": "PT0.5S"},
         "livenessProbe": {"period": "PT10S", "timeout": "PT2S", "successThreshold": 1, "failureThreshold": 30},
         "readinessProbe": {"period": "PT10S", "timeout": "PT2S", "successThreshold": 1, "failureThreshold": 30}}
        """

    private func enqueue(_ subjects: [UUID], _ rig: QueueRig) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            for writer in 0..<Self.writers {
                group.addTask {
                    for index in stride(from: writer, to: subjects.count, by: Self.writers) {
                        try await rig.enqueue(OperationID(subjects[index]), .deleteDeployment, on: subjects[index])
                    }
                }
            }
        }
    }

    private func untilParked(_ database: Database) async throws {
        try await wait(for: "all operations to wait as rows", within: .seconds(180), every: .milliseconds(50)) {
            let row = try await database.query(
                "SELECT count(*) FROM work_items WHERE owner IS NULL AND attempt > 0 AND run_at > now()"
            ).first
            return try row?.decode(Int.self) == count
        }
    }

    private func wakeOneByOne(_ subjects: ArraySlice<UUID>, _ rig: QueueRig, _ ends: StepEnds) async throws -> Samples {
        var samples = Samples()
        for subject in subjects {
            let start = ContinuousClock.now
            try await rig.database.query("DELETE FROM replicas WHERE workload_id = \(subject)")
            try await wait(for: "the end of a step", within: .seconds(20), every: .milliseconds(1)) {
                (ends.end(of: OperationID(subject)) ?? start) > start
            }
            if let end = ends.end(of: OperationID(subject)) { samples.add(end - start) }
        }
        return samples
    }

    private static func time(_ body: () async throws -> Void) async throws -> Double {
        let start = ContinuousClock.now
        try await body()
        return (ContinuousClock.now - start).inSeconds
    }
}
