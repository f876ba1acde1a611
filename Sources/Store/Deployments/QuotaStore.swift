package import Foundation
import Postgres
package import Resources

/// Instances of the deployments of a subscription that are alike.
package struct SubscriptionDemand: Sendable, Equatable {
    package var subscription: String
    package var demand: InstanceDemand
}

/// What is in use of what quotas limit.
package typealias QuotaStore = RowStore<SubscriptionDemand>

extension RowStore<SubscriptionDemand> {
    /// Lets one writer at a time look at quotas and use them up, until its transaction ends.
    package func lock() async throws {
        try await runner.query("SELECT pg_advisory_xact_lock(7350924, hashtext(current_schema()))")
    }

    /// The instances of all deployments but one: one row for those that are alike.
    package func demands(except id: UUID?) async throws -> [SubscriptionDemand] {
        try await runner.query(
            """
            SELECT \(raw: Self.demandColumns), count(*) \(raw: Self.demandSource)
            WHERE d.provisioning_state <> 'Deleting' AND (\(id)::uuid IS NULL OR d.id <> \(id))
            GROUP BY 1, 2, 3, 4
            """
        ).rows.map(Self.decode)
    }

    /// The instances of one deployment; nil when it is not there or is being deleted.
    package func demand(of id: UUID) async throws -> SubscriptionDemand? {
        try await runner.query(
            """
            SELECT \(raw: Self.demandColumns), 1 \(raw: Self.demandSource)
            WHERE d.id = \(id) AND d.provisioning_state <> 'Deleting'
            """
        ).first.map(Self.decode)
    }

    private static var demandColumns: String {
        """
        g.subscription_id, s.body ->> 'instanceType', k.wanted, s.body -> 'resources'
        """
    }

    private static var demandSource: String {
        """
        FROM online_deployments d JOIN workloads k ON k.id = d.id
        JOIN specifications s ON s.workload_id = k.id AND s.generation = k.target_generation
        JOIN online_endpoints e ON e.id = d.endpoint_id JOIN workspaces w ON w.id = e.workspace_id
        JOIN resource_groups g ON g.id = w.resource_group_id
        """
    }

    private static func decode(_ row: Row) throws -> SubscriptionDemand {
        let (subscription, type, count, limits, deployments) = try row.decode(
            String.self, String.self, Int.self, JSONColumn<ResourceLimits>.self, Int.self)
        return SubscriptionDemand(
            subscription: subscription,
            demand: InstanceDemand(
                instanceType: type, count: count, limits: limits.value, deployments: deployments))
    }

    /// Endpoints on an attached compute, and the deployments below them, without those of one endpoint.
    package func counts(
        cluster compute: String, exceptEndpoint id: UUID?
    ) async throws -> (endpoints: Int, deployments: Int) {
        let row = try await runner.query(
            """
            SELECT count(DISTINCT e.id), count(d.id)
            FROM online_endpoints e LEFT JOIN online_deployments d ON d.endpoint_id = e.id
            WHERE lower(e.properties ->> 'compute') = \(compute.lowercased())
            AND (\(id)::uuid IS NULL OR e.id <> \(id))
            """
        ).first
        return try row?.decode(Int.self, Int.self) ?? (0, 0)
    }

    /// Workspaces of a group.
    package func workspaces(subscription: String, resourceGroup: String) async throws -> Int {
        let row = try await runner.query(
            """
            SELECT count(*) FROM workspaces w JOIN resource_groups g ON g.id = w.resource_group_id
            WHERE g.subscription_id = \(subscription.lowercased()) AND lower(g.name) = lower(\(resourceGroup))
            """
        ).first
        return try row?.decode(Int.self) ?? 0
    }

    /// Endpoints and deployments of a subscription.
    package func counts(subscription: String) async throws -> (endpoints: Int, deployments: Int) {
        let row = try await runner.query(
            """
            SELECT count(DISTINCT e.id), count(d.id)
            FROM online_endpoints e JOIN workspaces w ON w.id = e.workspace_id
            JOIN resource_groups g ON g.id = w.resource_group_id LEFT JOIN online_deployments d ON d.endpoint_id = e.id
            WHERE g.subscription_id = \(subscription.lowercased())
            """
        ).first
        return try row?.decode(Int.self, Int.self) ?? (0, 0)
    }
}
