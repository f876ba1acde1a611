import ControlPlane
import Hummingbird
import Resources

/// What belongs to a region: `Usages_List`, `Quotas_List`, `VirtualMachineSizes_List`. All regions are this installation.
struct LocationRoutes {
    let service: QuotaService

    static let location = PathTemplate(
        "/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/locations/{location}")

    var routes: [APIRoute] {
        [
            .get(Self.location + "usages", use: usages), .get(Self.location + "quotas", use: quotas),
            .get(Self.location + "vmSizes", use: sizes),
        ]
    }

    @Sendable func usages(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        try await answer(request, context) { usage, location in UsageBody(usage, location: location) }
    }

    @Sendable func quotas(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        try await answer(request, context) { usage, location in QuotaBody(usage, location: location) }
    }

    private func answer<Body: Encodable>(
        _ request: Request, _ context: APIRequestContext, _ body: (QuotaUsage, LocationID) -> Body
    ) async throws -> Response {
        let location = LocationID(
            subscription: try context.parameter("subscription"), name: try context.parameter("location"))
        _ = try request.page()  // there is only one page, however it is asked for
        let found = try await service.usages(caller: try context.caller, subscription: location.subscription)
        return try JSONBody(
            PageBody(Page(items: found, next: nil), request, context) { body($0, location) }
        ).response()
    }

    @Sendable func sizes(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        try await service.check(caller: try context.caller, subscription: try context.parameter("subscription"))
        return try JSONBody(
            VirtualMachineSizesBody(value: service.instanceTypes.all.map(VirtualMachineSizeBody.init))
        ).response()
    }
}
