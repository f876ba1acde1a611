import ControlPlane
import HTTPTypes
import Hummingbird
import Resources

/// Subscriptions and tenants, as far as clients ask for them, and lists of resource groups.
struct ScopeRoutes {
    let service: ScopeService
    let site: SiteSettings

    /// Tools look for subscriptions and groups before they know what their caller may do there: the service shows those
    /// in which the caller has a role.
    var routes: [APIRoute] {
        [
            APIRoute(.get, PathTemplate("/tenants"), .anyCaller, use: tenants),
            APIRoute(.get, PathTemplate("/subscriptions"), .anyCaller, use: subscriptions),
            APIRoute(.get, PathTemplate.subscription, .anyCaller, use: subscription),
            APIRoute(.get, PathTemplate.subscription + "resourceGroups", .anyCaller, use: listGroups),
        ]
    }

    @Sendable func tenants(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        var tenant = Document()
        tenant.set("id", "/tenants/\(site.tenantID)")
        tenant.set("tenantId", site.tenantID)
        return Response(ListBody.document([tenant.value]))
    }

    @Sendable func subscriptions(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let found = try await service.listSubscriptions(caller: try context.caller)
        return Response(ListBody.document(found.map { document($0) }))
    }

    @Sendable func subscription(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        Response(
            document(
                try await service.getSubscription(
                    caller: try context.caller, try context.parameter("subscription"))))
    }

    private func document(_ subscription: (id: String, displayName: String)) -> JSONValue {
        var body = Document()
        body.set("id", "/subscriptions/\(subscription.id)")
        body.set("subscriptionId", subscription.id)
        body.set("displayName", subscription.displayName)
        body.set("state", "Enabled")
        body.set("tenantId", site.tenantID)
        return body.value
    }

    @Sendable func listGroups(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let filter = try ResourceFilter(request.parameters["$filter"] ?? "")
        let groups = try await service.listGroups(
            caller: try context.caller, subscription: try context.parameter("subscription"))
        let documents = try groups.map { try $0.document }
        return Response(ListBody.document(documents.filter { filter.holds(for: $0) }))
    }
}
