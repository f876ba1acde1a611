import Foundation
import Resources

/// What all resources have in common.
extension Document {
    /// Begins a resource: `id`, `name`, `type` and `systemData`.
    init(_ id: ResourceID, _ audit: AuditTrail) {
        set("id", id.description)
        set("name", id.name)
        set("type", id.type)
        set("systemData", audit.document)
    }

    /// `location`, `tags`, `kind`, `identity` and `sku`.
    ///
    /// - Parameters:
    ///   - owner: the resource's own id: its system-assigned identity is known by it.
    ///   - kind: what shows where the resource has no kind; the same of `sku`.
    mutating func set(
        _ envelope: ResourceEnvelope, owner: UUID, tenantID: String, kind: String? = nil, sku: ResourceSKU? = nil
    ) throws {
        set("location", envelope.location)
        try set("tags", encoding: envelope.tags)
        set("kind", envelope.kind ?? kind)
        set("identity", envelope.identity?.document(owner: owner, tenantID: tenantID))
        try set("sku", encoding: envelope.sku ?? sku)
    }
}

extension AuditTrail {
    /// `systemData`.
    fileprivate var document: JSONValue {
        var body = Document()
        body.set("createdBy", createdBy)
        body.set("createdByType", "Application")
        body.set("createdAt", createdAt)
        body.set("lastModifiedBy", lastModifiedBy)
        body.set("lastModifiedByType", "Application")
        body.set("lastModifiedAt", lastModifiedAt)
        return body.value
    }
}

extension ManagedIdentity {
    fileprivate func document(owner: UUID, tenantID: String) -> JSONValue {
        let principal = owner.uuidString.lowercased()
        let hasSystemIdentity = type == .systemAssigned || type == .both
        var body = Document()
        body.set("type", type)
        body.set("principalId", hasSystemIdentity ? principal : nil)
        body.set("tenantId", hasSystemIdentity ? tenantID : nil)
        if !userAssigned.isEmpty {
            var identities = Document()
            for id in Set(userAssigned) {
                var identity = Document()
                identity.set("principalId", principal)
                identity.set("clientId", principal)
                identities.set(id, identity.value)
            }
            body.set("userAssignedIdentities", identities.value)
        }
        return body.value
    }
}
