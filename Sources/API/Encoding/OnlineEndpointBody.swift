import ControlPlane
import Resources

/// `properties` of an online endpoint (`OnlineEndpointProperties`), projected on the version that was asked for.
struct OnlineEndpointPropertiesBody: Encodable {
    let authMode: EndpointAuthMode
    let description: String?
    let properties: [String: String]
    let traffic: [String: Int]
    let mirrorTraffic: [String: Int]?
    let compute: String?
    let publicNetworkAccess: PublicNetworkAccess?
    let keys = Nullable<EndpointKeys>(nil)
    let scoringUri: String
    let swaggerUri: String
    let provisioningState: ProvisioningState
}

extension TrackedResourceBody where Properties == OnlineEndpointPropertiesBody {
    init(_ endpoint: OnlineEndpoint, _ context: any Rendering, _ site: SiteSettings) {
        let stored = endpoint.properties
        let version = context.apiVersion
        let base = site.scoring.base(endpoint: endpoint.name, location: endpoint.envelope.location)
        self.init(
            id: endpoint.resourceID.description, name: endpoint.name, type: endpoint.resourceID.type,
            location: endpoint.envelope.location, tags: endpoint.envelope.tags, kind: endpoint.envelope.kind,
            identity: endpoint.envelope.identity.map { IdentityBody($0, owner: endpoint.id, tenantID: site.tenantID) },
            sku: endpoint.envelope.sku,
            properties: OnlineEndpointPropertiesBody(
                authMode: stored.authMode, description: stored.description,
                properties: stored.properties.merging(
                    ServiceProperties.bag(
                        resource: endpoint.resourceID, audit: endpoint.audit, location: endpoint.envelope.location,
                        prefix: OperationKind.putEndpoint.urlPrefix, operation: endpoint.lastOperation,
                        generation: endpoint.version.generation, context)
                ) { _, written in written },
                traffic: stored.traffic, mirrorTraffic: version.knowsMirrorTraffic ? stored.mirrorTraffic : nil,
                compute: stored.compute,
                publicNetworkAccess: version.knowsPublicNetworkAccess ? stored.publicNetworkAccess : nil,
                scoringUri: "\(base)/score", swaggerUri: "\(base)/swagger.json",
                provisioningState: endpoint.provisioningState),
            systemData: SystemDataBody(endpoint.audit), etag: endpoint.version.etag)
    }
}

/// What the service itself writes into the property bag (`surface.md` §3.3): CI scripts read the status URL there.
enum ServiceProperties {
    static func bag(
        resource: ResourceID, audit: AuditTrail, location: String, prefix: String, operation: OperationID?,
        generation: Int64, _ context: any Rendering
    ) -> [String: String] {
        var bag = [
            ServicePropertyKeys.createdAt: WireDate.text(audit.createdAt),
            ServicePropertyKeys.createdBy: audit.createdBy,
            ServicePropertyKeys.lastModifiedAt: WireDate.text(audit.lastModifiedAt),
        ]
        if resource.segments.count == 2 { bag[ServicePropertyKeys.endpointID] = resource.canonical }
        if let operation {
            let path = OperationURL.path(
                "\(prefix):\(operation):\(generation)", .status, resource: resource.description, location: location)
            bag[ServicePropertyKeys.operationURI] = "\(context.baseURL)\(path)?api-version=\(context.apiVersion)"
        }
        return bag
    }
}

/// `EndpointAuthToken`.
struct EndpointTokenBody: Encodable {
    let accessToken: String
    let tokenType = "Bearer"
    let expiryTimeUtc: Int64
    let refreshAfterTimeUtc: Int64

    init(_ token: EndpointToken) {
        accessToken = token.accessToken
        expiryTimeUtc = token.expiryTimeUtc
        refreshAfterTimeUtc = token.refreshAfterTimeUtc
    }
}
