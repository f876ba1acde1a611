/// Where a rule's metric comes from.
package enum MetricResource: Sendable, Equatable {
    case deployment
    /// The endpoint: all its deployments together.
    case endpoint

    package var noun: String { self == .deployment ? "deployments" : "endpoints" }
}

/// The metrics that rules can look at, by Azure's names (`surface.md` §10) and one of our own.
package enum AutoscaleMetric: String, Sendable, CaseIterable {
    case cpu = "CpuUtilizationPercentage"
    case memory = "CpuMemoryUtilizationPercentage"
    case requestsPerMinute = "RequestsPerMinute"
    case latency = "RequestLatency"
    case latencyP50 = "RequestLatency_P50"
    case latencyP90 = "RequestLatency_P90"
    case latencyP95 = "RequestLatency_P95"
    case latencyP99 = "RequestLatency_P99"
    case capacity = "DeploymentCapacity"
    /// (busy replicas + queued requests) / replicas, in percent; Azure has no such metric.
    case utilization = "UtilizationPercentage"

    private static func all(of resource: MetricResource) -> [AutoscaleMetric] {
        switch resource {
        case .deployment: allCases
        case .endpoint: [.requestsPerMinute, .latency, .latencyP50, .latencyP90, .latencyP95, .latencyP99]
        }
    }

    package static func names(of resource: MetricResource) -> [String] { all(of: resource).map(\.rawValue) }

    package static func find(_ name: String, of resource: MetricResource) -> AutoscaleMetric? {
        all(of: resource).first { $0.rawValue.lowercased() == name.lowercased() }
    }
}

extension MetricTrigger {
    /// Nil when the rule looks at neither the deployment that is scaled nor its endpoint.
    package func metricResource(target: ResourceID) -> MetricResource? {
        switch ResourceID(metricResourceUri)?.description.lowercased() {
        case target.description.lowercased(): .deployment
        case target.parent.description.lowercased(): .endpoint
        default: nil
        }
    }
}

extension ResourceID {
    /// Whether it names a deployment of an online endpoint.
    package var isOnlineDeployment: Bool {
        provider.lowercased() == Self.machineLearning.lowercased()
            && segments.map { $0.type.lowercased() } == ["workspaces", "onlineendpoints", "deployments"]
    }
}
