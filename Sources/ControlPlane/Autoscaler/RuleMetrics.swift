import Foundation
import Postgres
import Resources
import Routing
import Store

/// The recorded minutes that the rules of a setting look at.
struct RuleMetrics: Sendable {
    private let target: ResourceID
    private let now: Date
    /// Minutes of the deployment, and of all deployments of its endpoint by minute.
    private let own: [DeploymentMinute]
    private let siblings: [[DeploymentMinute]]

    /// Reads as far back as the longest window of the profile in force.
    static func load(
        _ setting: AutoscaleSetting, _ deployment: OnlineDeployment, until now: Date, _ database: Database
    ) async throws -> RuleMetrics {
        let triggers = setting.properties.profile(at: now)?.rules.map(\.metricTrigger) ?? []
        let longest = triggers.map(\.timeWindow.milliseconds).max() ?? 0
        guard longest > 0 else { return RuleMetrics(deployment.resourceID, now, [], []) }
        let usesEndpoint = triggers.contains { $0.metricResource(target: deployment.resourceID) == .endpoint }
        let ids =
            usesEndpoint
            ? try await DeploymentStore(database).ids(endpointID: deployment.endpointID) : [deployment.id]
        let minutes = try await DeploymentMinuteStore(database).list(
            deploymentIDs: ids, from: now.addingTimeInterval(-Double(longest) / 1_000), to: now)
        let byMinute = Dictionary(grouping: minutes, by: \.minute)
        return RuleMetrics(
            deployment.resourceID, now, minutes.filter { $0.deploymentID == deployment.id },
            byMinute.keys.sorted().compactMap { byMinute[$0] })
    }

    init(_ target: ResourceID, _ now: Date, _ own: [DeploymentMinute], _ siblings: [[DeploymentMinute]]) {
        (self.target, self.now, self.own, self.siblings) = (target, now, own, siblings)
    }

    /// A trigger's metric over its window; nil without data.
    func value(of trigger: MetricTrigger) -> Double? {
        guard let resource = trigger.metricResource(target: target),
            let metric = AutoscaleMetric.find(trigger.metricName, of: resource)
        else { return nil }
        let start = now.addingTimeInterval(-Double(trigger.timeWindow.milliseconds) / 1_000)
        let minutes = resource == .deployment ? own.map { [$0] } : siblings
        let values = minutes.filter { ($0.first?.minute ?? .distantPast) >= start }.compactMap { minute -> Double? in
            guard let value = metric.value(of: minute, trigger.statistic) else { return nil }
            guard trigger.dividePerInstance else { return value }
            return value / max(1, minute.reduce(0) { $0 + $1.readyReplicas })
        }
        return trigger.timeAggregation.applied(to: values)
    }
}

extension MetricTrigger.Aggregation {
    /// Nil for no values, whose number is still 0.
    fileprivate func applied(to values: [Double]) -> Double? {
        switch self {
        case .count: Double(values.count)
        case .average: values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        case .minimum: values.min()
        case .maximum: values.max()
        case .total: values.isEmpty ? nil : values.reduce(0, +)
        case .last: values.last
        }
    }
}

extension AutoscaleMetric {
    /// The metric in one minute, of one deployment or of several together; nil without data.
    fileprivate func value(of minutes: [DeploymentMinute], _ statistic: MetricTrigger.Statistic) -> Double? {
        switch self {
        case .cpu: minutes.first.flatMap { Self.combine($0.cpuMean, $0.cpuPeak, $0.readyReplicas, statistic) }
        case .memory:
            minutes.first.flatMap { Self.combine($0.memoryMean, $0.memoryPeak, $0.readyReplicas, statistic) }
        case .utilization: minutes.first.map { statistic == .max ? $0.utilizationPeak : $0.utilizationMean }
        case .capacity: minutes.first?.readyReplicas
        case .requestsPerMinute: Double(minutes.reduce(0) { $0 + $1.answerCount })
        case .latency: Self.meanLatency(minutes)
        case .latencyP50: Self.quantile(0.5, minutes)
        case .latencyP90: Self.quantile(0.9, minutes)
        case .latencyP95: Self.quantile(0.95, minutes)
        case .latencyP99: Self.quantile(0.99, minutes)
        }
    }

    private static func combine(
        _ mean: Double?, _ peak: Double?, _ replicas: Double, _ statistic: MetricTrigger.Statistic
    ) -> Double? {
        switch statistic {
        case .average, .min: mean
        case .max: peak
        case .sum: mean.map { $0 * replicas }
        case .count: replicas
        }
    }

    /// Milliseconds.
    private static func meanLatency(_ minutes: [DeploymentMinute]) -> Double? {
        let answers = minutes.reduce(0) { $0 + $1.answerCount }
        guard answers > 0 else { return nil }
        return Double(minutes.reduce(0) { $0 + $1.durationSumMicroseconds }) / Double(answers) / 1_000
    }

    private static func quantile(_ share: Double, _ minutes: [DeploymentMinute]) -> Double? {
        var counts = Array(repeating: Int64(0), count: LatencyBuckets.count)
        for minute in minutes {
            for (bucket, count) in minute.latencies.prefix(counts.count).enumerated() { counts[bucket] += count }
        }
        return LatencyBuckets.quantile(share, of: counts).map { $0 / 1_000 }
    }
}
