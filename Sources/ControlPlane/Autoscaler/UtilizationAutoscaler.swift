import Foundation
package import Logging
package import Postgres
import Resources
import Store

/// Gives each deployment that scales by utilization the replicas that its load asks for.
///
/// While there are some, it looks at the routers five times a second, lets ``UtilizationScaler`` decide, and writes what it
/// decided into the workload and the ledger; the planner does the rest. One process at a time runs it
/// (``Leadership``); a new leader knows nothing of the last minute, so it takes no replica away before it has watched one.
package actor UtilizationAutoscaler {
    private let database: Database
    private let collector: LoadCollector
    private let recorder: MinuteRecorder
    private let quota: QuotaService
    private let hub: SignalHub
    private let calm: Duration
    private let time: TimeSource
    private let logger: Logger
    private var deployments: [Subject] = []
    private var scalers: [UUID: ScaledLoad] = [:]
    private var listedAt: ContinuousClock.Instant?
    private var seenSignals: UInt64 = 0

    /// A deployment with what is worked out of it once, not five times a second.
    private struct Subject {
        let deployment: ScaledDeployment
        let settings: UtilizationSettings
        let key: DeploymentKey

        init?(_ deployment: ScaledDeployment, calm: Duration) {
            guard var settings = UtilizationSettings(deployment.settings) else { return nil }
            settings.calmMs = Int64(calm / .milliseconds(1))
            (self.deployment, self.settings) = (deployment, settings)
            key = DeploymentKey(deployment.endpoint, deployment.name)
        }
    }

    private static let interval = Duration.milliseconds(200)
    /// While no deployment scales, for the records of the minute.
    private static let idleInterval = Duration.seconds(1)
    private static let shortageInterval = Duration.seconds(60)
    /// How old the list of deployments may be without a signal.
    private static let listAge = Duration.seconds(1)

    package init(
        database: Database, control: RouterControlClient, recorder: MinuteRecorder, quota: QuotaService,
        hub: SignalHub, calm: Duration = .seconds(60), time: TimeSource = .system, logger: Logger
    ) {
        (self.database, self.recorder, self.quota, self.hub) = (database, recorder, quota, hub)
        (self.calm, self.time, self.logger) = (calm, time, logger)
        collector = LoadCollector(database: database, control: control)
    }

    /// Scales until the task is cancelled.
    package func run() async {
        scalers = [:]
        while !Task.isCancelled {
            await pass()
            // Only cancellation throws, and the loop sees it.
            try? await time.sleep(deployments.isEmpty ? Self.idleInterval : Self.interval)
        }
    }

    private func pass() async {
        let observed = await collector.look()
        guard !Task.isCancelled else { return }
        do {
            try await step(observed)
        } catch {
            if !Task.isCancelled { logger.warning("scaling failed, trying again", metadata: ["error": "\(error)"]) }
        }
    }

    /// Records a look and decides by it; ``run()`` does so with what routers tell.
    package func step(_ observed: ObservedLoads) async throws {
        await recorder.add(observed, at: time.now())
        try await list()
        for subject in deployments { try await settle(subject, observed) }
    }

    private func list() async throws {
        let now = ContinuousClock.now
        let signals = hub.count(of: .replicas)
        if let listedAt, signals == seenSignals, now - listedAt < Self.listAge { return }
        deployments = try await ScalingStore(database).listScaled().compactMap { Subject($0, calm: calm) }
        let ids = Set(deployments.map(\.deployment.id))
        scalers = scalers.filter { ids.contains($0.key) }
        (listedAt, seenSignals) = (now, signals)
    }

    private func settle(_ subject: Subject, _ observed: ObservedLoads) async throws {
        let deployment = subject.deployment
        var load = scalers[deployment.id] ?? ScaledLoad(subject.settings)
        load.scaler.use(subject.settings)
        let sample = load.sample(
            observed.loads[subject.key], concurrency: deployment.concurrency, isComplete: observed.isComplete,
            at: Int64(time.now().timeIntervalSince1970 * 1_000))
        let decision = load.scaler.decide(sample, current: deployment.current, ready: deployment.ready)
        scalers[deployment.id] = load
        guard let decision else { return }
        // Listed anew in any case: it was changed, by this or by somebody else.
        listedAt = nil
        guard let applied = try await apply(decision, to: deployment) else { return }
        hub.raise(.replicas)
        logger.info(
            "deployment scaled",
            metadata: applied.metadata(
                endpoint: deployment.endpoint, deployment: deployment.name, by: ScalingRecord.utilizationScaler))
    }

    /// The decision as far as quota has room for it, which nobody else takes meanwhile; nil when nothing came of it. What
    /// does not fit is not ordered; the next look tries again.
    private func apply(_ decision: ScalingDecision, to deployment: ScaledDeployment) async throws -> ScalingDecision? {
        let quota = quota
        let (room, applied) = try await database.transaction { transaction in
            var decision = decision
            let room =
                decision.to > decision.from
                ? try await quota.room(for: deployment.id, count: decision.to, transaction) : decision.to
            guard room > decision.from || decision.to < decision.from else { return (room, ScalingDecision?.none) }
            decision.to = min(room, decision.to)
            let isApplied = try await ScalingStore(transaction).apply(decision, deploymentID: deployment.id)
            return (room, isApplied ? decision : nil)
        }
        if room < decision.to { tellShortage(of: deployment, wanted: decision.to, room: room) }
        return applied
    }

    /// Once a minute for as long as it lasts.
    private func tellShortage(of deployment: ScaledDeployment, wanted: Int, room: Int) {
        let now = ContinuousClock.now
        if let last = scalers[deployment.id]?.shortageToldAt, now - last < Self.shortageInterval { return }
        scalers[deployment.id]?.shortageToldAt = now
        logger.warning(
            "quota keeps a deployment from scaling out",
            metadata: [
                "endpoint.name": "\(deployment.endpoint)", "deployment.name": "\(deployment.name)",
                "scaling.wanted": "\(wanted)", "quota.room": "\(room)",
            ])
    }
}

extension ScalingDecision {
    /// What the log tells of a decision that was carried out.
    func metadata(endpoint: String, deployment: String, by decider: String) -> Logger.Metadata {
        [
            "endpoint.name": "\(endpoint)", "deployment.name": "\(deployment)", "scaling.from": "\(from)",
            "scaling.to": "\(to)", "scaling.reason": "\(reason.rawValue)", "scaling.by": "\(decider)",
        ]
    }
}

/// A deployment's scaler, and how long its requests take.
private struct ScaledLoad {
    var scaler: UtilizationScaler
    private var requestSeconds: Double?
    /// When the log was last told that quota is short.
    var shortageToldAt: ContinuousClock.Instant?

    /// Weight of the newest look in the running mean of request times.
    private static let newestWeight = 0.2

    init(_ settings: UtilizationSettings) {
        scaler = UtilizationScaler(settings)
    }

    mutating func sample(_ observed: ObservedLoad?, concurrency: Int, isComplete: Bool, at now: Int64) -> LoadSample {
        let observed = observed ?? ObservedLoad()
        let slots = Double(max(1, concurrency))
        if observed.answers > 0, observed.busyMicroseconds > 0 {
            let seconds = Double(observed.busyMicroseconds) / 1e6 / Double(observed.answers)
            requestSeconds = requestSeconds.map { $0 + (seconds - $0) * Self.newestWeight } ?? seconds
        }
        return LoadSample(
            at: now, busy: observed.busy / slots, queued: observed.queued / slots,
            offered: requestSeconds.map { $0 * observed.arrivalsPerSecond / slots }, requestSeconds: requestSeconds,
            isComplete: isComplete)
    }
}
