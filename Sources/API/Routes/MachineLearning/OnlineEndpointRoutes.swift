import ControlPlane
import Foundation
import HTTPTypes
import Hummingbird
import Resources

/// `OnlineEndpoints_*`.
struct OnlineEndpointRoutes {
    let service: EndpointService
    let keys: KeyRing
    let signIn: SignInSettings
    let site: SiteSettings

    static let item = WorkspaceRoutes.item + "onlineEndpoints/{endpoint}"

    var routes: [APIRoute] {
        [
            .get(WorkspaceRoutes.item + "onlineEndpoints", use: list), .get(Self.item, use: get),
            .put(Self.item, use: put), .patch(Self.item, use: patch), .delete(Self.item, use: delete),
            .post(Self.item + "listKeys", use: listKeys), .post(Self.item + "regenerateKeys", use: regenerateKeys),
            .post(Self.item + "token", use: token),
        ]
    }

    @Sendable func get(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let endpoint = try await service.get(
            caller: try context.caller, workspace: try context.workspaceID(), name: try context.parameter("endpoint"))
        return try respond(endpoint, context)
    }

    @Sendable func list(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let page = try await service.list(
            caller: try context.caller, workspace: try context.workspaceID(), try filter(request),
            page: try request.page())
        return try JSONBody(PageBody(page, request, context) { TrackedResourceBody($0, context, site) }).response()
    }

    private func filter(_ request: Request) throws(ARMError) -> OnlineEndpointFilter {
        var filter = OnlineEndpointFilter(
            name: request.query("name"), tags: try request.tagFilter("tags"),
            properties: try request.tagFilter("properties"))
        if let text = request.query("computeType") {
            filter.onCompute = try request.choice(text, "computeType", of: EndpointComputeType.self) != .managed
        }
        return filter
    }

    @Sendable func put(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let wish = try OnlineEndpointRequest(reading: try await request.readBody())
        let outcome = try await service.put(
            caller: try context.caller, workspace: try context.workspaceID(), name: try context.parameter("endpoint"),
            wish, keepingUnknown: EndpointService.UnknownFields(in: context.apiVersion), if: try request.precondition())
        return try respond(
            outcome.resource, context, status: outcome.wasMade ? .created : .ok, following: outcome.operation)
    }

    @Sendable func patch(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let patch = try OnlineEndpointPatch(reading: try await request.readBody())
        let endpoint = try await service.patch(
            caller: try context.caller, workspace: try context.workspaceID(), name: try context.parameter("endpoint"),
            patch, if: try request.precondition())
        return try respond(endpoint, context)
    }

    @Sendable func delete(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let operation = try await service.delete(
            caller: try context.caller, workspace: try context.workspaceID(), name: try context.parameter("endpoint"),
            if: try request.precondition())
        return Response(following: operation, context)
    }

    @Sendable func listKeys(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let keys = try await service.listKeys(
            caller: try context.caller, workspace: try context.workspaceID(), name: try context.parameter("endpoint"))
        return try JSONBody(keys).response(headers: [.cacheControl: "no-store"])
    }

    @Sendable func regenerateKeys(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let wish = try RegenerateKeysRequest(reading: try await request.readBody())
        let operation = try await service.regenerateKeys(
            caller: try context.caller, workspace: try context.workspaceID(), name: try context.parameter("endpoint"),
            wish)
        return Response(following: operation, context)
    }

    @Sendable func token(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let token = try await service.createToken(
            caller: try context.caller, workspace: try context.workspaceID(), name: try context.parameter("endpoint"),
            keys: keys, settings: signIn, now: Date())
        return try JSONBody(EndpointTokenBody(token)).response(headers: [.cacheControl: "no-store"])
    }

    private func respond(
        _ endpoint: OnlineEndpoint, _ context: APIRequestContext, status: HTTPResponse.Status = .ok,
        following operation: ResourceOperation? = nil
    ) throws -> Response {
        var headers: HTTPFields = [.eTag: endpoint.version.etag]
        if let operation { headers.follow(operation, context, withLocation: false) }
        return try JSONBody(TrackedResourceBody(endpoint, context, site)).response(status: status, headers: headers)
    }
}

extension Response {
    /// 202 with both URLs for a running operation; 204 where there was nothing to do.
    init(following operation: ResourceOperation?, _ context: APIRequestContext) {
        guard let operation else {
            self.init(status: .noContent)
            return
        }
        var headers = HTTPFields()
        headers.follow(operation, context, withLocation: true)
        self.init(status: .accepted, headers: headers)
    }
}
