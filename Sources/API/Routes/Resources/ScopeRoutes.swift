import ControlPlane
import HTTPTypes
import Hummingbird
import Resources

/// Subscriptions, tenants and resource groups, as far as clients ask for them.
struct ScopeRoutes {
    let service: ScopeService
    let deletion: GroupDeletionService
    let site: SiteSettings

    private struct List<Item: Encodable>: Encodable {
        let value: [Item]
    }

    private struct Subscription: Encodable {
        let id: String
        let subscriptionId: String
        let displayName: String
        let state = "Enabled"
        let tenantId: String
    }

    private struct Tenant: Encodable {
        let id: String
        let tenantId: String
    }

    static let subscription = PathTemplate("/subscriptions/{subscription}")
    static let group = subscription + "resourceGroups/{resourceGroup}"

    /// Tools look for subscriptions and groups before they know what their caller may do there: the service shows those
    /// in which the caller has a role.
    var routes: [APIRoute] {
        [
            APIRoute(.get, PathTemplate("/tenants"), .anyCaller, use: tenants),
            APIRoute(.get, PathTemplate("/subscriptions"), .anyCaller, use: subscriptions),
            APIRoute(.get, Self.subscription, .anyCaller, use: subscription),
            APIRoute(.get, Self.subscription + "resourceGroups", .anyCaller, use: listGroups),
            .get(Self.group, use: getGroup), .put(Self.group, use: putGroup), .patch(Self.group, use: patchGroup),
            .delete(Self.group, use: deleteGroup),
        ]
    }

    @Sendable func tenants(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        try JSONBody(List(value: [Tenant(id: "/tenants/\(site.tenantID)", tenantId: site.tenantID)])).response()
    }

    @Sendable func subscriptions(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let found = try await service.listSubscriptions(caller: try context.caller)
        return try JSONBody(List(value: found.map { body($0) })).response()
    }

    @Sendable func subscription(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let found = try await service.getSubscription(
            caller: try context.caller, try context.parameter("subscription"))
        return try JSONBody(body(found)).response()
    }

    private func body(_ subscription: (id: String, displayName: String)) -> Subscription {
        Subscription(
            id: "/subscriptions/\(subscription.id)", subscriptionId: subscription.id,
            displayName: subscription.displayName, tenantId: site.tenantID)
    }

    @Sendable func listGroups(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let filter = try ResourceFilter(request.query("$filter") ?? "")
        let groups = try await service.listGroups(
            caller: try context.caller, subscription: try context.parameter("subscription")
        ).filter { filter.holds(for: try JSONBody(ResourceGroupBody($0)).document()) }
        return try JSONBody(List(value: groups.map(ResourceGroupBody.init))).response()
    }

    @Sendable func getGroup(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        try JSONBody(ResourceGroupBody(try await find(context))).response()
    }

    @Sendable func putGroup(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let body = try await request.readBody()
        let envelope = ResourceEnvelope(reading: body)
        try body.throwProblems(in: "The resource group")
        let outcome = try await service.putGroup(
            caller: try context.caller,
            ResourceGroup(
                subscription: try context.parameter("subscription"), name: try context.parameter("resourceGroup"),
                location: envelope.location, tags: envelope.tags))
        return try JSONBody(ResourceGroupBody(outcome.resource)).response(status: outcome.wasMade ? .created : .ok)
    }

    @Sendable func patchGroup(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let body = try await request.readBody()
        let tags = body["tags"].isPresent ? ResourceEnvelope.readTags(body) : nil
        try body.throwProblems(in: "The change of the resource group")
        let group = try await service.patchGroup(
            caller: try context.caller, subscription: try context.parameter("subscription"),
            name: try context.parameter("resourceGroup"), tags: tags)
        return try JSONBody(ResourceGroupBody(group)).response()
    }

    /// 200 for an empty group; one with content is emptied by an operation.
    @Sendable func deleteGroup(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let subscription = try context.parameter("subscription")
        let operation = try await deletion.delete(
            caller: try context.caller, subscription: subscription, name: try context.parameter("resourceGroup"))
        guard let operation else { return Response(status: .ok) }
        var headers: HTTPFields = [
            .location:
                "\(context.baseURL)/subscriptions/\(subscription)/operationresults/\(operation.id)"
                + "?api-version=\(context.apiVersion)"
        ]
        headers.askAgainVerySoon()
        return Response(status: .accepted, headers: headers)
    }

    private func find(_ context: APIRequestContext) async throws -> ResourceGroup {
        try await service.getGroup(
            caller: try context.caller, subscription: try context.parameter("subscription"),
            name: try context.parameter("resourceGroup"))
    }
}
