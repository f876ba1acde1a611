import ControlPlane
import Resources

/// `OnlineDeployments_*`, and Sluice's own `scalingHistory` and `load`.
struct OnlineDeploymentType: ServedType {
    let service: DeploymentService
    let assets: AssetService
    let logs: DeploymentLogService
    let scaling: ScalingService
    let site: SiteSettings

    let declaration = TypeDeclaration(
        "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments",
        versions: APIVersion.machineLearning, methods: [.put, .patch, .delete], lists: [.parent],
        inventory: .group)

    let hiddenFields: [HiddenField<OnlineDeploymentType>] = [
        HiddenField(
            "properties.egressPublicNetworkAccess", in: ["2022-05-01"], \.properties.egressPublicNetworkAccess,
            from: \.properties.egressPublicNetworkAccess),
        HiddenField(
            "properties.dataCollector",
            in: ["2022-02-01-preview", "2022-05-01", "2022-10-01", "2023-04-01", "2023-10-01"],
            \.properties.dataCollector, from: \.properties.dataCollector),
    ]

    var verbs: [ServedVerb] {
        [
            .post("getLogs", body: .optional) { call, body in
                let content = try await logs.logs(
                    caller: call.caller, endpoint: try call.parentID(), name: call.name,
                    try DeploymentLogsRequest(reading: body))
                var document = Document()
                document.set("content", content)
                return .document(document.value)
            },
            .get("skus") { call, _ in
                let deployment = try await get(call)
                _ = try call.parameters.page()  // there is only one page, however it is asked for
                return .list(Page(items: [Self.sku(deployment)], next: nil))
            },
            .get("scalingHistory") { call, _ in
                let newestFirst = ListOrder(time: .created, newestFirst: true)
                let page = try await scaling.history(
                    caller: call.caller, endpoint: try call.parentID(), name: call.name,
                    page: try call.parameters.page(defaultOrder: newestFirst))
                return .list(try page.map { try $0.document })
            },
            .get("load") { call, _ in
                let minutes = try await scaling.load(
                    caller: call.caller, endpoint: try call.parentID(), name: call.name,
                    minutes: min(try call.parameters.positive("minutes") ?? 60, ScalingService.loadLimit))
                return .list(Page(items: try minutes.map { try $0.document }, next: nil))
            },
        ]
    }

    // MARK: The wire

    /// 2024-04-01 `OnlineDeployment`.
    func document(_ deployment: OnlineDeployment, _ rendering: any Rendering) throws -> JSONValue {
        var stored = deployment.properties
        stored.properties.merge(
            ServiceProperties.bag(deployment, .putDeployment, deployment.lastOperation, rendering)
        ) { _, written in written }
        // Of Kubernetes alone, and there an object even when nothing is set: clients read it.
        let requirements = stored.containerResourceRequirements ?? ContainerResourceRequirements()
        stored.containerResourceRequirements = stored.endpointComputeType == .kubernetes ? requirements : nil
        var properties = try Document(encoding: stored)
        properties.set("provisioningState", deployment.provisioningState)
        var envelope = deployment.envelope
        envelope.sku = envelope.sku ?? ResourceSKU(name: "Default")
        envelope.sku?.capacity = deployment.instanceCount
        var body = Document(deployment.resourceID, deployment.audit)
        try body.set(envelope, owner: deployment.id, tenantID: site.tenantID)
        body.set("properties", properties.value)
        body.set("etag", deployment.version.etag)
        return body.value
    }

    /// `SkuResource`: what the instance count may be set to.
    private static func sku(_ deployment: OnlineDeployment) -> JSONValue {
        var name = Document()
        name.set("name", "Default")
        name.set("tier", "Standard")
        var capacity = Document()
        capacity.set("minimum", 0)
        capacity.set("maximum", OnlineDeploymentRequest.instanceLimit)
        capacity.set("default", 1)
        capacity.set("scaleType", "Manual")
        var body = Document()
        body.set("resourceType", deployment.resourceID.type)
        body.set("sku", name.value)
        body.set("capacity", capacity.value)
        return body.value
    }

    func version(of deployment: OnlineDeployment) -> RowVersion? { deployment.version }
    func location(of deployment: OnlineDeployment) -> String? { deployment.envelope.location }
    func location(of request: OnlineDeploymentRequest) -> String? { request.envelope.location }

    // MARK: Work

    func get(_ call: ServedCall) async throws -> OnlineDeployment {
        try await service.get(caller: call.caller, endpoint: try call.parentID(), name: call.name)
    }

    /// Those of an endpoint; without one, of the group.
    func list(_ call: ServedCall, _ page: PageRequest) async throws -> Page<OnlineDeployment> {
        guard call.address.names.isEmpty else {
            return try await service.list(caller: call.caller, endpoint: try call.parentID(), page: page)
        }
        let scope = try call.scope()
        return try await service.list(
            caller: call.caller, subscription: scope.subscription, resourceGroup: scope.resourceGroup ?? "", page: page)
    }

    func put(
        _ call: ServedCall, _ requested: Requested<OnlineDeploymentRequest, OnlineDeployment>
    ) async throws -> Written<OnlineDeployment> {
        try await service.put(
            caller: call.caller, endpoint: try call.parentID(), name: call.name, requested, if: try call.precondition)
    }

    func patch(_ call: ServedCall, _ body: BodyReader) async throws -> Written<OnlineDeployment> {
        try await service.patch(
            caller: call.caller, endpoint: try call.parentID(), name: call.name,
            try OnlineDeploymentPatch(reading: body), if: try call.precondition)
    }

    func delete(_ call: ServedCall) async throws -> Deletion<OnlineDeployment> {
        Deletion(
            try await service.delete(
                caller: call.caller, endpoint: try call.parentID(), name: call.name, if: try call.precondition))
    }

    // MARK: Templates

    func checkName(_ address: ResourceAddress) throws(ARMError) {
        try ResourceName.checkEndpointOrDeployment(address.names.last ?? "", kind: "deployment")
    }

    func preflight(
        _ call: ServedCall, _ request: OnlineDeploymentRequest, over stored: OnlineDeployment?,
        _ planned: PlannedResources
    ) async throws -> [ARMError] {
        let id = try call.id()
        var found: [ARMError] = []
        if stored == nil, request.properties.endpointComputeType == .kubernetes {
            found += try await problems {
                try ResourceName.checkTogether(endpoint: id.parent.name, deployment: id.name)
            }
        }
        found += try await problems {
            try await service.checkQuota(caller: call.caller, endpoint: id.parent, name: id.name, request)
        }
        let references: [(field: String, text: String?, kind: AssetKind)] = [
            ("model", request.properties.model, .model),
            ("environmentId", request.properties.environmentId, .environment),
            ("codeConfiguration.codeId", request.properties.codeConfiguration?.codeId, .code),
        ]
        for (field, text, kind) in references {
            guard let text, !text.isEmpty else { continue }
            found += try await problem(of: text, kind, field, id, call, planned)
        }
        return found
    }

    /// A registered asset that is named must be there, or be made by the same template.
    private func problem(
        of text: String, _ kind: AssetKind, _ field: String, _ id: ResourceID, _ call: ServedCall,
        _ planned: PlannedResources
    ) async throws -> [ARMError] {
        let target = "$.properties.\(field)"
        let reference: AssetReference
        do {
            reference = try await service.reference(caller: call.caller, text, kind, endpoint: id.parent)
        } catch let error as ARMError {
            return [ARMError(error.code, error.message, target: target)]
        }
        guard case .registered(let name, let version?, _) = reference else { return [] }
        let asset = id.workspace.child(kind.rawValue, name).child("versions", version)
        guard !planned.contains(asset.description) else { return [] }
        let stored = try await unlessMissing {
            try await assets.getVersion(
                caller: call.caller, workspace: id.workspace, kind: kind, name: name, version: version)
        }
        guard stored == nil else { return [] }
        return [
            ARMError(
                .resourceNotFound, "The \(kind.noun) '\(name):\(version)' is not registered in the workspace.",
                target: target)
        ]
    }

    func predict(_ request: OnlineDeploymentRequest, over stored: OnlineDeployment) -> OnlineDeployment {
        var deployment = stored
        deployment.envelope = request.envelope
        deployment.properties = request.properties
        deployment.properties.properties.merge(stored.properties.properties) { new, _ in new }
        deployment.instanceCount = request.instanceCount
        return deployment
    }
}
