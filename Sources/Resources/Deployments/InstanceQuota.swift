/// What deployments may use in all; nil for no limit.
package struct QuotaLimits: Sendable, Equatable {
    /// Cores of a subscription's deployments by their instance types, with the reserve for upgrades.
    package var cores: Int?
    package var endpoints: Int?
    package var deployments: Int?
    /// What this host gives to replicas, by their instance types.
    package var hostCores: Double?
    package var hostMemoryGiB: Double?

    package init(
        cores: Int? = nil, endpoints: Int? = nil, deployments: Int? = nil, hostCores: Double? = nil,
        hostMemoryGiB: Double? = nil
    ) {
        (self.cores, self.endpoints, self.deployments) = (cores, endpoints, deployments)
        (self.hostCores, self.hostMemoryGiB) = (hostCores, hostMemoryGiB)
    }
}

/// Instances of one deployment, or of several alike, as quotas count them.
package struct InstanceDemand: Sendable, Equatable {
    package var instanceType: String
    /// Instances of each deployment.
    package var count: Int
    package var limits: ResourceLimits
    package var deployments: Int

    package init(instanceType: String, count: Int, limits: ResourceLimits, deployments: Int = 1) {
        (self.instanceType, self.count) = (instanceType, count)
        (self.limits, self.deployments) = (limits, deployments)
    }

    /// Cores with a fifth more instances of each deployment, rounded up, which upgrades need (`surface.md` §6).
    package var reservedCores: Double { Double(deployments) * Self.reserved(count) * limits.cpu.cores }

    package var cores: Double { instances * limits.cpu.cores }
    package var memoryGiB: Double { instances * limits.memory.gibibytes }

    /// In floating point, which no stored count overflows.
    private var instances: Double { Double(deployments) * Double(count) }
    private static func reserved(_ count: Int) -> Double { (Double(count) * 1.2 - 1e-6).rounded(.up) }
}

extension QuotaLimits {
    /// Whether instances are counted at all.
    package var limitsInstances: Bool { cores != nil || hostCores != nil || hostMemoryGiB != nil }

    /// Most instances of a deployment that fit beside the others, at most what it asks for.
    ///
    /// - Parameters:
    ///   - others: the other deployments of the same subscription.
    ///   - onHost: the other deployments of all subscriptions.
    package func room(for requested: InstanceDemand, beside others: [InstanceDemand], onHost: [InstanceDemand]) -> Int {
        var demand = requested
        while demand.count > 0, problem(demand, beside: others, onHost: onHost) != nil { demand.count -= 1 }
        return demand.count
    }

    /// Says what is lacking, with need, limit and use; nil when everything fits.
    package func problem(
        _ requested: InstanceDemand, beside others: [InstanceDemand], onHost: [InstanceDemand]
    ) -> String? {
        func lacks(_ what: String, _ need: Double, _ limit: Double?, _ used: Double) -> String? {
            guard let limit, need > 0, used + need > limit + 1e-9 else { return nil }
            return "\(what): \(Self.text(need)) needed, \(Self.text(used)) of \(Self.text(limit)) in use"
        }
        return lacks(
            "vCPUs of the subscription, with a fifth more instances for upgrades", requested.reservedCores,
            cores.map(Double.init), others.reduce(0) { $0 + $1.reservedCores })
            ?? lacks(
                "vCPUs of this host", requested.cores, hostCores, onHost.reduce(0) { $0 + $1.cores })
            ?? lacks(
                "GiB of memory of this host", requested.memoryGiB, hostMemoryGiB, onHost.reduce(0) { $0 + $1.memoryGiB }
            )
    }

    private static func text(_ number: Double) -> String {
        number == number.rounded() ? "\(Int(clamping: number))" : "\((number * 10).rounded() / 10)"
    }
}
