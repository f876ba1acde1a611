import ControlPlane
import HTTPTypes
import Hummingbird
import Resources

/// `Providers_*`, and lists of resources over all providers.
struct ResourceRoutes {
    let catalog: ResourceCatalogService

    var routes: [APIRoute] {
        let providers = PathTemplate.subscription + "providers"
        // Whoever may read providers may ask for their types, and for their registration, which changes nothing.
        let read = RouteAccess.read(from: providers)
        return [
            .get(providers, use: listProviders), .get(providers + "{namespace}", use: getProvider),
            APIRoute(.get, providers + "{namespace}/resourceTypes", read, use: listTypes),
            APIRoute(.post, providers + "{namespace}/register", read, use: getProvider),
            .get(PathTemplate.subscription + "resources", use: listResources),
            .get(PathTemplate.group + "resources", use: listResources),
            .post(PathTemplate.group + "exportTemplate", use: exportTemplate),
        ]
    }

    // MARK: Providers

    @Sendable func listProviders(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let subscription = try context.parameter("subscription")
        let namespaces = try await catalog.namespaces(caller: try context.caller, subscription: subscription)
        return Response(Self.list(namespaces.map { body($0, subscription) }))
    }

    /// Everything that is served is registered from the beginning.
    @Sendable func getProvider(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        try await provider(try context.parameter("namespace"), context)
    }

    private func provider(_ name: String, _ context: APIRequestContext) async throws -> Response {
        Response(body(try await find(name, context), try context.parameter("subscription")))
    }

    @Sendable func listTypes(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        Response(Self.list(types(try await find(try context.parameter("namespace"), context))))
    }

    private func find(_ name: String, _ context: APIRequestContext) async throws -> ProviderNamespace {
        let all = try await catalog.namespaces(
            caller: try context.caller, subscription: try context.parameter("subscription"))
        guard let found = all.first(where: { $0.name.lowercased() == name.lowercased() }) else {
            throw ARMError(.invalidResourceNamespace, "The resource namespace '\(name.prefix(100))' is invalid.")
        }
        return found
    }

    private func body(_ namespace: ProviderNamespace, _ subscription: String) -> JSONValue {
        .object(
            JSONObject([
                ("id", .string("/subscriptions/\(subscription)/providers/\(namespace.name)")),
                ("namespace", .string(namespace.name)), ("registrationPolicy", .string("RegistrationFree")),
                ("resourceTypes", .array(types(namespace))), ("registrationState", .string("Registered")),
            ]))
    }

    private func types(_ namespace: ProviderNamespace) -> [JSONValue] {
        namespace.types.map { type in
            let versions = type.apiVersions.reversed().map { JSONValue.string($0.description) }
            let usual = type.apiVersions.contains(.reference) ? .reference : type.apiVersions.last
            return .object(
                JSONObject([
                    ("resourceType", .string(type.name)),
                    ("locations", .array(namespace.locations.map { .string($0) })), ("apiVersions", .array(versions)),
                    ("defaultApiVersion", .string((usual ?? .reference).description)),
                    ("capabilities", .string("SupportsTags, SupportsLocation")),
                ]))
        }
    }

    private static func list(_ items: [JSONValue]) -> JSONValue {
        .object(JSONObject([("value", .array(items))]))
    }

    // MARK: Resources

    @Sendable func listResources(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let filter = try ResourceFilter(request.parameters["$filter"] ?? "")
        let group = context.names["resourceGroup"]
        var found = try await catalog.list(
            caller: try context.caller, subscription: try context.parameter("subscription"),
            resourceGroup: group ?? filter.resourceGroup, baseURL: context.baseURL
        ).filter { filter.holds(for: $0) }
        if let count = try request.parameters.positive("$top") { found = Array(found.prefix(count)) }
        return Response(Self.list(found.map { Self.summary($0, request) }))
    }

    /// `GenericResourceExpanded`: the envelope without the properties.
    private static func summary(_ resource: JSONValue, _ request: Request) -> JSONValue {
        let names = ["id", "name", "type", "kind", "location", "tags", "sku", "identity"]
        var object = JSONObject(resource.members.filter { names.contains($0.name) })
        let wanted = (request.parameters["$expand"] ?? "").lowercased().split(separator: ",").map(String.init)
        if wanted.contains("provisioningstate") {
            object.set("provisioningState", resource["properties"]?["provisioningState"])
        }
        if wanted.contains("createdtime") { object.set("createdTime", resource["systemData"]?["createdAt"]) }
        if wanted.contains("changedtime") { object.set("changedTime", resource["systemData"]?["lastModifiedAt"]) }
        return .object(object)
    }

    @Sendable func exportTemplate(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let body = try await request.readBody(isOptional: true)
        let ids = body.strings("resources") ?? ["*"]
        try body.throwProblems(in: "The request for a template")
        let template = try await catalog.template(
            caller: try context.caller, subscription: try context.parameter("subscription"),
            resourceGroup: try context.parameter("resourceGroup"), resources: ids, baseURL: context.baseURL)
        return Response(.object(JSONObject([("template", template)])))
    }
}

/// `$filter` of lists of resources: comparisons of type, name, group and location joined by `and`, and tags.
struct ResourceFilter {
    private var wanted: [(name: String, value: String)] = []

    init(_ text: String) throws(ARMError) {
        for part in text.split(separator: " and ", omittingEmptySubsequences: true) {
            let words = part.split(separator: " ").map(String.init)
            let value = words.dropFirst(2).joined(separator: " ")
            let known = ["resourcetype", "name", "resourcegroup", "location", "tagname", "tagvalue"]
            guard words.count >= 3, words[1].lowercased() == "eq", known.contains(words[0].lowercased()),
                value.hasPrefix("'"), value.hasSuffix("'"), value.count >= 2
            else {
                throw ARMError(
                    .invalidRequestContent,
                    "$filter joins comparisons such as resourceType eq 'type' by 'and'; '\(part.prefix(100))' is none of "
                        + "resourceType, name, resourceGroup, location, tagName and tagValue.", target: "$filter")
            }
            wanted.append((words[0].lowercased(), String(value.dropFirst().dropLast())))
        }
    }

    var resourceGroup: String? { wanted.first { $0.name == "resourcegroup" }?.value }

    func holds(for resource: JSONValue) -> Bool {
        wanted.allSatisfy { name, value in
            switch name {
            case "resourcetype": resource["type"]?.text?.lowercased() == value.lowercased()
            case "name": resource["name"]?.text?.lowercased() == value.lowercased()
            case "location": resource["location"]?.text == value.lowercased().filter { $0 != " " }
            case "tagname": resource["tags"]?[value] != nil
            case "tagvalue": (resource["tags"]?.members ?? []).contains { $0.value.text == value }
            default: true
            }
        }
    }
}
