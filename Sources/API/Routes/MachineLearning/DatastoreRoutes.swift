import ControlPlane
import HTTPTypes
import Hummingbird
import Resources

/// `Datastores_*`.
struct DatastoreRoutes {
    let service: DatastoreService
    let site: SiteSettings

    /// Datastores on a page unless the caller says otherwise.
    private static let pageCount = 30

    var routes: [APIRoute] {
        let item = WorkspaceRoutes.item + "datastores/{name}"
        return [
            .get(WorkspaceRoutes.item + "datastores", use: list), .get(item, use: get), .put(item, use: put),
            .delete(item, use: delete), .post(item + "listSecrets", use: listSecrets),
        ]
    }

    @Sendable func get(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let datastore = try await service.get(
            caller: try context.caller, workspace: try context.workspaceID(), name: try context.parameter("name"))
        return try JSONBody(ProxyResourceBody(datastore, context, site)).response()
    }

    @Sendable func list(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let filter = DatastoreFilter(
            isDefault: try request.flag("isDefault"),
            names: request.query("names")?.split(separator: ",").map(String.init),
            searchText: request.query("searchText"))
        var page = try request.page(defaultCount: Self.pageCount)
        if let isAscending = try request.flag("orderByAsc"), request.query("orderBy") != nil {
            page.order.newestFirst = !isAscending
        }
        let found = try await service.list(
            caller: try context.caller, workspace: try context.workspaceID(), filter, page: page)
        return try JSONBody(PageBody(found, request, context) { ProxyResourceBody($0, context, site) }).response()
    }

    @Sendable func put(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let wish = try DatastoreRequest(reading: try await request.readBody())
        let outcome = try await service.put(
            caller: try context.caller, workspace: try context.workspaceID(), name: try context.parameter("name"), wish)
        return try JSONBody(ProxyResourceBody(outcome.resource, context, site)).response(
            status: outcome.wasMade ? .created : .ok)
    }

    @Sendable func delete(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let existed = try await service.delete(
            caller: try context.caller, workspace: try context.workspaceID(), name: try context.parameter("name"))
        return Response(status: existed ? .ok : .noContent)
    }

    @Sendable func listSecrets(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let token = try await service.listSecrets(
            caller: try context.caller, workspace: try context.workspaceID(), name: try context.parameter("name"))
        return try JSONBody(DatastoreSecretsBody(sasToken: token)).response(headers: [.cacheControl: "no-store"])
    }
}
