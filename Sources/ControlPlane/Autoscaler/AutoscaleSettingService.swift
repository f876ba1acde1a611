import Foundation
import Postgres
package import Resources
import Store

/// Autoscale settings: written at once, without an operation.
package struct AutoscaleSettingService: Sendable {
    let database: Database
    let hub: SignalHub

    package func get(caller: Caller, _ id: ResourceID) async throws -> AutoscaleSetting {
        if let setting = try await AutoscaleSettingStore(database).find(id) { return setting }
        _ = try await ScopeService(database: database).getGroup(
            caller: caller, subscription: id.subscription, name: id.resourceGroup)
        throw Self.notFound(id)
    }

    package func list(
        caller: Caller, subscription: String, resourceGroup: String?, page: PageRequest
    ) async throws -> Page<AutoscaleSetting> {
        try await ScopeService(database: database).check(
            caller: caller, subscription: subscription, resourceGroup: resourceGroup)
        return try await AutoscaleSettingStore(database).list(
            subscription: subscription, resourceGroup: resourceGroup, page: page)
    }

    package func put(
        caller: Caller, _ id: ResourceID, _ request: AutoscaleSettingRequest, if precondition: WritePrecondition
    ) async throws -> Written<AutoscaleSetting> {
        try ResourceName.checkAutoscaleSetting(id.name)
        let scopes = ScopeService(database: database)
        try scopes.checkOpen(
            try await scopes.getGroup(caller: caller, subscription: id.subscription, name: id.resourceGroup))
        let outcome = try await translating(id) {
            try await database.transaction { transaction -> Written<AutoscaleSetting> in
                let store = AutoscaleSettingStore(transaction)
                let existing = try await store.find(id)
                try precondition.check(existing?.version, "The autoscale setting '\(id.name)'")
                try await checkTarget(request, caller, in: transaction)
                try await checkIsFree(request, for: id, caller, in: transaction)
                guard let existing else {
                    try await store.insert(id: UUID(), resource: id, request, by: caller.auditName)
                    return Written(try await find(id, store), wasMade: true)
                }
                try WriteRules.checkLocation(existing.location, request.location, "The autoscale setting '\(id.name)'")
                let isSame = existing.tags == request.tags && existing.properties == request.properties
                if !isSame { try await write(request, over: existing, caller: caller, store) }
                return Written(try await find(id, store), wasMade: false)
            }
        }
        hub.raise(.scaling)
        return outcome
    }

    /// Changes what the patch names.
    package func patch(
        caller: Caller, _ id: ResourceID, _ patch: AutoscaleSettingPatch, if precondition: WritePrecondition
    ) async throws -> AutoscaleSetting {
        let setting = try await translating(id) {
            try await database.transaction { transaction in
                let store = AutoscaleSettingStore(transaction)
                guard let existing = try await store.find(id) else { throw Self.notFound(id) }
                try precondition.check(existing.version, "The autoscale setting '\(id.name)'")
                let request = try patch.applied(to: existing)
                // A setting that is switched off may name what is gone.
                if request.properties.enabled { try await checkTarget(request, caller, in: transaction) }
                try await checkIsFree(request, for: id, caller, in: transaction)
                try await write(request, over: existing, caller: caller, store)
                return try await find(id, store)
            }
        }
        hub.raise(.scaling)
        return setting
    }

    /// False when there was none. The deployment keeps the number that it has.
    package func delete(caller: Caller, _ id: ResourceID, if precondition: WritePrecondition) async throws -> Bool {
        try await database.transaction { transaction in
            let store = AutoscaleSettingStore(transaction)
            guard let setting = try await store.find(id) else { return false }
            try precondition.check(setting.version, "The autoscale setting '\(id.name)'")
            try await store.delete(id: setting.id)
            return true
        }
    }

    private func write(
        _ request: AutoscaleSettingRequest, over existing: AutoscaleSetting, caller: Caller,
        _ store: AutoscaleSettingStore
    ) async throws {
        guard try await store.update(existing, to: request, by: caller.auditName) else {
            throw WriteRules.lost("The autoscale setting '\(existing.resourceID.name)'")
        }
    }

    /// What is wrong with the deployment that a setting is to scale, told before the setting is written. Settings that
    /// are written beside it, which `isPlanned` tells, may leave the deployment to it.
    package func checkTarget(
        caller: Caller, _ id: ResourceID, _ request: AutoscaleSettingRequest, isPlanned: (ResourceID) -> Bool
    ) async throws {
        try await checkTarget(request, caller, in: database)
        try await checkIsFree(request, for: id, caller, in: database, isPlanned: isPlanned)
    }

    /// A deployment has one setting, so the other one is named: to whom may read it.
    private func checkIsFree(
        _ request: AutoscaleSettingRequest, for id: ResourceID, _ caller: Caller, in runner: any StatementRunner,
        isPlanned: (ResourceID) -> Bool = { _ in false }
    ) async throws {
        guard let target = request.target, let other = try await AutoscaleSettingStore(runner).find(target: target),
            other.resourceID.description.lowercased() != id.description.lowercased(), !isPlanned(other.resourceID)
        else { return }
        throw ARMError(
            .conflict,
            "The deployment '\(target.name)' has another autoscale setting, \(try await described(other, for: caller)), and "
                + "a deployment has one scaler. Change or delete that setting.",
            target: "$.properties.targetResourceUri")
    }

    /// A setting as a message names it: its place is told to whom may read it.
    private func described(_ setting: AutoscaleSetting, for caller: Caller) async throws -> String {
        try await Self.described(setting, for: caller, database)
    }

    static func described(
        _ setting: AutoscaleSetting, for caller: Caller, _ database: Database
    ) async throws -> String {
        let id = setting.resourceID
        let rights = try await AccessService(database: database).rights(of: caller)
        let mayRead = rights.allow(Right(action: Right.action(.read, type: id.type), scope: id.description))
        return mayRead ? "'\(id.name)' (\(id.description))" : "which you may not read"
    }

    /// The caller must be allowed to write the deployment, which need not be in the setting's group; it must be there,
    /// and must not scale by utilization.
    private func checkTarget(
        _ request: AutoscaleSettingRequest, _ caller: Caller, in runner: any StatementRunner
    ) async throws {
        guard let target = request.target else { return }
        try await AccessService(database: database).check(
            caller, Right(action: Right.action(.write, type: target.type), scope: target.description))
        let deployment: OnlineDeployment
        do {
            deployment = try await DeploymentService.find(target.name, under: target.parent, runner)
        } catch let error as ARMError {
            throw ARMError(
                .badArgument, "The deployment to scale is not there: \(error.message)",
                target: "$.properties.targetResourceUri")
        }
        guard deployment.scaledCount == nil else {
            throw ARMError(
                .conflict,
                "The deployment '\(deployment.name)' scales by utilization (scaleSettings), and a deployment has one scaler. "
                    + "Give it scaleSettings of the type Default first.", target: "$.properties.targetResourceUri")
        }
    }

    private func find(_ id: ResourceID, _ store: AutoscaleSettingStore) async throws -> AutoscaleSetting {
        guard let setting = try await store.find(id) else { throw Self.notFound(id) }
        return setting
    }

    private func translating<Value>(_ id: ResourceID, _ work: () async throws -> Value) async throws -> Value {
        do {
            return try await work()
        } catch let error as PostgresError {
            guard case .uniqueViolation(let constraint) = error.code else { throw error }
            guard constraint == AutoscaleSettingStore.targetConstraint else {
                throw ARMError(
                    .conflict, "The autoscale setting '\(id.name)' was made by somebody else meanwhile; try again.")
            }
            // Written after ours had looked: the next attempt is told which one it is.
            throw ARMError(
                .conflict, "The deployment was given another autoscale setting meanwhile; try again.",
                target: "$.properties.targetResourceUri")
        }
    }

    private static func notFound(_ id: ResourceID) -> ARMError {
        ARMError(
            .resourceNotFound,
            "The autoscale setting '\(id.name)' was not found in the resource group '\(id.resourceGroup)'.")
    }
}
