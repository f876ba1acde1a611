package import Foundation

/// A resource group: a name under a subscription that other resources live in.
package struct ResourceGroup: Sendable, Equatable {
    package var subscription: String
    package var name: String
    package var location: String
    package var tags: [String: String]
    /// It takes nothing new.
    package var isDeleting: Bool

    package init(
        subscription: String, name: String, location: String, tags: [String: String], isDeleting: Bool = false
    ) {
        (self.subscription, self.name, self.location) = (subscription, name, location)
        (self.tags, self.isDeleting) = (tags, isDeleting)
    }

    package var resourceID: ResourceID { .resourceGroup(subscription: subscription, name: name) }
}

/// A workspace: the parent of endpoints and assets.
package struct Workspace: NamedResource, Equatable {
    package var id: UUID
    package var subscription: String
    package var resourceGroup: String
    package var name: String
    package var envelope: ResourceEnvelope
    package var properties: WorkspaceProperties
    package var version: RowVersion
    package var audit: AuditTrail

    package init(
        id: UUID, subscription: String, resourceGroup: String, name: String, envelope: ResourceEnvelope,
        properties: WorkspaceProperties, version: RowVersion, audit: AuditTrail
    ) {
        (self.id, self.subscription, self.resourceGroup) = (id, subscription, resourceGroup)
        (self.name, self.envelope, self.properties) = (name, envelope, properties)
        (self.version, self.audit) = (version, audit)
    }

    package var resourceID: ResourceID {
        .workspace(subscription: subscription, resourceGroup: resourceGroup, name: name)
    }

    /// Container of the default datastore (`workspaceblobstore`) in the artifact store.
    package var blobContainer: String { "\(Self.blobContainerPrefix)\(id.uuidString.lowercased())" }

    package static let blobContainerPrefix = "azureml-blobstore-"

    /// Whether a container of that name is some workspace's.
}

/// `properties` of a workspace that callers set (2024-04-01 `WorkspaceProperties`). ARM ids of services that Sluice
/// does not run are kept and echoed.
package struct WorkspaceProperties: Sendable, Equatable, Codable {
    package var friendlyName: String?
    package var description: String?
    package var storageAccount: String?
    package var keyVault: String?
    package var applicationInsights: String?
    package var containerRegistry: String?
    package var publicNetworkAccess: PublicNetworkAccess?
    package var hbiWorkspace: Bool?

    package init(reading body: BodyReader) {
        friendlyName = body.string("friendlyName")
        description = body.string("description")
        storageAccount = body.string("storageAccount")
        keyVault = body.string("keyVault")
        applicationInsights = body.string("applicationInsights")
        containerRegistry = body.string("containerRegistry")
        publicNetworkAccess = body.enumeration("publicNetworkAccess", of: PublicNetworkAccess.self)
        hbiWorkspace = body.boolean("hbiWorkspace")
    }
}

/// `Enabled` or `Disabled`, for several properties of that shape.
package enum PublicNetworkAccess: String, Sendable, Codable, CaseIterable {
    case enabled = "Enabled"
    case disabled = "Disabled"
}

/// What a caller asks a workspace to be.
package struct WorkspaceRequest: BodyReadable, Equatable {
    package var envelope: ResourceEnvelope
    package var properties: WorkspaceProperties

    package init(envelope: ResourceEnvelope, properties: WorkspaceProperties) {
        (self.envelope, self.properties) = (envelope, properties)
    }

    /// Reads a PUT body; throws all problems at once.
    package init(reading body: BodyReader) throws(ARMError) {
        envelope = ResourceEnvelope(reading: body)
        properties = WorkspaceProperties(reading: body.object("properties"))
        try body.throwProblems(in: "The workspace")
    }
}

/// PATCH of a workspace (`WorkspaceUpdateParameters`): what is present replaces what is stored.
package struct WorkspacePatch: Sendable, Equatable {
    package var tags: [String: String]?
    package var identity: ManagedIdentity?
    package var friendlyName: String?
    package var description: String?
    package var publicNetworkAccess: PublicNetworkAccess?

    package init(reading body: BodyReader) throws(ARMError) {
        tags = body["tags"].isPresent ? ResourceEnvelope.readTags(body) : nil
        identity = ManagedIdentity(reading: body.object("identity"))
        let properties = body.object("properties")
        friendlyName = properties.string("friendlyName")
        description = properties.string("description")
        publicNetworkAccess = properties.enumeration("publicNetworkAccess", of: PublicNetworkAccess.self)
        try body.throwProblems(in: "The change of the workspace")
    }

    /// The stored workspace with the changes.
    package func applied(to workspace: Workspace) -> WorkspaceRequest {
        var request = WorkspaceRequest(envelope: workspace.envelope, properties: workspace.properties)
        if let tags { request.envelope.tags = tags }
        if let identity { request.envelope.identity = identity }
        if let friendlyName { request.properties.friendlyName = friendlyName }
        if let description { request.properties.description = description }
        if let publicNetworkAccess { request.properties.publicNetworkAccess = publicNetworkAccess }
        return request
    }
}
