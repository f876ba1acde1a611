/// What a caller asks an online endpoint to be, with everything checked that needs no look-up.
package struct OnlineEndpointRequest: BodyReadable, Equatable {
    package var envelope: ResourceEnvelope
    package var properties: OnlineEndpointProperties
    /// Keys that the caller brings; only when the endpoint is made.
    package var keys: EndpointKeys?

    package init(envelope: ResourceEnvelope, properties: OnlineEndpointProperties, keys: EndpointKeys? = nil) {
        (self.envelope, self.properties, self.keys) = (envelope, properties, keys)
    }

    /// Reads a PUT body; throws all problems at once.
    package init(reading body: BodyReader) throws(ARMError) {
        envelope = ResourceEnvelope(reading: body)
        AllowedOrigins.check(envelope.tags, body)
        let properties = body.requiredObject("properties")
        let authMode = properties.requiredEnumeration("authMode", of: EndpointAuthMode.self)
        let traffic = Self.readTraffic(properties)
        let mirror = Self.readMirror(properties, traffic: traffic)
        let compute = properties.string("compute")
        if let compute, !compute.isEmpty, ResourceID(compute) == nil {
            properties["compute"].report("'\(compute)' is not an ARM resource id")
        }
        keys = EndpointKeys(reading: properties.object("keys"))
        self.properties = OnlineEndpointProperties(
            authMode: authMode ?? .key,
            description: properties.string("description"),
            properties: ServicePropertyKeys.removed(from: properties.stringMap("properties") ?? [:]),
            traffic: traffic, mirrorTraffic: mirror,
            compute: compute.flatMap { $0.isEmpty ? nil : $0 },
            publicNetworkAccess: properties.enumeration("publicNetworkAccess", of: PublicNetworkAccess.self) ?? .enabled
        )
        try body.throwProblems(in: "The online endpoint")
    }

    private static func readTraffic(_ properties: BodyReader) -> [String: Int] {
        let traffic = properties.integerMap("traffic", in: 0...100) ?? [:]
        reportTwins(in: traffic, properties["traffic"])
        let sum = traffic.values.reduce(0, +)
        if sum != 0, sum != 100 {
            properties["traffic"].report("the percentages must sum to 100, or all be 0; they sum to \(sum)")
        }
        return traffic
    }

    /// Names differ in more than case: `blue` and `Blue` are one deployment.
    private static func reportTwins(in shares: [String: Int], _ place: BodyReader) {
        let groups = Dictionary(grouping: shares.keys) { $0.lowercased() }.values.filter { $0.count > 1 }
        for names in groups {
            place.report("names one deployment more than once: \(names.sorted().joined(separator: ", "))")
        }
    }

    /// Mirroring goes to deployments without live traffic; several are allowed, each up to 100 %.
    private static func readMirror(_ properties: BodyReader, traffic: [String: Int]) -> [String: Int] {
        let mirror = properties.integerMap("mirrorTraffic", in: 0...100) ?? [:]
        reportTwins(in: mirror, properties["mirrorTraffic"])
        for (name, percent) in mirror where percent > 0 {
            let live = traffic.first { $0.key.lowercased() == name.lowercased() }?.value ?? 0
            if live > 0 {
                properties["mirrorTraffic"][name].report("the deployment has live traffic and can't be mirrored to")
            }
        }
        return mirror
    }
}

/// The two keys of an endpoint (`EndpointAuthKeys`). Secrets: never logged, sealed at rest.
package struct EndpointKeys: Sendable, Equatable, Codable {
    package var primaryKey: String
    package var secondaryKey: String

    package init(primaryKey: String, secondaryKey: String) {
        (self.primaryKey, self.secondaryKey) = (primaryKey, secondaryKey)
    }

    /// Length that a caller's own key must have.
    private static let lengths = 16...256

    /// Both keys or none.
    init?(reading body: BodyReader) {
        guard body.isPresent else { return nil }
        guard body["primaryKey"].isPresent || body["secondaryKey"].isPresent else { return nil }
        primaryKey = body.requiredString("primaryKey")
        secondaryKey = body.requiredString("secondaryKey")
        for (name, key) in [("primaryKey", primaryKey), ("secondaryKey", secondaryKey)] where !key.isEmpty {
            Self.check(key, body[name])
        }
    }

    /// A key that a caller brings.
    static func check(_ key: String, _ place: BodyReader) {
        let isUsable = lengths.contains(key.utf8.count) && key.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        if !isUsable { place.report("must be 16 to 256 printable ASCII characters without spaces") }
    }
}

/// Body of `regenerateKeys` (`RegenerateEndpointKeysRequest`).
package struct RegenerateKeysRequest: Sendable, Equatable {
    package enum KeyType: String, Sendable, CaseIterable {
        case primary = "Primary"
        case secondary = "Secondary"
    }

    package var keyType: KeyType
    /// The value to set; nil for a fresh one.
    package var keyValue: String?

    package init(reading body: BodyReader) throws(ARMError) {
        keyType = body.requiredEnumeration("keyType", of: KeyType.self) ?? .primary
        keyValue = body.string("keyValue").flatMap { $0.isEmpty ? nil : $0 }
        if let keyValue { EndpointKeys.check(keyValue, body["keyValue"]) }
        try body.throwProblems(in: "The request for new keys")
    }
}
