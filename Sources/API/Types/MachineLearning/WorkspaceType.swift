import ControlPlane
import FoundationEssentials
import Resources

/// `Workspaces_*`.
struct WorkspaceType: GroupedType {
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

    func readPatch(_ body: BodyReader) throws(ARMError) -> WorkspacePatch { try WorkspacePatch(reading: body) }

    func predict(_ request: WorkspaceRequest, over stored: Workspace) -> Workspace {
        var workspace = stored
        workspace.envelope = request.envelope
        workspace.properties = request.properties
        return workspace
    }
}
