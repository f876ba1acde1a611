package import Foundation

/// An online endpoint: a stable scoring URI over its deployments.
package struct OnlineEndpoint: OperatedResource, Equatable {
    package var id: UUID
    package var workspace: ResourceID
    package var workspaceID: UUID
    package var name: String
    package var envelope: ResourceEnvelope
    package var properties: OnlineEndpointProperties
    package var provisioningState: ProvisioningState
    package var version: RowVersion
    package var audit: AuditTrail
    /// The operation that last worked on it.
    package var lastOperation: OperationID?

    package init(
        id: UUID, workspace: ResourceID, workspaceID: UUID, name: String, envelope: ResourceEnvelope,
        properties: OnlineEndpointProperties, provisioningState: ProvisioningState, version: RowVersion,
        audit: AuditTrail, lastOperation: OperationID?
    ) {
        (self.id, self.workspace, self.workspaceID, self.name) = (id, workspace, workspaceID, name)
        (self.envelope, self.properties) = (envelope, properties)
        (self.provisioningState, self.version) = (provisioningState, version)
        (self.audit, self.lastOperation) = (audit, lastOperation)
    }

    package var resourceID: ResourceID { workspace.child("onlineEndpoints", name) }
}

/// `authMode` of an endpoint.
package enum EndpointAuthMode: String, Sendable, Codable, CaseIterable {
    case key = "Key"
    case amlToken = "AMLToken"
    case aadToken = "AADToken"
}

/// `properties` of an online endpoint that callers set (2024-04-01 `OnlineEndpointProperties`).
package struct OnlineEndpointProperties: Sendable, Equatable, Codable {
    package var authMode: EndpointAuthMode
    package var description: String?
    /// The caller's own property bag; a PUT adds and changes keys, none gets lost.
    package var properties: [String: String]
    /// Percent of live requests per deployment: all 0, or 100 together.
    package var traffic: [String: Int]
    /// Percent of live requests copied to a deployment.
    package var mirrorTraffic: [String: Int]
    /// ARM id of an attached Kubernetes compute; makes the endpoint one of the Kubernetes kind.
    package var compute: String?
    package var publicNetworkAccess: PublicNetworkAccess

    package init(
        authMode: EndpointAuthMode, description: String? = nil, properties: [String: String] = [:],
        traffic: [String: Int] = [:], mirrorTraffic: [String: Int] = [:], compute: String? = nil,
        publicNetworkAccess: PublicNetworkAccess = .enabled
    ) {
        (self.authMode, self.description, self.properties) = (authMode, description, properties)
        (self.traffic, self.mirrorTraffic) = (traffic, mirrorTraffic)
        (self.compute, self.publicNetworkAccess) = (compute, publicNetworkAccess)
    }
}

/// Keys that the service writes into a resource's property bag; callers send them back with a GET's body.
package enum ServicePropertyKeys {
    package static let operationURI = "AzureAsyncOperationUri"
    package static let endpointID = "azureml.onlineendpointid"
    package static let createdAt = "createdAt"
    package static let createdBy = "createdBy"
    package static let lastModifiedAt = "lastModifiedAt"

    private static let all = Set(
        [operationURI, endpointID, createdAt, createdBy, lastModifiedAt].map { $0.lowercased() })

    /// Whether the service writes a key itself.
    package static func contains(_ key: String) -> Bool { all.contains(key.lowercased()) }

    /// The bag without what the service wrote.
    package static func removed(from bag: [String: String]) -> [String: String] {
        bag.filter { !contains($0.key) }
    }
}

/// What endpoints a list shows.
package struct OnlineEndpointFilter: Sendable, Equatable {
    package var name: String?
    /// Whether the endpoint lies on an attached compute, as Kubernetes endpoints do; nil for either.
    package var onCompute: Bool?
    package var tags: TagFilter?
    package var properties: TagFilter?

    package init(
        name: String? = nil, onCompute: Bool? = nil, tags: TagFilter? = nil, properties: TagFilter? = nil
    ) {
        (self.name, self.onCompute) = (name, onCompute)
        (self.tags, self.properties) = (tags, properties)
    }
}
