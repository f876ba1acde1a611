package import Foundation

/// What a tracked resource carries beside its properties.
package struct ResourceEnvelope: Sendable, Equatable, Codable {
    package var location: String
    package var tags: [String: String]
    package var kind: String?
    package var identity: ManagedIdentity?
    package var sku: ResourceSKU?

    package init(
        location: String, tags: [String: String] = [:], kind: String? = nil, identity: ManagedIdentity? = nil,
        sku: ResourceSKU? = nil
    ) {
        (self.location, self.tags, self.kind) = (location, tags, kind)
        (self.identity, self.sku) = (identity, sku)
    }

    /// Reads `location`, `tags`, `kind`, `identity` and `sku` of a body.
    package init(reading body: BodyReader) {
        self.init(reading: body, location: Self.readLocation(body))
    }

    /// The same without the location, which is read otherwise.
    init(reading body: BodyReader, location: String) {
        self.location = location
        tags = Self.readTags(body)
        kind = body.string("kind")
        identity = ManagedIdentity(reading: body.object("identity"))
        sku = ResourceSKU(reading: body.object("sku"))
    }

    /// A region's name, `West Europe` or `westeurope`; part of URLs and host names.
    static func readLocation(_ body: BodyReader) -> String {
        let written = body.requiredString("location")
        let location = written.lowercased().filter { $0 != " " }
        if location.isEmpty, !written.isEmpty { body["location"].report("must not be blank") }
        let isName =
            location.count <= 64
            && location.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
        if !isName { body["location"].report("must have at most 64 letters, digits and hyphens") }
        return location
    }

    package static func readTags(_ body: BodyReader) -> [String: String] {
        let tags = body.stringMap("tags") ?? [:]
        let place = body["tags"]
        let (nameLimit, valueLimit) = (ServiceLimits.tagNameLength, ServiceLimits.tagValueLength)
        if tags.count > ServiceLimits.tags {
            place.report("holds \(tags.count) tags, at most \(ServiceLimits.tags) are allowed")
        }
        for (key, value) in tags where key.count > nameLimit || value.count > valueLimit {
            place.report(
                "the tag '\(key.prefix(40))' is too long: at most \(nameLimit) characters for a name, \(valueLimit) for a value"
            )
        }
        return tags
    }
}

/// `identity` of a resource (ManagedServiceIdentity, common-types v3).
package struct ManagedIdentity: Sendable, Equatable, Codable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        case none = "None"
        case systemAssigned = "SystemAssigned"
        case userAssigned = "UserAssigned"
        case both = "SystemAssigned,UserAssigned"
    }

    package var type: Kind
    /// ARM ids of user-assigned identities.
    package var userAssigned: [String]

    package init?(reading body: BodyReader) {
        guard body.isPresent, let type = body.requiredEnumeration("type", of: Kind.self) else { return nil }
        self.type = type
        userAssigned = body.object("userAssignedIdentities").memberNames
    }
}

/// `sku` of a deployment; `capacity` is its instance count.
package struct ResourceSKU: Sendable, Equatable, Codable {
    package var name: String
    package var tier: String?
    package var size: String?
    package var family: String?
    package var capacity: Int?

    package init(name: String, tier: String? = nil, size: String? = nil, family: String? = nil, capacity: Int? = nil) {
        (self.name, self.tier, self.size) = (name, tier, size)
        (self.family, self.capacity) = (family, capacity)
    }

    package init?(reading body: BodyReader) {
        guard body.isPresent else { return nil }
        name = body.string("name") ?? "Default"
        tier = body.string("tier")
        size = body.string("size")
        family = body.string("family")
        capacity = body.integer("capacity", in: 0...10_000)
    }
}

/// Who made and who last changed a resource, and when.
package struct AuditTrail: Sendable, Equatable, Codable {
    package var createdBy: String
    package var createdAt: Date
    package var lastModifiedBy: String
    package var lastModifiedAt: Date

    package init(createdBy: String, createdAt: Date, lastModifiedBy: String, lastModifiedAt: Date) {
        (self.createdBy, self.createdAt) = (createdBy, createdAt)
        (self.lastModifiedBy, self.lastModifiedAt) = (lastModifiedBy, lastModifiedAt)
    }
}

/// The two counters of a mutable row.
package struct RowVersion: Sendable, Equatable {
    /// Grows with every update; behind the ETag.
    package var revision: Int64
    /// Grows with every change of what the caller asked for.
    package var generation: Int64

    package init(revision: Int64, generation: Int64) {
        (self.revision, self.generation) = (revision, generation)
    }

    package var etag: String { "\"\(revision)\"" }
}
