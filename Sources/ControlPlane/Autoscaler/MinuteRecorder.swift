package import Compute
package import Foundation
package import Logging
package import Postgres
import Resources
import Routing
package import Store

/// Writes down, minute by minute, what each deployment had to do and what its replicas used: for metric rules, for
/// metrics and for playing a load through again. Beside the autoscaler, in the process that leads.
package actor MinuteRecorder {
    private struct Gathered {
        var arrivals = Array(repeating: 0, count: 60)
        var busyMicroseconds: Int64 = 0
        var queuedMicroseconds: Int64 = 0
        /// Highest number of requests inside and waiting, meant over a look.
        var peak = 0.0

        mutating func add(_ load: ObservedLoad, second: Int) {
            arrivals[second] += Int(load.arrivals)
            busyMicroseconds += load.busyMicroseconds
            queuedMicroseconds += load.queuedMicroseconds
            peak = max(peak, load.busy + load.queued)
        }
    }

    /// CPU and memory of a deployment in the present minute, in percent of what its replicas may use.
    private struct Used {
        var cpu: [Double] = []
        var memory: [Double] = []
    }

    /// Counters of one router.
    private struct Report {
        /// The router's clock at its last report; nil for a router of an earlier version, which always tells all.
        var at: Int64?
        var counters: [DeploymentKey: DeploymentTraffic] = [:]
    }

    private let database: Database
    private let deployments: MeasuredDeployments
    private let control: RouterControlClient
    private let backend: any ComputeBackend
    private let hub: SignalHub
    private let time: TimeSource
    private let logger: Logger
    private var gathered: [DeploymentKey: Gathered] = [:]
    private var used: [UUID: Used] = [:]
    private var usageBefore: [ReplicaID: (at: Date, usage: ReplicaUsage)] = [:]
    /// What each router has told so far, by its id.
    private var reports: [UUID: Report] = [:]

    private static let minute: TimeInterval = 60
    /// How often CPU and memory are looked at.
    private static let usageInterval: TimeInterval = 10
    private static let answerDeadline = Duration.seconds(2)
    /// How long minutes are kept.
    private static let retention: TimeInterval = 86_400
    private static let purgeBatch = 10_000
    /// Counters of a router that may be kept of deployments that are gone, beside as many as there are deployments.
    private static let goneCounters = 1_000

    package init(
        database: Database, control: RouterControlClient, backend: any ComputeBackend, hub: SignalHub,
        time: TimeSource = .system, logger: Logger
    ) {
        self.database = database
        deployments = MeasuredDeployments(database: database)
        (self.control, self.backend, self.hub) = (control, backend, hub)
        (self.time, self.logger) = (time, logger)
    }

    /// Takes what a look at the routers has shown.
    func add(_ observed: ObservedLoads, at now: Date) {
        let second = Int(now.timeIntervalSince1970) % 60
        for (key, load) in observed.loads {
            gathered[key, default: Gathered()].add(load, second: second)
        }
    }

    /// Records until the task is cancelled.
    package func run() async {
        (gathered, used, usageBefore, reports) = ([:], [:], [:], [:])
        var minute = Self.minuteStart(of: time.now())
        while !Task.isCancelled {
            let next = minute.addingTimeInterval(Self.minute)
            let rest = min(Self.usageInterval, next.timeIntervalSince(time.now()))
            if rest > 0 { try? await time.sleep(.seconds(rest)) }  // only cancellation throws, and the loop sees it
            guard !Task.isCancelled else { return }
            do {
                let deployments = try await deployments.list()
                await measure(deployments)
                guard time.now() >= next else { continue }
                try await write(minute, deployments)
            } catch {
                if !Task.isCancelled { logger.warning("recording a minute failed", metadata: ["error": "\(error)"]) }
            }
            if time.now() >= next { minute = Self.minuteStart(of: time.now()) }
        }
    }

    private static func minuteStart(of date: Date) -> Date {
        Date(timeIntervalSince1970: (date.timeIntervalSince1970 / minute).rounded(.down) * minute)
    }

    private func measure(_ deployments: [MeasuredDeployment]) async {
        let usage = await backend.usage(of: deployments.flatMap(\.replicas))
        guard !usage.isEmpty else {
            usageBefore = [:]
            return
        }
        let now = time.now()
        for deployment in deployments {
            var cpu = 0.0
            var memory = 0.0
            var count = 0
            let (cores, bytes) = Self.available(deployment.limits)
            for replica in deployment.replicas {
                guard let present = usage[replica] else { continue }
                defer { usageBefore[replica] = (now, present) }
                guard let (at, before) = usageBefore[replica], now > at else { continue }
                let passed = now.timeIntervalSince(at) * 1e6
                cpu += Double(max(0, present.cpuMicroseconds - before.cpuMicroseconds)) / passed / cores
                memory += Double(present.memoryBytes) / bytes
                count += 1
            }
            guard count > 0 else { continue }
            used[deployment.id, default: Used()].cpu.append(cpu * 100 / Double(count))
            used[deployment.id, default: Used()].memory.append(memory * 100 / Double(count))
        }
        let present = Set(deployments.flatMap(\.replicas))
        usageBefore = usageBefore.filter { present.contains($0.key) }
    }

    /// Cores and bytes that a replica may use: those of the host where it has no limit.
    private static func available(_ limits: ResourceLimits) -> (cores: Double, bytes: Double) {
        let host = ProcessInfo.processInfo
        return (
            limits.cpu.amount > 0 ? limits.cpu.cores : Double(host.activeProcessorCount),
            Double(limits.memory.amount > 0 ? limits.memory.amount : Int64(clamping: host.physicalMemory))
        )
    }

    /// Writes the minute that has ended, of deployments that serve, and forgets the oldest ones.
    package func write(_ minute: Date, _ deployments: [MeasuredDeployment]) async throws {
        let answered = try await answersSinceLastMinute(of: deployments.count)
        let (gathered, used) = (self.gathered, self.used)
        (self.gathered, self.used) = ([:], [:])
        var rows: [DeploymentMinute] = []
        var idle: [(deploymentID: UUID, count: Int)] = []
        for deployment in deployments {
            let key = DeploymentKey(deployment.endpoint, deployment.name)
            let parts = (gathered[key], answered[key], used[deployment.id])
            if case (nil, nil, nil) = parts {
                if !deployment.replicas.isEmpty { idle.append((deployment.id, deployment.replicas.count)) }
            } else if !deployment.replicas.isEmpty || parts.0 != nil {
                rows.append(Self.row(minute, deployment, parts.0, parts.1, parts.2))
            }
        }
        try await DeploymentMinuteStore(database).insert(rows)
        try await DeploymentMinuteStore(database).insertIdle(minute, idle)
        let oldest = minute.addingTimeInterval(-Self.retention)
        while try await DeploymentMinuteStore(database).purge(before: oldest, limit: Self.purgeBatch)
            == Self.purgeBatch
        {}
        hub.raise(.scaling)
    }

    private static func row(
        _ minute: Date, _ deployment: MeasuredDeployment, _ gathered: Gathered?, _ answered: DeploymentTraffic?,
        _ used: Used?
    ) -> DeploymentMinute {
        var row = DeploymentMinute(deploymentID: deployment.id, minute: minute)
        row.readyReplicas = Double(deployment.replicas.count)
        if let gathered {
            row.arrivals = gathered.arrivals
            row.busyMicroseconds = gathered.busyMicroseconds
            row.queuedMicroseconds = gathered.queuedMicroseconds
            let slots = Double(max(1, deployment.concurrency * deployment.replicas.count))
            row.utilizationPeak = gathered.peak / slots * 100
            row.utilizationMean =
                Double(gathered.busyMicroseconds + gathered.queuedMicroseconds) / (Self.minute * 1e6) / slots * 100
        }
        if let answered {
            row.answers = answered.answersByClass
            row.latencies = answered.durationBuckets ?? []
            row.durationSumMicroseconds = answered.durationSumMicroseconds
        }
        if let used {
            row.cpuMean = mean(used.cpu)
            row.cpuPeak = used.cpu.max()
            row.memoryMean = mean(used.memory)
            row.memoryPeak = used.memory.max()
        }
        return row
    }

    private static func mean(_ values: [Double]) -> Double? {
        values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }

    /// Responses of all routers since the report before; deployments without one are left out. A router that was not known
    /// counts from its next report on: what it answered before may be of any time.
    private func answersSinceLastMinute(of deploymentCount: Int) async throws -> [DeploymentKey: DeploymentTraffic] {
        var sums: [DeploymentKey: DeploymentTraffic] = [:]
        var present: [UUID: Report] = [:]
        for router in try await RouterStore(database).list() where router.state == .live {
            let known = reports[router.id]
            // A router that does not answer is missing in this minute, and counts in the next. The first time it tells of
            // all deployments that ever had a request.
            let response = try? await control.report(
                of: router.controlAddress, after: known?.at ?? 1, timeout: Self.answerDeadline)
            guard let response else {
                present[router.id] = known
                continue
            }
            // Another router may be there by now.
            let before = UUID(uuidString: response.routerID) == router.id ? known : nil
            var report = before ?? Report()
            report.at = response.at
            for traffic in response.deployments {
                let key = DeploymentKey(traffic.endpoint, traffic.deployment)
                let change = before.map { traffic.since($0.counters[key]) }
                report.counters[key] = traffic
                guard let change, change.answersByClass.contains(where: { $0 != 0 }) else { continue }
                sums[key] = sums[key].map { $0.adding(change) } ?? change
            }
            // Counters of deployments that are gone stay, until there are too many: then it counts from anew.
            let isOvergrown = report.counters.count > 2 * deploymentCount + Self.goneCounters
            present[router.id] = isOvergrown ? nil : report
        }
        reports = present
        return sums
    }
}

extension DeploymentTraffic {
    /// What was added since an earlier report of the same router; all of it when the counters began anew.
    fileprivate func since(_ before: DeploymentTraffic?) -> DeploymentTraffic {
        guard let before, zip(answersByClass, before.answersByClass).allSatisfy({ $0 >= $1 }) else { return self }
        return combined(with: before) { $0 - $1 }
    }

    fileprivate func adding(_ other: DeploymentTraffic) -> DeploymentTraffic { combined(with: other) { $0 + $1 } }

    private func combined(
        with other: DeploymentTraffic, _ combine: (Int64, Int64) -> Int64
    ) -> DeploymentTraffic {
        var result = self
        result.answersByClass = zip(answersByClass, other.answersByClass).map(combine)
        result.durationSumMicroseconds = combine(durationSumMicroseconds, other.durationSumMicroseconds)
        if let mine = durationBuckets, let theirs = other.durationBuckets {
            result.durationBuckets = zip(mine, theirs).map(combine)
        }
        return result
    }
}
