package import Foundation

/// A name under a workspace for a container of the artifact store.
package struct Datastore: NamedResource, Equatable {
    package var id: UUID
    package var workspace: ResourceID
    package var name: String
    package var properties: DatastoreProperties
    /// Whether uploads go here that name no datastore.
    package var isDefault: Bool
    package var version: RowVersion
    package var audit: AuditTrail

    package init(
        id: UUID, workspace: ResourceID, name: String, properties: DatastoreProperties, isDefault: Bool,
        version: RowVersion, audit: AuditTrail
    ) {
        (self.id, self.workspace, self.name, self.properties) = (id, workspace, name, properties)
        (self.isDefault, self.version, self.audit) = (isDefault, version, audit)
    }

    package var resourceID: ResourceID { workspace.child("datastores", name) }

    /// Name of the default datastore, which every workspace has.
    package static let defaultName = "workspaceblobstore"
}

/// `AzureBlobDatastore` of the 2024-04-01 specification, as far as callers set it and Sluice keeps it. Credentials are
/// not kept: the container is in our own store.
package struct DatastoreProperties: Sendable, Equatable, Codable {
    package var description: String?
    package var tags: [String: String]
    package var properties: [String: String]
    package var containerName: String

    package init(
        description: String? = nil, tags: [String: String] = [:], properties: [String: String] = [:],
        containerName: String
    ) {
        (self.description, self.tags) = (description, tags)
        (self.properties, self.containerName) = (properties, containerName)
    }
}

/// What a caller asks a datastore to be.
package struct DatastoreRequest: BodyReadable, Equatable {
    package var properties: DatastoreProperties
    /// The storage account as the caller names it.
    package var accountName: String

    /// `datastoreType`; only the first can be served.
    private enum Kind: String, CaseIterable {
        case azureBlob = "AzureBlob"
        case azureDataLakeGen1 = "AzureDataLakeGen1"
        case azureDataLakeGen2 = "AzureDataLakeGen2"
        case azureFile = "AzureFile"
        case oneLake = "OneLake"
    }

    /// Reads a PUT body; throws all problems at once.
    package init(reading body: BodyReader) throws(ARMError) {
        let properties = body.requiredObject("properties")
        if let kind = properties.requiredEnumeration("datastoreType", of: Kind.self), kind != .azureBlob {
            properties["datastoreType"].report("\(kind.rawValue) is not supported; only AzureBlob is")
        }
        accountName = properties.requiredString("accountName")
        self.properties = DatastoreProperties(
            description: properties.string("description"), tags: ResourceEnvelope.readTags(properties),
            properties: properties.stringMap("properties") ?? [:],
            containerName: properties.requiredString("containerName"))
        try body.throwProblems(in: "The datastore")
    }
}

/// What datastores a list shows.
package struct DatastoreFilter: Sendable, Equatable {
    package var isDefault: Bool?
    /// Nil for any name.
    package var names: [String]?
    /// Part of a name.
    package var searchText: String?

    package init(isDefault: Bool? = nil, names: [String]? = nil, searchText: String? = nil) {
        (self.isDefault, self.names, self.searchText) = (isDefault, names, searchText)
    }
}
