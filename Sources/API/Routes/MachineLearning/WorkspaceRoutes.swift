import ControlPlane
import HTTPTypes
import Hummingbird
import Resources

/// `Workspaces_*`.
struct WorkspaceRoutes {
    let service: WorkspaceService
    let site: SiteSettings

    private static let collection = ScopeRoutes.group + "providers/Microsoft.MachineLearningServices/workspaces"
    static let item = collection + "{workspace}"

    var routes: [APIRoute] {
        [
            .get(
                ScopeRoutes.subscription + "providers/Microsoft.MachineLearningServices/workspaces", use: listAll),
            .get(Self.collection, use: list), .get(Self.item, use: get), .put(Self.item, use: put),
            .patch(Self.item, use: patch), .delete(Self.item, use: delete),
        ]
    }

    @Sendable func get(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let workspace = try await service.get(caller: try context.caller, try context.workspaceID())
        return try respond(workspace, context)
    }

    @Sendable func list(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        try await list(request, context, resourceGroup: try context.parameter("resourceGroup"))
    }

    @Sendable func listAll(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        try await list(request, context, resourceGroup: nil)
    }

    private func list(
        _ request: Request, _ context: APIRequestContext, resourceGroup: String?
    ) async throws -> Response {
        let page = try await service.list(
            caller: try context.caller, subscription: try context.parameter("subscription"),
            resourceGroup: resourceGroup, page: try request.page())
        return try JSONBody(PageBody(page, request, context) { body($0, context) }).response()
    }

    @Sendable func put(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let wish = try WorkspaceRequest(reading: try await request.readBody())
        let outcome = try await service.put(
            caller: try context.caller, try context.workspaceID(), wish, if: try request.precondition())
        // 200 also for a new one: 2024-04-01 knows no 201 here, and its clients take it for a failure.
        return try respond(outcome.resource, context)
    }

    @Sendable func patch(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let patch = try WorkspacePatch(reading: try await request.readBody())
        let workspace = try await service.patch(
            caller: try context.caller, try context.workspaceID(), patch, if: try request.precondition())
        return try respond(workspace, context)
    }

    @Sendable func delete(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let existed = try await service.delete(
            caller: try context.caller, try context.workspaceID(), if: try request.precondition())
        return Response(status: existed ? .ok : .noContent)
    }

    private func body(_ workspace: Workspace, _ context: APIRequestContext) -> TrackedResourceBody<
        WorkspacePropertiesBody
    > {
        TrackedResourceBody(workspace, tenantID: site.tenantID, baseURL: context.baseURL)
    }

    private func respond(
        _ workspace: Workspace, _ context: APIRequestContext, status: HTTPResponse.Status = .ok
    ) throws -> Response {
        try JSONBody(body(workspace, context)).response(status: status, headers: [.eTag: workspace.version.etag])
    }
}
