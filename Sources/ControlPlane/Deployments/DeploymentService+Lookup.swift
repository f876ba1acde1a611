import Postgres
import Resources
import Store

/// How deployments are found, by services of other resources too.
extension DeploymentService {
    /// With `locking`, the endpoint keeps its traffic and its life until the transaction ends, which a write of a deployment
    /// decides by.
    static func findParents(
        _ endpoint: ResourceID, _ runner: any StatementRunner, locking: Bool = false
    ) async throws -> (workspace: Workspace, endpoint: OnlineEndpoint) {
        let workspace = try await WorkspaceService.find(endpoint, runner, isParent: true)
        let name = endpoint.name(of: "onlineEndpoints") ?? ""
        return (
            workspace, try await EndpointService.find(name, in: workspace, runner, isParent: true, locking: locking)
        )
    }

    /// - Throws: `ParentResourceNotFound` when the endpoint, or anything above it, is not there; `ResourceNotFound`.
    static func find(
        _ name: String, under endpoint: ResourceID, _ runner: any StatementRunner
    ) async throws -> OnlineDeployment {
        let (_, parent) = try await findParents(endpoint, runner)
        return try await find(name, of: parent, runner)
    }

    static func find(
        _ name: String, of endpoint: OnlineEndpoint, _ runner: any StatementRunner
    ) async throws -> OnlineDeployment {
        guard let deployment = try await DeploymentStore(runner).find(endpointID: endpoint.id, name: name) else {
            throw notFound(name)
        }
        return deployment
    }

    /// Nil when the deployment, or anything on the way to it, is not there.
    static func findIfThere(
        _ name: String, under endpoint: ResourceID, _ runner: any StatementRunner
    ) async throws -> OnlineDeployment? {
        do {
            return try await find(name, under: endpoint, runner)
        } catch let error as ARMError where error.code.status == .notFound {
            return nil
        }
    }

    static func notFound(_ name: String) -> ARMError {
        ARMError(.resourceNotFound, "The online deployment '\(name)' was not found under the endpoint.")
    }
}
