import ControlPlane
import Hummingbird
import Resources

/// Sluice's own additions to deployments: `scalingHistory` and `load`.
struct ScalingRoutes {
    let service: ScalingService

    var routes: [APIRoute] {
        [
            .get(OnlineDeploymentRoutes.item + "scalingHistory", use: history),
            .get(OnlineDeploymentRoutes.item + "load", use: load),
        ]
    }

    @Sendable func history(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let page = try await service.history(
            caller: try context.caller, endpoint: try context.endpointID(), name: try context.parameter("deployment"),
            page: try request.page(defaultOrder: ListOrder(time: .created, newestFirst: true)))
        return try JSONBody(PageBody(page, request, context) { ScalingRecordBody($0) }).response()
    }

    @Sendable func load(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let minutes = try await service.load(
            caller: try context.caller, endpoint: try context.endpointID(), name: try context.parameter("deployment"),
            minutes: min(try request.positive("minutes") ?? 60, ScalingService.loadLimit))
        let page = Page(items: minutes, next: nil)
        return try JSONBody(PageBody(page, request, context) { LoadMinuteBody($0) }).response()
    }
}
