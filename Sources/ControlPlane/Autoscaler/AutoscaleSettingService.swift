import Foundation
package import Postgres
package import Resources
import Store

/// Autoscale settings. A deployment whose setting is deleted keeps the number that it has.
package struct AutoscaleSettingService: GroupedService {
    package let database: Database
    let hub: SignalHub

    package static func checkName(_ name: String) throws(ARMError) { try ResourceName.checkAutoscaleSetting(name) }

    package static func find(_ id: ResourceID, _ runner: any StatementRunner) async throws -> AutoscaleSetting {
        if let setting = try await AutoscaleSettingStore(runner).find(id) { return setting }
        try await ScopeService.findGroup(subscription: id.subscription, name: id.resourceGroup, runner)
        throw ARMError(
            .resourceNotFound,
            "The autoscale setting '\(id.name)' was not found in the resource group '\(id.resourceGroup)'.")
    }

    package static func request(
        _ patch: AutoscaleSettingPatch, over stored: AutoscaleSetting
    ) throws(ARMError) -> AutoscaleSettingRequest {
        try patch.applied(to: stored)
    }

    package static func location(of request: AutoscaleSettingRequest) -> String { request.location }
    package static func location(of stored: AutoscaleSetting) -> String { stored.location }

    package static func translate(_ error: PostgresError, _ subject: String) -> any Error {
        guard case .uniqueViolation(let constraint) = error.code else { return error }
        guard constraint == AutoscaleSettingStore.targetConstraint else {
            return ARMError(.conflict, "\(subject) was made by somebody else meanwhile; try again.")
        }
        // Written after ours had looked: the next attempt is told which one it is.
        return ARMError(
            .conflict, "The deployment was given another autoscale setting meanwhile; try again.",
            target: "$.properties.targetResourceUri")
    }

    package func check(
        _ request: AutoscaleSettingRequest, at id: ResourceID, _ caller: Caller, isPatch: Bool,
        in transaction: Transaction
    ) async throws {
        // A setting that is switched off may name what is gone.
        if !isPatch || request.properties.enabled { try await checkTarget(request, caller, in: transaction) }
        try await checkIsFree(request, for: id, caller, in: transaction)
    }

    package func insert(
        _ request: AutoscaleSettingRequest, at id: ResourceID, _ caller: Caller, in transaction: Transaction
    ) async throws {
        try await AutoscaleSettingStore(transaction).insert(id: UUID(), resource: id, request, by: caller.auditName)
    }

    package func isSame(_ request: AutoscaleSettingRequest, as stored: AutoscaleSetting) -> Bool {
        stored.tags == request.tags && stored.properties == request.properties
    }

    package func update(
        _ stored: AutoscaleSetting, to request: AutoscaleSettingRequest, _ caller: Caller, in transaction: Transaction
    ) async throws -> Bool {
        try await AutoscaleSettingStore(transaction).update(stored, to: request, by: caller.auditName)
    }

    package func didWrite(_ setting: AutoscaleSetting) { hub.raise(.scaling) }

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
        guard !deployment.isScaledByUtilization else {
            throw ARMError(
                .conflict,
                "The deployment '\(deployment.name)' scales by utilization (scaleSettings), and a deployment has one scaler. "
                    + "Give it scaleSettings of the type Default first.", target: "$.properties.targetResourceUri")
        }
    }
}
