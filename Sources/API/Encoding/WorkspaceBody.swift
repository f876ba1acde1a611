import FoundationEssentials
import Resources

/// `properties` of a workspace (2024-04-01 `WorkspaceProperties`).
struct WorkspacePropertiesBody: Encodable {
    let workspaceId: String
    let friendlyName: String
    let description: String?
    let storageAccount: String?
    let keyVault: String?
    let applicationInsights: String?
    let containerRegistry: String?
    let publicNetworkAccess: PublicNetworkAccess
    let hbiWorkspace: Bool
    let provisioningState = "Succeeded"
    let discoveryUrl: String
    let tenantId: String
}

extension TrackedResourceBody where Properties == WorkspacePropertiesBody {
    init(_ workspace: Workspace, tenantID: String, baseURL: String) {
        let stored = workspace.properties
        self.init(
            id: workspace.resourceID.description, name: workspace.name, type: workspace.resourceID.type,
            location: workspace.envelope.location, tags: workspace.envelope.tags,
            kind: workspace.envelope.kind ?? "Default",
            identity: workspace.envelope.identity.map { IdentityBody($0, owner: workspace.id, tenantID: tenantID) },
            sku: workspace.envelope.sku ?? ResourceSKU(name: "Basic", tier: "Basic"),
            properties: WorkspacePropertiesBody(
                workspaceId: workspace.id.uuidString.lowercased(),
                friendlyName: stored.friendlyName ?? workspace.name, description: stored.description,
                storageAccount: stored.storageAccount, keyVault: stored.keyVault,
                applicationInsights: stored.applicationInsights, containerRegistry: stored.containerRegistry,
                publicNetworkAccess: stored.publicNetworkAccess ?? .enabled, hbiWorkspace: stored.hbiWorkspace ?? false,
                discoveryUrl: "\(baseURL)/discovery", tenantId: tenantID),
            systemData: SystemDataBody(workspace.audit), etag: workspace.version.etag)
    }
}

/// A resource group.
struct ResourceGroupBody: Encodable {
    struct Properties: Encodable {
        let provisioningState: String
    }

    let id: String
    let name: String
    let type = "Microsoft.Resources/resourceGroups"
    let location: String
    let tags: [String: String]
    let properties: Properties

    init(_ group: ResourceGroup) {
        id = group.resourceID.description
        name = group.name
        location = group.location
        tags = group.tags
        properties = Properties(provisioningState: group.isDeleting ? "Deleting" : "Succeeded")
    }
}
