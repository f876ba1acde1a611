import ControlPlane
import HTTPTypes
import Hummingbird
import Resources

/// Status and result of long-running operations, and their cancellation.
struct OperationRoutes {
    let service: OperationService
    let endpoints: EndpointService
    let deployments: DeploymentService
    let site: SiteSettings

    /// The service asks for a right on what the operation changes, which only its row tells.
    var routes: [APIRoute] {
        let status = LocationRoutes.location + "mfeOperationsStatus/{operation}"
        return [
            APIRoute(.get, status, .anyCaller, use: self.status),
            APIRoute(.post, status + "cancel", .anyCaller, use: cancel),
            APIRoute(.get, LocationRoutes.location + "mfeOperationResults/{operation}", .anyCaller, use: result),
        ]
    }

    @Sendable func status(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        try respond(try await find(context))
    }

    /// Our own addition: Azure has no way to cancel these.
    @Sendable func cancel(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        try respond(try await service.cancel(caller: try context.caller, try await find(context).id))
    }

    /// 202 while the operation runs, then what the synchronous call would have answered.
    @Sendable func result(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let operation = try await find(context)
        guard operation.state.isTerminal else { return Response(following: operation, context) }
        if let error = operation.error { throw error }
        guard let id = ResourceID(operation.resourceID) else { return Response(status: .ok) }
        switch operation.kind {
        case .deleteEndpoint, .deleteDeployment: return Response(status: .noContent)
        case .regenerateKeys, .deployTemplate, .deleteGroup: return Response(status: .ok)
        case .putEndpoint:
            let endpoint = try await endpoints.get(caller: try context.caller, workspace: id.workspace, name: id.name)
            return try JSONBody(TrackedResourceBody(endpoint, context, site)).response(
                headers: [.eTag: endpoint.version.etag])
        case .putDeployment:
            let deployment = try await deployments.get(caller: try context.caller, endpoint: id.parent, name: id.name)
            return try JSONBody(TrackedResourceBody(deployment, context, site)).response(
                headers: [.eTag: deployment.version.etag])
        }
    }

    /// `{kind}:{operation}:{generation}`, or the operation's id alone.
    private func find(_ context: APIRequestContext) async throws -> ResourceOperation {
        let name = try context.parameter("operation")
        let parts = name.split(separator: ":")
        guard let id = OperationID(String(parts.count == 3 ? parts[1] : parts.first ?? "")) else {
            throw ARMError(.resourceNotFound, "The operation '\(name.prefix(200))' could not be found.")
        }
        let operation = try await service.get(caller: try context.caller, id)
        let owner = ResourceID(operation.resourceID)?.subscription.lowercased()
        guard owner == (try context.parameter("subscription")).lowercased() else {
            throw ARMError(.resourceNotFound, "The operation '\(name.prefix(200))' could not be found.")
        }
        return operation
    }

    private func respond(_ operation: ResourceOperation) throws -> Response {
        var headers = HTTPFields()
        if !operation.state.isTerminal { headers.askAgainSoon() }
        return try JSONBody(OperationBody(operation)).response(headers: headers)
    }
}
