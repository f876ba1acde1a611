import Foundation
package import Postgres
import Resources
import Store

/// Whether the replicas of a deployment are where an operation wants them.
package struct ReplicaCondition: Sendable {
    private let database: Database

    /// Failed starts after which an operation gives up, where another try might help.
    private static let failureLimit = 3

    package init(database: Database) {
        self.database = database
    }

    /// Done when all wanted replicas of the target generation have reached `phase`; throws the error of one that broke.
    func reached(_ phase: ReplicaPhase, deploymentID: UUID) async throws -> StepOutcome {
        guard let target = try await WorkloadStore(database).find(id: deploymentID) else {
            throw ARMError(.operationCanceled, "The deployment is gone.")
        }
        let replicas = try await ReplicaStore(database).list(workloadID: deploymentID)
            .filter { $0.generation == target.generation && $0.desired == .run }
        if let error = Self.failure(of: replicas) { throw error }
        let there = replicas.count { $0.phase.progress >= phase.progress }
        return there >= target.wanted ? .done : .wait
    }

    /// Done when a deployment has no replicas any more.
    func gone(deploymentID: UUID) async throws -> StepOutcome {
        try await ReplicaStore(database).list(workloadID: deploymentID).isEmpty ? .done : .wait
    }

    /// The same of all deployments of an endpoint.
    func gone(endpointID: UUID) async throws -> StepOutcome {
        try await ReplicaStore(database).count(endpointID: endpointID) == 0 ? .done : .wait
    }

    /// The error that ends the operation: at once where the cause is the user's, else after some tries.
    private static func failure(of replicas: [ReplicaRow]) -> ARMError? {
        for replica in replicas where replica.phase == .failed && replica.retryLife < replica.reported.life {
            guard let error = replica.reported.error else { continue }
            if replica.reported.failures >= failureLimit || !error.code.isWorthRestarting { return error }
        }
        return nil
    }
}

extension ARMErrorCode {
    /// Whether a replica that broke with this error may become ready when it is started again unchanged.
    var isWorthRestarting: Bool {
        switch self {
        case .imageBuildFailure, .userScriptInitFailed, .userScriptImportError, .userScriptFunctionNotFound,
            .badArgument, .resourceNotFound, .invalidDeploymentSpec, .resourceNotReady:
            false
        default: true
        }
    }
}
