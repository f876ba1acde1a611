package import Foundation

/// What a workspace knows of a service outside: where it is, and how it is opened. The credentials are kept apart, sealed.
package struct Connection: NamedResource, Equatable {
    package var id: UUID
    package var workspace: ResourceID
    package var workspaceID: UUID
    package var name: String
    package var properties: ConnectionProperties
    package var version: RowVersion
    package var audit: AuditTrail

    package init(
        id: UUID, workspace: ResourceID, workspaceID: UUID, name: String, properties: ConnectionProperties,
        version: RowVersion, audit: AuditTrail
    ) {
        (self.id, self.workspace, self.workspaceID, self.name) = (id, workspace, workspaceID, name)
        (self.properties, self.version, self.audit) = (properties, version, audit)
    }

    package var resourceID: ResourceID { workspace.child("connections", name) }
}

/// `WorkspaceConnectionPropertiesV2` of the 2024-04-01 specification without its credentials.
package struct ConnectionProperties: Sendable, Equatable {
    /// As it was written, in any case of letters: clients compare it so.
    package var category: String
    package var authType: ConnectionAuthType
    package var target: String?
    package var metadata: [String: String]
    package var settings: ConnectionOptions

    package init(
        category: String, authType: ConnectionAuthType, target: String?, metadata: [String: String],
        settings: ConnectionOptions
    ) {
        (self.category, self.authType, self.target) = (category, authType, target)
        (self.metadata, self.settings) = (metadata, settings)
    }
}

/// What is kept of a connection and looked at by nobody but its readers.
package struct ConnectionOptions: Sendable, Equatable, Codable {
    package var isSharedToAll: Bool
    package var sharedUserList: [String]
    /// ISO 8601, as written.
    package var expiryTime: String?
    package var value: String?
}

/// `authType`: which credentials open the service.
package struct ConnectionAuthType: Sendable, Equatable, CustomStringConvertible {
    package let description: String

    private init(known name: String) {
        description = name
    }

    /// A kind that is known gets its own spelling; another one is kept as it is, for newer versions add kinds.
    package init?(_ text: String) {
        guard (1...64).contains(text.count), text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) else {
            return nil
        }
        description = Self.members.keys.first { $0.isSameWord(as: text) } ?? text
    }

    /// Required and other members of `credentials`, by kind; nil for a kind that is not known, which may have any.
    var members: (required: [String], optional: [String])? { Self.members[description] }

    /// `CustomKeys`, whose credentials are named by the caller.
    var hasNamedKeys: Bool { self == Self.customKeys }

    private static let customKeys = ConnectionAuthType(known: "CustomKeys")

    private static let members: [String: (required: [String], optional: [String])] = [
        "ApiKey": (["key"], []), "CustomKeys": (["keys"], []), "PAT": (["pat"], []),
        // The specification calls it `key`, the Python SDK `sas`.
        "AccountKey": ([], ["key", "sas"]), "SAS": (["sas"], []),
        "AccessKey": (["accessKeyId", "secretAccessKey"], []),
        "UsernamePassword": (["username", "password"], ["securityToken"]),
        "ServicePrincipal": (["clientId", "clientSecret", "tenantId"], []),
        "ManagedIdentity": ([], ["clientId", "resourceId"]), "AAD": ([], []), "None": ([], []),
    ]
}

/// What opens a connection's service: texts by name, those of `CustomKeys` one level below. Secret.
package struct ConnectionCredentials: Sendable, Equatable, Codable {
    package var values: [String: String]
    /// Of `CustomKeys`.
    package var keys: [String: String]?

    /// Largest name or value, in bytes, and the number of them.
    private static let lengthLimit = 16_384
    private static let countLimit = 100

    /// Nil where the body holds none.
    init?(reading body: BodyReader, of type: ConnectionAuthType) {
        guard body.isPresent else { return nil }
        values = [:]
        if type.hasNamedKeys {
            keys = body.stringMap("keys")
            if keys == nil { body["keys"].report("is required") }
        } else if let members = type.members {
            for name in members.required { values[name] = body.requiredString(name) }
            for name in members.optional { values[name] = body.string(name) }
        } else {
            keys = body.stringMap("keys")
            for name in body.memberNames where body[name].isPresent && !name.isSameWord(as: "keys") {
                values[name] = body.string(name)
            }
        }
        // One key under both of its names.
        if type.description == "AccountKey" {
            let key = values["key"] ?? values["sas"]
            if key == nil { body["key"].report("is required") }
            values = key.map { ["key": $0, "sas": $0] } ?? [:]
        }
        let all = values.merging(keys ?? [:]) { first, _ in first }
        if all.count > Self.countLimit { body.report("holds more than \(Self.countLimit) values") }
        if all.contains(where: { max($0.key.utf8.count, $0.value.utf8.count) > Self.lengthLimit }) {
            body.report("holds a value of more than \(Self.lengthLimit) bytes")
        }
    }
}

/// What a caller asks a connection to be.
package struct ConnectionRequest: BodyReadable, Equatable {
    package var properties: ConnectionProperties
    /// Nil leaves those that are stored, which nobody who shows a connection gets to see.
    package var credentials: ConnectionCredentials?

    /// Reads a PUT body; throws all problems at once.
    package init(reading body: BodyReader) throws(ARMError) {
        let place = body.requiredObject("properties")
        let written = place.requiredString("authType")
        let authType = ConnectionAuthType(written)
        if authType == nil, !written.isEmpty {
            place["authType"].report("must be 1 to 64 letters and digits")
        }
        let metadata = place.stringMap("metadata") ?? [:]
        if metadata.count > ServiceLimits.tags {
            place["metadata"].report("holds \(metadata.count) values, at most \(ServiceLimits.tags) are allowed")
        }
        properties = ConnectionProperties(
            category: place.requiredString("category"), authType: authType ?? ConnectionAuthType.none,
            target: place.string("target"),
            metadata: metadata,
            settings: ConnectionOptions(
                isSharedToAll: place.boolean("isSharedToAll") ?? false,
                sharedUserList: place.strings("sharedUserList") ?? [], expiryTime: place.string("expiryTime"),
                value: place.string("value")))
        credentials = authType.flatMap { ConnectionCredentials(reading: place.object("credentials"), of: $0) }
        try body.throwProblems(in: "The connection")
    }
}

extension ConnectionAuthType {
    package static let none = ConnectionAuthType(known: "None")

    /// Whether a connection of this kind opens nothing without credentials.
    package var needsCredentials: Bool {
        guard let members else { return false }
        return !members.required.isEmpty || description == "AccountKey"
    }
}

/// What connections a list shows.
package struct ConnectionFilter: Sendable, Equatable {
    package var category: String?
    package var target: String?

    package init(category: String? = nil, target: String? = nil) {
        (self.category, self.target) = (category, target)
    }
}
