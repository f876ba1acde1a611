import ControlPlane
import Foundation
import Resources

/// `systemData`.
struct SystemDataBody: Encodable {
    let createdBy: String
    let createdByType = "Application"
    let createdAt: String
    let lastModifiedBy: String
    let lastModifiedByType = "Application"
    let lastModifiedAt: String

    init(_ audit: AuditTrail) {
        createdBy = audit.createdBy
        createdAt = WireDate.text(audit.createdAt)
        lastModifiedBy = audit.lastModifiedBy
        lastModifiedAt = WireDate.text(audit.lastModifiedAt)
    }
}

/// `identity` as it is answered.
struct IdentityBody: Encodable {
    struct UserAssigned: Encodable {
        let principalId: String
        let clientId: String
    }

    let type: ManagedIdentity.Kind
    let principalId: String?
    let tenantId: String?
    let userAssignedIdentities: [String: UserAssigned]?

    /// `owner` is the resource's own id: its system-assigned identity is known by it.
    init(_ identity: ManagedIdentity, owner: UUID, tenantID: String) {
        type = identity.type
        let hasSystemIdentity = identity.type == .systemAssigned || identity.type == .both
        principalId = hasSystemIdentity ? owner.uuidString.lowercased() : nil
        tenantId = hasSystemIdentity ? tenantID : nil
        userAssignedIdentities =
            identity.userAssigned.isEmpty
            ? nil
            : Dictionary(
                identity.userAssigned.map { id in
                    (
                        id,
                        UserAssigned(
                            principalId: owner.uuidString.lowercased(), clientId: owner.uuidString.lowercased())
                    )
                }, uniquingKeysWith: { first, _ in first })
    }
}

/// A tracked resource with its properties.
struct TrackedResourceBody<Properties: Encodable>: Encodable {
    let id: String
    let name: String
    let type: String
    let location: String
    let tags: [String: String]
    let kind: String?
    let identity: IdentityBody?
    let sku: ResourceSKU?
    let properties: Properties
    let systemData: SystemDataBody
    let etag: String
}

/// A proxy resource with its properties: no location, no tags of its own.
struct ProxyResourceBody<Properties: Encodable>: Encodable {
    let id: String
    let name: String
    let type: String
    let properties: Properties
    let systemData: SystemDataBody
}
