import ControlPlane
import HTTPTypes
import Hummingbird
import Resources

/// `AutoscaleSettings_*`.
struct AutoscaleSettingRoutes {
    let service: AutoscaleSettingService

    var routes: [APIRoute] {
        let all = ScopeRoutes.group + "providers/Microsoft.Insights/autoscaleSettings"
        let item = all + "{setting}"
        return [
            .get(ScopeRoutes.subscription + "providers/Microsoft.Insights/autoscaleSettings", use: listAll),
            .get(all, use: list), .get(item, use: get), .put(item, use: put), .patch(item, use: patch),
            .delete(item, use: delete),
        ]
    }

    @Sendable func get(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        try respond(try await service.get(caller: try context.caller, try id(context)))
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
        return try JSONBody(PageBody(page, request, context) { AutoscaleSettingBody($0) }).response()
    }

    @Sendable func put(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let wish = try AutoscaleSettingRequest(reading: try await request.readBody())
        let outcome = try await service.put(
            caller: try context.caller, try id(context), wish, if: try request.precondition())
        return try respond(outcome.resource, status: outcome.wasMade ? .created : .ok)
    }

    @Sendable func patch(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let patch = try AutoscaleSettingPatch(reading: try await request.readBody())
        return try respond(
            try await service.patch(
                caller: try context.caller, try id(context), patch, if: try request.precondition()))
    }

    @Sendable func delete(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let existed = try await service.delete(
            caller: try context.caller, try id(context), if: try request.precondition())
        return Response(status: existed ? .ok : .noContent)
    }

    private func id(_ context: APIRequestContext) throws -> ResourceID {
        .autoscaleSetting(
            subscription: try context.parameter("subscription"),
            resourceGroup: try context.parameter("resourceGroup"), name: try context.parameter("setting"))
    }

    private func respond(_ setting: AutoscaleSetting, status: HTTPResponse.Status = .ok) throws -> Response {
        try JSONBody(AutoscaleSettingBody(setting)).response(status: status, headers: [.eTag: setting.version.etag])
    }
}
