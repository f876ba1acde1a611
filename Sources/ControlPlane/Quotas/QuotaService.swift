import Foundation
package import Postgres
package import Resources
import Store

/// A limit with what is used of it.
package struct QuotaUsage: Sendable, Equatable {
    /// `TotalDedicatedCores`, `Endpoints`, or an instance type's name.
    package var name: String
    package var localizedName: String
    package var current: Int
    /// Nil for none.
    package var limit: Int?
}

/// What deployments may use, told before anything starts.
package struct QuotaService: Sendable {
    private let database: Database
    private let limits: QuotaLimits
    package let instanceTypes: InstanceTypeCatalog

    package init(database: Database, limits: QuotaLimits, instanceTypes: InstanceTypeCatalog) {
        (self.database, self.limits, self.instanceTypes) = (database, limits, instanceTypes)
    }

    /// Refuses instances that do not fit, in the transaction that makes them.
    ///
    /// - Throws: `OutOfQuota` with need, limit, use, and the number that would fit.
    func check(
        _ demand: InstanceDemand, of deploymentID: UUID?, subscription: String, _ runner: any StatementRunner
    ) async throws {
        guard limits.limitsInstances, demand.count > 0 else { return }
        let store = QuotaStore(runner)
        try await store.lock()
        let (others, onHost) = try await self.others(of: deploymentID, subscription: subscription, store)
        guard let problem = limits.problem(demand, beside: others, onHost: onHost) else { return }
        let room = limits.room(for: demand, beside: others, onHost: onHost)
        let hint = room > 0 ? "; \(room) would fit" : smaller(than: demand, others, onHost)
        throw ARMError(
            .outOfQuota, "Not enough quota for \(demand.count) instances of \(demand.instanceType): \(problem)\(hint).",
            target: "$.sku.capacity")
    }

    /// A type of which one instance fits where none of the requested type does.
    private func smaller(
        than demand: InstanceDemand, _ others: [InstanceDemand], _ onHost: [InstanceDemand]
    ) -> String {
        let fitting = instanceTypes.all.filter { type in
            type.gpus == 0
                && limits.problem(
                    InstanceDemand(instanceType: type.name, count: 1, limits: type.limits), beside: others,
                    onHost: onHost) == nil
        }
        return fitting.max { $0.cores < $1.cores }.map { "; an instance of \($0.name) would fit" } ?? ""
    }

    /// As many of `count` instances as a scaler may order for a deployment, in the transaction that orders them.
    func room(for deploymentID: UUID, count: Int, _ transaction: Transaction) async throws -> Int {
        guard limits.limitsInstances else { return count }
        let store = QuotaStore(transaction)
        try await store.lock()
        guard let own = try await store.demand(of: deploymentID) else { return count }
        var demand = own.demand
        demand.count = count
        let (others, onHost) = try await others(of: deploymentID, subscription: own.subscription, store)
        return limits.room(for: demand, beside: others, onHost: onHost)
    }

    /// What the other deployments use, in the subscription and on the host.
    private func others(
        of deploymentID: UUID?, subscription: String, _ store: QuotaStore
    ) async throws -> (own: [InstanceDemand], onHost: [InstanceDemand]) {
        let all = try await store.demands(except: deploymentID)
        return (all.filter { $0.subscription == subscription.lowercased() }.map(\.demand), all.map(\.demand))
    }

    /// Refuses one endpoint, or one deployment, more than there may be.
    func checkCount(_ kind: KeyPath<QuotaLimits, Int?>, subscription: String, _ runner: any StatementRunner)
        async throws
    {
        guard let limit = limits[keyPath: kind] else { return }
        let store = QuotaStore(runner)
        try await store.lock()
        let counts = try await store.counts(subscription: subscription)
        let (noun, count) = kind == \.endpoints ? ("endpoints", counts.endpoints) : ("deployments", counts.deployments)
        guard count >= limit else { return }
        throw ARMError(
            .quotaExceeded, "The subscription has \(count) online \(noun), and \(limit) are allowed (quota.\(noun)).")
    }

    /// Refuses an endpoint, with the deployments that it has, where an attached compute bears no more.
    func checkCluster(
        _ compute: String?, takes id: UUID?, deployments: Int, _ runner: any StatementRunner
    ) async throws {
        guard let compute else { return }
        let store = QuotaStore(runner)
        try await store.lock()
        let others = try await store.counts(cluster: compute, exceptEndpoint: id)
        guard others.endpoints < ServiceLimits.endpointsPerCluster else {
            throw ARMError(
                .quotaExceeded,
                "The compute '\(Self.name(compute))' has \(others.endpoints) endpoints, and "
                    + "\(ServiceLimits.endpointsPerCluster) are allowed.", target: "$.properties.compute")
        }
        let count = others.deployments + deployments
        guard deployments > 0, count > ServiceLimits.deploymentsPerCluster else { return }
        throw Self.tooMany(count, on: compute, target: "$.properties.compute")
    }

    /// Refuses one deployment more on an attached compute.
    func checkCluster(of endpoint: OnlineEndpoint, _ runner: any StatementRunner) async throws {
        guard let compute = endpoint.properties.compute else { return }
        let store = QuotaStore(runner)
        try await store.lock()
        let count = try await store.counts(cluster: compute, exceptEndpoint: nil).deployments + 1
        guard count > ServiceLimits.deploymentsPerCluster else { return }
        throw Self.tooMany(count, on: compute, target: nil)
    }

    private static func tooMany(_ deployments: Int, on compute: String, target: String?) -> ARMError {
        ARMError(
            .quotaExceeded,
            "The compute '\(name(compute))' would have \(deployments) deployments, and "
                + "\(ServiceLimits.deploymentsPerCluster) are allowed.", target: target)
    }

    private static func name(_ compute: String) -> String { ResourceID(compute)?.name ?? compute }

    package func check(caller: Caller, subscription: String) async throws {
        try await ScopeService(database: database).check(
            caller: caller, subscription: subscription, resourceGroup: nil)
    }

    /// What a subscription uses, in all and by instance type.
    package func usages(caller: Caller, subscription: String) async throws -> [QuotaUsage] {
        try await check(caller: caller, subscription: subscription)
        let store = QuotaStore(database)
        let (own, _) = try await others(of: nil, subscription: subscription, store)
        let counts = try await store.counts(subscription: subscription)
        let byType = Dictionary(grouping: own, by: \.instanceType).sorted { $0.key < $1.key }
        return [
            QuotaUsage(
                name: "TotalDedicatedCores", localizedName: "Total Cluster Dedicated Regional vCPUs",
                current: Self.cores(own), limit: limits.cores),
            QuotaUsage(
                name: "Endpoints", localizedName: "Online endpoints", current: counts.endpoints, limit: limits.endpoints
            ),
            QuotaUsage(
                name: "Deployments", localizedName: "Online deployments", current: counts.deployments,
                limit: limits.deployments),
        ]
            + byType.map { type, demands in
                QuotaUsage(
                    name: type, localizedName: "\(type) vCPUs", current: Self.cores(demands), limit: limits.cores)
            }
    }

    /// With the reserve, rounded up.
    private static func cores(_ demands: [InstanceDemand]) -> Int {
        Int(clamping: demands.reduce(0) { $0 + $1.reservedCores }.rounded(.up))
    }
}
