package import Postgres
package import Resources
import Store

/// Subscriptions and resource groups.
package struct ScopeService: Sendable {
    private let database: Database

    package init(database: Database) {
        self.database = database
    }

    package func ensureSubscription(_ id: String, displayName: String) async throws {
        try await SubscriptionStore(database).ensure(id: id, displayName: displayName)
    }

    package func listSubscriptions(caller: Caller) async throws -> [(id: String, displayName: String)] {
        try await SubscriptionStore(database).list()
    }

    package func checkSubscription(_ id: String) async throws {
        guard try await SubscriptionStore(database).exists(id) else {
            throw ARMError(.subscriptionNotFound, "The subscription '\(id)' could not be found.")
        }
    }

    package func getGroup(caller: Caller, subscription: String, name: String) async throws -> ResourceGroup {
        try await checkSubscription(subscription)
        guard let group = try await ResourceGroupStore(database).find(subscription: subscription, name: name) else {
            throw Self.groupNotFound(name)
        }
        return group
    }

    package func listGroups(caller: Caller, subscription: String) async throws -> [ResourceGroup] {
        try await checkSubscription(subscription)
        return try await ResourceGroupStore(database).list(subscription: subscription)
    }

    /// Makes or updates a group; answers it and whether it was made.
    package func putGroup(caller: Caller, _ group: ResourceGroup) async throws -> (group: ResourceGroup, wasMade: Bool)
    {
        try ResourceName.checkResourceGroup(group.name)
        try await checkSubscription(group.subscription)
        let store = ResourceGroupStore(database)
        if let existing = try await store.find(subscription: group.subscription, name: group.name),
            existing.location != group.location
        {
            throw ARMError(
                .invalidResourceLocation,
                "The resource group '\(group.name)' is in '\(existing.location)'; it can't move to '\(group.location)'.",
                target: "$.location")
        }
        let wasMade = try await store.save(group)
        return (try await getGroup(caller: caller, subscription: group.subscription, name: group.name), wasMade)
    }

    /// Removes an empty group.
    package func deleteGroup(caller: Caller, subscription: String, name: String) async throws {
        _ = try await getGroup(caller: caller, subscription: subscription, name: name)
        do {
            try await ResourceGroupStore(database).delete(subscription: subscription, name: name)
        } catch let error as PostgresError {
            guard case .foreignKeyViolation = error.code else { throw error }
            throw ARMError(
                .resourceGroupNotEmpty, "The resource group '\(name)' holds workspaces; delete them first.")
        }
    }

    static func groupNotFound(_ name: String) -> ARMError {
        ARMError(.resourceGroupNotFound, "The resource group '\(name)' could not be found.")
    }
}
