import ControlPlane
import Resources

/// `Compute_*`.
struct ComputeType: NamedType {
    let service: ComputeService
    let site: SiteSettings

    let declaration = TypeDeclaration(
        "Microsoft.MachineLearningServices/workspaces/computes", versions: APIVersion.machineLearning,
        methods: [.put, .patch, .delete], lists: [.parent])

    /// A pool without jobs has no nodes; those of a cluster are not this installation's.
    var verbs: [ServedVerb] {
        [
            .post("listNodes") { call, _ in
                let compute = try await get(call)
                guard compute.properties.pool != nil else {
                    throw ARMError(
                        .badArgument, "The compute '\(compute.name)' is an attached cluster; ask it for its nodes.")
                }
                var body = Document()
                body.set("nodes", [JSONValue]())
                return .document(body.value)
            }
        ]
    }

    /// 2024-04-01 `ComputeResource`.
    func document(_ compute: ComputeResource, _ rendering: any Rendering) throws -> JSONValue {
        var stored = compute.properties
        let inner = try stored.pool.map { try $0.document(compute.audit) } ?? JSONValue(encoding: stored.cluster)
        stored.pool = nil
        stored.cluster = nil
        var properties = try Document(encoding: stored)
        properties.set("properties", inner)
        properties.set("computeLocation", compute.envelope.location)
        properties.set("isAttachedCompute", stored.computeType == .kubernetes)
        properties.set("createdOn", compute.audit.createdAt)
        properties.set("modifiedOn", compute.audit.lastModifiedAt)
        properties.set("provisioningState", "Succeeded")
        var body = Document(compute.resourceID, compute.audit)
        try body.set(compute.envelope, owner: compute.id, tenantID: site.tenantID)
        body.set("properties", properties.value)
        return body.value
    }

    func location(of compute: ComputeResource) -> String? { compute.envelope.location }
    func location(of request: ComputeRequest) -> String? { request.location }

    func patch(_ call: ServedCall, _ body: BodyReader) async throws -> Written<ComputeResource> {
        try await service.patch(
            caller: call.caller, workspace: try call.parentID(), name: call.name, try ComputePatch(reading: body),
            if: try call.precondition)
    }

    func preflight(
        _ call: ServedCall, _ request: ComputeRequest, over stored: ComputeResource?, _ planned: PlannedResources
    ) async throws -> [ARMError] {
        try await problems { try service.check(request.properties, over: stored) }
    }

    func predict(_ request: ComputeRequest, over stored: ComputeResource) -> ComputeResource {
        var compute = stored
        compute.envelope = request.envelope
        compute.envelope.location = request.location ?? stored.envelope.location
        compute.properties = request.properties
        return compute
    }
}

extension NodePool {
    fileprivate func document(_ audit: AuditTrail) throws -> JSONValue {
        var counts = Document()
        for state in ["idle", "running", "preparing", "unusable", "leaving", "preempted"] {
            counts.set("\(state)NodeCount", 0)
        }
        var body = try Document(encoding: self)
        body.set("osType", "Linux")
        body.set("remoteLoginPortPublicAccess", "Disabled")
        body.set("enableNodePublicIp", false)
        body.set("allocationState", "Steady")
        body.set("allocationStateTransitionTime", audit.createdAt)
        body.set("currentNodeCount", 0)
        body.set("targetNodeCount", 0)
        body.set("nodeStateCounts", counts.value)
        return body.value
    }
}
