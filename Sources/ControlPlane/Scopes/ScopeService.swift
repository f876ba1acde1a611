import Postgres
package import Resources
import Store

/// Subscriptions and resource groups.
package struct ScopeService: Sendable {
    let database: Database

    package func ensureSubscription(_ id: String, displayName: String) async throws {
        try await SubscriptionStore(database).ensure(id: id, displayName: displayName)
    }

    /// The subscriptions in which the caller has any role.
    package func listSubscriptions(caller: Caller) async throws -> [(id: String, displayName: String)] {
        let rights = try await AccessService(database: database).rights(of: caller)
        return try await SubscriptionStore(database).list().filter { rights.reach("/subscriptions/\($0.id)") }
    }

    package func getSubscription(caller: Caller, _ id: String) async throws -> (id: String, displayName: String) {
        try await checkReach(caller, "/subscriptions/\(id)", right: "Microsoft.Resources/subscriptions/read")
        guard let found = try await SubscriptionStore(database).list().first(where: { $0.id.isSameWord(as: id) }) else {
            throw Self.subscriptionNotFound(id)
        }
        return found
    }

    /// Whoever has no role on a scope, above it or below it does not learn whether it is there.
    private func checkReach(_ caller: Caller, _ scope: String, right action: String) async throws {
        let rights = try await AccessService(database: database).rights(of: caller)
        guard !rights.reach(scope) else { return }
        try rights.check(Right(action: action, scope: scope))
    }

    private func checkSubscription(_ id: String) async throws { try await Self.checkSubscription(id, database) }

    private static func checkSubscription(_ id: String, _ runner: any StatementRunner) async throws {
        guard try await SubscriptionStore(runner).exists(id) else { throw subscriptionNotFound(id) }
    }

    /// The subscription, and the group if one is named, must be there.
    func check(caller: Caller, subscription: String, resourceGroup: String?) async throws {
        guard let resourceGroup else { return try await checkSubscription(subscription) }
        _ = try await getGroup(caller: caller, subscription: subscription, name: resourceGroup)
    }

    package func getGroup(caller: Caller, subscription: String, name: String) async throws -> ResourceGroup {
        try await Self.findGroup(subscription: subscription, name: name, database)
    }

    /// A group, or the error that says what of its path is missing.
    @discardableResult
    static func findGroup(
        subscription: String, name: String, _ runner: any StatementRunner
    ) async throws -> ResourceGroup {
        try await checkSubscription(subscription, runner)
        guard let group = try await ResourceGroupStore(runner).find(subscription: subscription, name: name) else {
            throw groupNotFound(name)
        }
        return group
    }

    package func groupExists(caller: Caller, subscription: String, name: String) async throws -> Bool {
        try await ResourceGroupStore(database).find(subscription: subscription, name: name) != nil
    }

    /// The groups in which the caller has any role.
    package func listGroups(caller: Caller, subscription: String) async throws -> [ResourceGroup] {
        let scope = "/subscriptions/\(subscription)"
        try await checkReach(caller, scope, right: "Microsoft.Resources/subscriptions/resourceGroups/read")
        try await checkSubscription(subscription)
        let rights = try await AccessService(database: database).rights(of: caller)
        return try await ResourceGroupStore(database).list(subscription: subscription).filter {
            rights.reach("\(scope)/resourceGroups/\($0.name)")
        }
    }

    /// Makes or updates a group.
    package func putGroup(caller: Caller, _ group: ResourceGroup) async throws -> Written<ResourceGroup> {
        try ResourceName.checkResourceGroup(group.name)
        try await checkSubscription(group.subscription)
        let store = ResourceGroupStore(database)
        let existing = try await store.find(subscription: group.subscription, name: group.name)
        if let existing { try checkOpen(existing) }
        if let existing, existing.location != group.location {
            throw ARMError(
                .invalidResourceLocation,
                "The resource group '\(group.name)' is in '\(existing.location)'; it can't move to '\(group.location)'.",
                target: "$.location")
        }
        let wasMade = try await store.save(group)
        return Written(
            try await getGroup(caller: caller, subscription: group.subscription, name: group.name), wasMade: wasMade)
    }

    /// Changes the tags of a group, if there are new ones.
    package func patchGroup(
        caller: Caller, subscription: String, name: String, tags: [String: String]?
    ) async throws -> ResourceGroup {
        let group = try await getGroup(caller: caller, subscription: subscription, name: name)
        guard let tags else { return group }
        try checkOpen(group)
        try await ResourceGroupStore(database).setTags(tags, subscription: subscription, name: name)
        return try await getGroup(caller: caller, subscription: subscription, name: name)
    }

    /// A group that may take something new.
    func checkOpen(_ group: ResourceGroup) throws(ARMError) {
        guard group.isDeleting else { return }
        throw ARMError(
            .resourceGroupBeingDeleted,
            "The resource group '\(group.name)' is being deleted; nothing can be made in it.")
    }

    private static func subscriptionNotFound(_ id: String) -> ARMError {
        ARMError(.subscriptionNotFound, "The subscription '\(id.prefix(100))' could not be found.")
    }

    static func groupNotFound(_ name: String) -> ARMError {
        ARMError(.resourceGroupNotFound, "The resource group '\(name)' could not be found.")
    }
}
