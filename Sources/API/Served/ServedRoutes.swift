import ControlPlane
import HTTPTypes
import Hummingbird
import Resources

/// The routes of a type.
struct ServedRoutes<Served: ServedType>: Sendable {
    let type: Served
    private let declaration: TypeDeclaration

    init(_ type: Served) {
        self.type = type
        declaration = type.declaration
    }

    var routes: [APIRoute] {
        let item = declaration.item
        var routes = declaration.lists.map { APIRoute.get(declaration.template(of: $0), use: list) }
        routes.append(.get(item, use: get))
        if declaration.methods.contains(.put) { routes.append(.put(item, use: put)) }
        if declaration.methods.contains(.patch) { routes.append(.patch(item, use: patch)) }
        if declaration.methods.contains(.delete) { routes.append(.delete(item, use: delete)) }
        return routes + type.verbs.map { route($0, item) }
    }

    private func route(_ verb: ServedVerb, _ item: PathTemplate) -> APIRoute {
        let template = item + verb.name
        let handler: APIRoute.Handler = { request, context in try await run(verb, request, context) }
        guard !verb.isWrite else { return APIRoute(verb.method, template, .write(to: item), use: handler) }
        return verb.method == .post ? .post(template, use: handler) : .get(template, use: handler)
    }

    private func call(
        _ request: Request, _ context: APIRequestContext, _ address: ResourceAddress? = nil
    ) throws(ARMError) -> ServedCall {
        ServedCall(
            address ?? declaration.address(context.names), caller: try context.caller,
            apiVersion: context.apiVersion,
            baseURL: context.baseURL, parameters: request.parameters,
            conditions: Result { () throws(ARMError) in try request.precondition() })
    }

    // MARK: Methods

    @Sendable func get(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        try await get(declaration.address(context.names), request, context)
    }

    /// What a GET of another path than the request's responds.
    func get(
        _ address: ResourceAddress, _ request: Request, _ context: APIRequestContext
    ) async throws -> Response {
        try respond(try await type.get(try call(request, context, address)), context)
    }

    @Sendable func list(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let page = try await type.list(try call(request, context), try type.page(request.parameters))
        return Response(ListBody.document(try page.map { try type.rendered($0, context) }, request, context))
    }

    @Sendable func put(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let requested = try type.requested(try await request.readDocument(), in: context.apiVersion)
        let written = try await type.put(try call(request, context), requested)
        return try respond(
            written.resource, context, status: written.wasMade && declaration.saysCreated ? .created : .ok,
            following: written.operation)
    }

    @Sendable func patch(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let body = try await request.readBody()
        let written = try await type.patch(try call(request, context), body)
        if let operation = written.operation { return Response(following: operation, context) }
        return try respond(written.resource, context)
    }

    @Sendable func delete(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        switch try await type.delete(try call(request, context)) {
        case .absent: Response(status: .noContent)
        case .done: Response(status: .ok)
        case .returning(let resource): try respond(resource, context)
        case .operation(let operation) where declaration.placement == .group:
            Response(awaiting: "\(operation.id)", in: try context.parameter("subscription"), context)
        case .operation(let operation): Response(following: operation, context)
        }
    }

    private func run(
        _ verb: ServedVerb, _ request: Request, _ context: APIRequestContext
    ) async throws -> Response {
        let body =
            verb.body == .none
            ? BodyReader(root: .object(JSONObject()))
            : try await request.readBody(isOptional: verb.body == .optional)
        let call = try call(request, context)
        switch try await verb.run(call, body) {
        case .document(let document): return Response(document)
        case .secret(let document):
            AuditLog(context.logger).showedSecret(Right(.action(verb.name), call.address), call.caller)
            return Response(document, headers: [.cacheControl: "no-store"])
        case .list(let page): return Response(ListBody.document(page, request, context))
        case .operation(let operation): return Response(following: operation, context)
        }
    }

    private func respond(
        _ resource: Served.Resource, _ context: APIRequestContext, status: HTTPResponse.Status = .ok,
        following operation: ResourceOperation? = nil
    ) throws -> Response {
        var headers = HTTPFields()
        if let version = type.version(of: resource) { headers[.eTag] = version.etag }
        if let operation { headers.follow(operation, context, withLocation: false) }
        return Response(try type.rendered(resource, context), status: status, headers: headers)
    }
}
