import Foundation
package import Postgres
import Resources
import Store

/// Waits until the replicas of a deployment are where an operation wants them.
package struct ReplicaWait: Sendable {
    private let database: Database
    private let hub: SignalHub

    /// How long to wait for a signal before looking anyway.
    private static let lookInterval = Duration.seconds(1)
    /// Failed starts after which an operation gives up, where another try might help.
    private static let failureLimit = 3

    package init(database: Database, hub: SignalHub) {
        self.database = database
        self.hub = hub
    }

    /// Until all wanted replicas of the target generation have reached `state`; throws the error of one that broke.
    func untilReached(_ state: ReplicaState, deploymentID: UUID) async throws {
        try await wait {
            guard let target = try await ReplicaTargetStore(database).find(deploymentID: deploymentID) else {
                throw ARMError(.operationCanceled, "The deployment is gone.")
            }
            let replicas = try await ReplicaStore(database).list(deploymentID: deploymentID)
                .filter { $0.generation == target.generation && $0.state != .draining }
            if let error = Self.failure(of: replicas) { throw error }
            let there = replicas.count { $0.state.progress >= state.progress }
            return there >= target.wanted
        }
    }

    func untilGone(deploymentID: UUID) async throws {
        try await wait { try await ReplicaStore(database).list(deploymentID: deploymentID).isEmpty }
    }

    /// For all deployments of an endpoint.
    func untilGone(endpointID: UUID) async throws {
        try await wait { try await ReplicaTargetStore(database).countReplicas(endpointID: endpointID) == 0 }
    }

    private func wait(_ isDone: () async throws -> Bool) async throws {
        while true {
            try Task.checkCancellation()
            let seen = hub.count(of: .replicas)
            if try await isDone() { return }
            _ = await hub.wait(for: .replicas, after: seen, upTo: Self.lookInterval)
        }
    }

    /// The error that ends the operation: at once where the cause is the user's, else after some tries.
    private static func failure(of replicas: [ReplicaRow]) -> ARMError? {
        for replica in replicas where replica.state == .failed {
            guard let error = replica.error else { continue }
            if replica.failures >= failureLimit || !error.code.isWorthRestarting { return error }
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
