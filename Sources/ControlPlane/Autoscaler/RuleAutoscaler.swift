import Foundation
package import Logging
package import Postgres
import Resources
import Store

/// Carries out autoscale settings: looks at the clock and at the minutes that were recorded, lets the settings decide, and
/// changes the instance count as a caller would. One process at a time runs it (``Leadership``).
package struct RuleAutoscaler: Sendable {
    private let database: Database
    private let deployments: DeploymentService
    private let hub: SignalHub
    private let time: TimeSource
    private let logger: Logger

    /// How often schedules are looked at without new metrics.
    private static let lookInterval = Duration.seconds(10)

    package init(
        database: Database, deployments: DeploymentService, hub: SignalHub, time: TimeSource = .system, logger: Logger
    ) {
        (self.database, self.deployments, self.hub) = (database, deployments, hub)
        (self.time, self.logger) = (time, logger)
    }

    /// Scales until the task is cancelled.
    package func run() async {
        while !Task.isCancelled {
            let seen = hub.count(of: .scaling)
            do {
                for setting in try await AutoscaleSettingStore(database).listEnabled() { await settle(setting) }
            } catch {
                if !Task.isCancelled {
                    logger.warning("autoscale settings could not be read", metadata: ["error": "\(error)"])
                }
            }
            _ = await hub.wait(for: .scaling, after: seen, upTo: Self.lookInterval)
        }
    }

    /// One setting that fails does not hold up the others.
    private func settle(_ setting: AutoscaleSetting) async {
        do {
            guard let target = ResourceID(setting.properties.targetResourceUri),
                let deployment = try await DeploymentService.findIfThere(target.name, under: target.parent, database),
                deployment.provisioningState != .deleting, !deployment.isScaledByUtilization
            else { return }  // what is not there is not scaled
            let now = time.now()
            let metrics = try await RuleMetrics.load(setting, deployment, until: now, database)
            let inputs = RuleInputs(
                current: deployment.instanceCount, now: now, lastScaledAt: setting.lastScaledAt
            ) { metrics.value(of: $0) }
            guard var decision = setting.properties.decide(inputs) else { return }
            decision.inputs.setting = setting.resourceID.description
            try await apply(decision, setting, deployment, at: now)
        } catch let error as ARMError where error.code == .conflict || error.code == .operationInProgress {
            // Something else is being done with the deployment: the next look decides anew.
            logger.debug("scaling waits", metadata: ["autoscale.setting": "\(setting.resourceID)"])
        } catch {
            guard !Task.isCancelled else { return }
            logger.warning(
                "an autoscale setting failed",
                metadata: ["autoscale.setting": "\(setting.resourceID)", "error": "\(error)"])
        }
    }

    private func apply(
        _ decision: ScalingDecision, _ setting: AutoscaleSetting, _ deployment: OnlineDeployment, at now: Date
    ) async throws {
        try await deployments.scale(deployment, decision, by: setting)
        try await AutoscaleSettingStore(database).markScaled(id: setting.id, at: now)
        let emails = setting.properties.notifications.flatMap { $0.email?.customEmails ?? [] }
        let hooks = setting.properties.notifications.flatMap { $0.webhooks.map(\.serviceUri) }
        var metadata = decision.metadata(
            endpoint: deployment.endpoint.name, deployment: deployment.name, by: setting.resourceID.description)
        metadata["scaling.notify.emails"] = "\(emails.joined(separator: ","))"
        metadata["scaling.notify.webhooks"] = "\(hooks.count)"
        logger.info("deployment scaled", metadata: metadata)
    }
}
