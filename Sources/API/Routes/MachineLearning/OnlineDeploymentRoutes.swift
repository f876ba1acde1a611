import ControlPlane
import HTTPTypes
import Hummingbird
import Resources

/// `OnlineDeployments_*`.
struct OnlineDeploymentRoutes {
    let service: DeploymentService
    let logs: DeploymentLogService
    let site: SiteSettings

    static let item = OnlineEndpointRoutes.item + "deployments/{deployment}"

    var routes: [APIRoute] {
        [
            .get(OnlineEndpointRoutes.item + "deployments", use: list), .get(Self.item, use: get),
            .put(Self.item, use: put), .patch(Self.item, use: patch), .delete(Self.item, use: delete),
            .post(Self.item + "getLogs", use: getLogs), .get(Self.item + "skus", use: listSKUs),
        ]
    }

    @Sendable func get(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let deployment = try await service.get(
            caller: try context.caller, endpoint: try context.endpointID(), name: try context.parameter("deployment"))
        return try respond(deployment, context)
    }

    @Sendable func list(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let page = try await service.list(
            caller: try context.caller, endpoint: try context.endpointID(), page: try request.page())
        return try JSONBody(PageBody(page, request, context) { TrackedResourceBody($0, context, site) }).response()
    }

    @Sendable func put(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let wish = try OnlineDeploymentRequest(reading: try await request.readBody())
        let outcome = try await service.put(
            caller: try context.caller, endpoint: try context.endpointID(), name: try context.parameter("deployment"),
            wish,
            keepingUnknown: DeploymentService.UnknownFields(in: context.apiVersion),
            if: try request.precondition())
        return try respond(
            outcome.resource, context, status: outcome.wasMade ? .created : .ok, following: outcome.operation)
    }

    @Sendable func patch(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let patch = try OnlineDeploymentPatch(reading: try await request.readBody())
        let outcome = try await service.patch(
            caller: try context.caller, endpoint: try context.endpointID(), name: try context.parameter("deployment"),
            patch, if: try request.precondition())
        if let operation = outcome.operation { return Response(following: operation, context) }
        return try respond(outcome.resource, context)
    }

    @Sendable func delete(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let operation = try await service.delete(
            caller: try context.caller, endpoint: try context.endpointID(), name: try context.parameter("deployment"),
            if: try request.precondition())
        return Response(following: operation, context)
    }

    @Sendable func getLogs(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let wish = try DeploymentLogsRequest(reading: try await request.readBody(isOptional: true))
        let content = try await logs.logs(
            caller: try context.caller, endpoint: try context.endpointID(), name: try context.parameter("deployment"),
            wish)
        return try JSONBody(DeploymentLogsBody(content: content)).response()
    }

    /// What the instance count may be set to.
    @Sendable func listSKUs(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let deployment = try await service.get(
            caller: try context.caller, endpoint: try context.endpointID(), name: try context.parameter("deployment"))
        _ = try request.page()  // there is only one page, however it is asked for
        let body = DeploymentSKUBody(
            resourceType: deployment.resourceID.type, sku: DeploymentSKUBody.Name(),
            capacity: DeploymentSKUBody.Capacity(maximum: OnlineDeploymentRequest.instanceLimit))
        return try JSONBody(PageBody(Page(items: [body], next: nil), request, context) { $0 }).response()
    }

    private func respond(
        _ deployment: OnlineDeployment, _ context: APIRequestContext, status: HTTPResponse.Status = .ok,
        following operation: ResourceOperation? = nil
    ) throws -> Response {
        var headers: HTTPFields = [.eTag: deployment.version.etag]
        if let operation { headers.follow(operation, context, withLocation: false) }
        return try JSONBody(TrackedResourceBody(deployment, context, site)).response(status: status, headers: headers)
    }
}
