import ControlPlane
import FoundationEssentials
import Resources

/// `Workspaces_*`.
struct WorkspaceType: ServedType {
    let service: WorkspaceService
    let site: SiteSettings

    // 200 also for a new one: 2024-04-01 knows no 201 here, and its clients take it for a failure.
    let declaration = TypeDeclaration(
        "Microsoft.MachineLearningServices/workspaces", versions: APIVersion.machineLearning,
        methods: [.put, .patch, .delete], lists: [.subscription, .group], inventory: .group, saysCreated: false)

    /// 2024-04-01 `Workspace`.
    func document(_ workspace: Workspace, _ rendering: any Rendering) throws -> JSONValue {
        var stored = workspace.properties
        stored.friendlyName = stored.friendlyName ?? workspace.name
        stored.publicNetworkAccess = stored.publicNetworkAccess ?? .enabled
        stored.hbiWorkspace = stored.hbiWorkspace ?? false
        var properties = try Document(encoding: stored)
        properties.set("workspaceId", workspace.id.uuidString.lowercased())
        properties.set("provisioningState", "Succeeded")
        properties.set("discoveryUrl", "\(rendering.baseURL)/discovery")
        properties.set("tenantId", site.tenantID)
        var body = Document(workspace.resourceID, workspace.audit)
        try body.set(
            workspace.envelope, owner: workspace.id, tenantID: site.tenantID, kind: "Default",
            sku: ResourceSKU(name: "Basic", tier: "Basic"))
        body.set("properties", properties.value)
        body.set("etag", workspace.version.etag)
        return body.value
    }

    func version(of workspace: Workspace) -> RowVersion? { workspace.version }
    func location(of workspace: Workspace) -> String? { workspace.envelope.location }
    func location(of request: WorkspaceRequest) -> String? { request.envelope.location }

    // MARK: Work

    func get(_ call: ServedCall) async throws -> Workspace {
        try await service.get(caller: call.caller, try call.id())
    }

    func list(_ call: ServedCall, _ page: PageRequest) async throws -> Page<Workspace> {
        let scope = try call.scope()
        return try await service.list(
            caller: call.caller, subscription: scope.subscription, resourceGroup: scope.resourceGroup, page: page)
    }

    func put(
        _ call: ServedCall, _ requested: Requested<WorkspaceRequest, Workspace>
    ) async throws -> Written<Workspace> {
        try await service.put(caller: call.caller, try call.id(), requested.request, if: try call.precondition)
    }

    func patch(_ call: ServedCall, _ body: BodyReader) async throws -> Written<Workspace> {
        let patch = try WorkspacePatch(reading: body)
        let workspace = try await service.patch(
            caller: call.caller, try call.id(), patch, if: try call.precondition)
        return Written(workspace, wasMade: false)
    }

    func delete(_ call: ServedCall) async throws -> Deletion<Workspace> {
        Deletion(
            existed: try await service.delete(caller: call.caller, try call.id(), if: try call.precondition))
    }

    // MARK: Templates

    func checkName(_ address: ResourceAddress) throws(ARMError) { try ResourceName.checkWorkspace(address.name) }

    func predict(_ request: WorkspaceRequest, over stored: Workspace) -> Workspace {
        var workspace = stored
        workspace.envelope = request.envelope
        workspace.properties = request.properties
        return workspace
    }
}
