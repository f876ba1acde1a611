import ControlPlane
import Foundation
import Resources

/// `OnlineEndpoints_*`.
struct OnlineEndpointType: ServedType {
    let service: EndpointService
    let deployments: DeploymentService
    let keys: KeyRing
    let signIn: SignInSettings
    let site: SiteSettings

    let declaration = TypeDeclaration(
        "Microsoft.MachineLearningServices/workspaces/onlineEndpoints", versions: APIVersion.machineLearning,
        methods: [.put, .patch, .delete], lists: [.parent], inventory: .groupWithChildren)

    let hiddenFields: [HiddenField<OnlineEndpointType>] = [
        HiddenField(
            "properties.mirrorTraffic", in: ["2022-05-01", "2022-10-01"], \.properties.mirrorTraffic,
            from: \.properties.mirrorTraffic),
        HiddenField(
            "properties.publicNetworkAccess", in: ["2022-05-01"], \.properties.publicNetworkAccess,
            from: \.properties.publicNetworkAccess),
    ]

    let secrets = ["properties.keys"]

    var verbs: [ServedVerb] {
        [
            .post("listKeys") { call, _ in
                let keys = try await service.listKeys(
                    caller: call.caller, workspace: try call.parentID(), name: call.name)
                return .secret(try JSONValue(encoding: keys))
            },
            .post("regenerateKeys", body: .required) { call, body in
                .operation(
                    try await service.regenerateKeys(
                        caller: call.caller, workspace: try call.parentID(), name: call.name,
                        try RegenerateKeysRequest(reading: body)))
            },
            .post("token") { call, _ in
                let token = try await service.createToken(
                    caller: call.caller, workspace: try call.parentID(), name: call.name, keys: keys, settings: signIn,
                    now: Date())
                return .secret(Self.document(token))
            },
        ]
    }

    // MARK: The wire

    /// 2024-04-01 `OnlineEndpoint`.
    func document(_ endpoint: OnlineEndpoint, _ rendering: any Rendering) throws -> JSONValue {
        let base = site.scoring.base(endpoint: endpoint.name, location: endpoint.envelope.location)
        var stored = endpoint.properties
        stored.properties.merge(
            ServiceProperties.bag(endpoint, .putEndpoint, endpoint.lastOperation, rendering)
        ) { _, written in written }
        var properties = try Document(encoding: stored)
        properties.set("keys", JSONValue.null)
        properties.set("scoringUri", "\(base)/score")
        properties.set("swaggerUri", "\(base)/swagger.json")
        properties.set("provisioningState", endpoint.provisioningState)
        var body = Document(endpoint.resourceID, endpoint.audit)
        try body.set(endpoint.envelope, owner: endpoint.id, tenantID: site.tenantID)
        body.set("properties", properties.value)
        body.set("etag", endpoint.version.etag)
        return body.value
    }

    /// `EndpointAuthToken`.
    private static func document(_ token: EndpointToken) -> JSONValue {
        var body = Document()
        body.set("accessToken", token.accessToken)
        body.set("tokenType", "Bearer")
        body.set("expiryTimeUtc", Int(token.expiryTimeUtc))
        body.set("refreshAfterTimeUtc", Int(token.refreshAfterTimeUtc))
        return body.value
    }

    func version(of endpoint: OnlineEndpoint) -> RowVersion? { endpoint.version }
    func location(of endpoint: OnlineEndpoint) -> String? { endpoint.envelope.location }
    func location(of request: OnlineEndpointRequest) -> String? { request.envelope.location }

    // MARK: Work

    func get(_ call: ServedCall) async throws -> OnlineEndpoint {
        try await service.get(caller: call.caller, workspace: try call.parentID(), name: call.name)
    }

    /// Those of a workspace; without one, of the group.
    func list(_ call: ServedCall, _ page: PageRequest) async throws -> Page<OnlineEndpoint> {
        guard call.address.names.isEmpty else {
            return try await service.list(
                caller: call.caller, workspace: try call.parentID(), try filter(call.parameters), page: page)
        }
        let scope = try call.scope()
        return try await service.list(
            caller: call.caller, subscription: scope.subscription, resourceGroup: scope.resourceGroup ?? "", page: page)
    }

    private func filter(_ parameters: QueryParameters) throws(ARMError) -> OnlineEndpointFilter {
        var filter = OnlineEndpointFilter(
            name: parameters["name"], tags: try parameters.tagFilter("tags"),
            properties: try parameters.tagFilter("properties"))
        if let text = parameters["computeType"] {
            filter.onCompute = try parameters.choice(text, "computeType", of: EndpointComputeType.self) != .managed
        }
        return filter
    }

    func put(
        _ call: ServedCall, _ requested: Requested<OnlineEndpointRequest, OnlineEndpoint>
    ) async throws -> Written<OnlineEndpoint> {
        try await service.put(
            caller: call.caller, workspace: try call.parentID(), name: call.name, requested, if: try call.precondition)
    }

    func patch(_ call: ServedCall, _ body: BodyReader) async throws -> Written<OnlineEndpoint> {
        let patch = try OnlineEndpointPatch(reading: body)
        let endpoint = try await service.patch(
            caller: call.caller, workspace: try call.parentID(), name: call.name, patch, if: try call.precondition)
        return Written(endpoint, wasMade: false)
    }

    func delete(_ call: ServedCall) async throws -> Deletion<OnlineEndpoint> {
        Deletion(
            try await service.delete(
                caller: call.caller, workspace: try call.parentID(), name: call.name, if: try call.precondition))
    }

    // MARK: Templates

    func checkName(_ address: ResourceAddress) throws(ARMError) {
        try ResourceName.checkEndpointOrDeployment(address.names.last ?? "", kind: "endpoint")
    }

    /// Deployments that get requests must be there, or be made by the same template.
    func preflight(
        _ call: ServedCall, _ request: OnlineEndpointRequest, over stored: OnlineEndpoint?, _ planned: PlannedResources
    ) async throws -> [ARMError] {
        let present = try await deploymentNames(call)
        var found: [ARMError] = []
        for (field, shares) in [
            ("traffic", request.properties.traffic), ("mirrorTraffic", request.properties.mirrorTraffic),
        ] {
            for name in shares.filter({ $0.value > 0 }).keys.sorted() {
                guard !present.contains(name.lowercased()), !planned.contains(Self.child(call.address, name)) else {
                    continue
                }
                found.append(
                    ARMError(
                        .badArgument, "The endpoint '\(call.name)' has no deployment '\(name)'.",
                        target: "$.properties.\(field).\(name)"))
            }
        }
        return found
    }

    /// Names of the deployments that are there, in lower case.
    private func deploymentNames(_ call: ServedCall) async throws -> Set<String> {
        let id = try call.id()
        let all = try await unlessMissing {
            try await allPages { try await deployments.list(caller: call.caller, endpoint: id, page: $0) }
        }
        return Set((all ?? []).map { $0.name.lowercased() })
    }

    private static func child(_ address: ResourceAddress, _ name: String) -> String {
        ResourceAddress(
            scope: address.scope, type: "\(address.type)/deployments", names: address.names + [name]
        ).id
    }

    func predict(_ request: OnlineEndpointRequest, over stored: OnlineEndpoint) -> OnlineEndpoint {
        var endpoint = stored
        endpoint.envelope = request.envelope
        endpoint.properties = request.properties
        endpoint.properties.properties.merge(stored.properties.properties) { new, _ in new }
        return endpoint
    }

    /// Traffic to deployments that come later waits for them: until then it stays as it is.
    func bodyBeforeChildren(_ call: ServedCall, _ body: JSONValue) async throws -> JSONValue? {
        let present = try await deploymentNames(call)
        let needed = neededChildren(of: call.address, body).compactMap { $0.split(separator: "/").last?.lowercased() }
        guard !needed.allSatisfy(present.contains), case .object(var object) = body,
            case .object(var properties)? = object["properties"]
        else { return nil }
        let stored = try await find(call)
        for (field, shares) in [
            ("traffic", stored?.properties.traffic ?? [:]), ("mirrorTraffic", stored?.properties.mirrorTraffic ?? [:]),
        ] {
            guard let name = properties.members.first(where: { $0.name.lowercased() == field.lowercased() })?.name
            else {
                continue
            }
            let kept = shares.sorted { $0.key < $1.key }.map {
                (name: $0.key, value: JSONValue.integer(Int64($0.value)))
            }
            properties.set(name, .object(JSONObject(kept)))
        }
        object.set("properties", .object(properties))
        return .object(object)
    }

    func neededChildren(of address: ResourceAddress, _ body: JSONValue) -> [String] {
        ["traffic", "mirrorTraffic"].flatMap { field in
            (body["properties"]?[field]?.members ?? []).filter { ($0.value.number ?? 0) > 0 }
                .map { Self.child(address, $0.name) }
        }
    }
}

/// What the service itself writes into the property bag (`surface.md` §3.3): CI scripts read the status URL there.
enum ServiceProperties {
    /// - Parameter operation: the one that last worked on the resource, of the kind `kind`.
    static func bag(
        _ resource: some OperatedResource, _ kind: OperationKind, _ operation: OperationID?, _ rendering: any Rendering
    ) -> [String: String] {
        let (id, audit) = (resource.resourceID, resource.audit)
        var bag = [
            ServicePropertyKeys.createdAt: WireDate.text(audit.createdAt),
            ServicePropertyKeys.createdBy: audit.createdBy,
            ServicePropertyKeys.lastModifiedAt: WireDate.text(audit.lastModifiedAt),
        ]
        if id.segments.count == 2 { bag[ServicePropertyKeys.endpointID] = id.canonical }
        if let operation {
            let path = OperationURL.path(
                "\(kind.urlPrefix):\(operation):\(resource.version.generation)", .status, resource: id.description,
                location: resource.envelope.location)
            bag[ServicePropertyKeys.operationURI] = "\(rendering.baseURL)\(path)?api-version=\(rendering.apiVersion)"
        }
        return bag
    }
}
