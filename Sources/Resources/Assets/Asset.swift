package import Foundation

/// The kinds of versioned assets; the raw value is the collection's name in paths.
package enum AssetKind: String, Sendable, Codable, CaseIterable {
    case code = "codes"
    case model = "models"
    case environment = "environments"
    case data

    /// In messages.
    package var noun: String {
        switch self {
        case .code: "code"
        case .model: "model"
        case .environment: "environment"
        case .data: "data"
        }
    }
}

/// A named asset, the container of its versions.
package struct AssetContainer: TrackedResource, Equatable {
    package var id: UUID
    package var workspace: ResourceID
    package var kind: AssetKind
    package var name: String
    package var properties: AssetBaseProperties
    /// Newest version by time of making; nil without versions.
    package var latestVersion: String?
    /// Next free number.
    package var nextVersion: String
    package var version: RowVersion
    package var audit: AuditTrail

    package init(
        id: UUID, workspace: ResourceID, kind: AssetKind, name: String, properties: AssetBaseProperties,
        latestVersion: String?, nextVersion: String, version: RowVersion, audit: AuditTrail
    ) {
        (self.id, self.workspace, self.kind, self.name) = (id, workspace, kind, name)
        (self.properties, self.latestVersion) = (properties, latestVersion)
        (self.nextVersion, self.version, self.audit) = (nextVersion, version, audit)
    }

    package var resourceID: ResourceID { workspace.child(kind.rawValue, name) }
}

/// One version of an asset.
package struct AssetVersion: TrackedResource, Equatable {
    package var id: UUID
    package var workspace: ResourceID
    package var kind: AssetKind
    package var name: String
    package var versionName: String
    package var properties: AssetBaseProperties
    package var content: AssetContent
    package var version: RowVersion
    package var audit: AuditTrail

    package init(
        id: UUID, workspace: ResourceID, kind: AssetKind, name: String, versionName: String,
        properties: AssetBaseProperties, content: AssetContent, version: RowVersion, audit: AuditTrail
    ) {
        (self.id, self.workspace, self.kind, self.name) = (id, workspace, kind, name)
        (self.versionName, self.properties, self.content) = (versionName, properties, content)
        (self.version, self.audit) = (version, audit)
    }

    package var resourceID: ResourceID { workspace.child(kind.rawValue, name).child("versions", versionName) }
}

/// What every asset carries and may change at any time.
package struct AssetBaseProperties: Sendable, Equatable, Codable {
    package var description: String?
    package var tags: [String: String]
    package var properties: [String: String]
    package var isArchived: Bool
    package var isAnonymous: Bool
    package var stage: String?
    /// Of data containers only: every version is of this type.
    package var dataType: DataContent.Kind?

    package init(
        description: String? = nil, tags: [String: String] = [:], properties: [String: String] = [:],
        isArchived: Bool = false, isAnonymous: Bool = false, stage: String? = nil,
        dataType: DataContent.Kind? = nil
    ) {
        (self.description, self.tags, self.properties) = (description, tags, properties)
        (self.isArchived, self.isAnonymous) = (isArchived, isAnonymous)
        (self.stage, self.dataType) = (stage, dataType)
    }

    init(reading body: BodyReader) {
        self.init(
            description: body.string("description"), tags: ResourceEnvelope.readTags(body),
            properties: body.stringMap("properties") ?? [:], isArchived: body.boolean("isArchived") ?? false,
            isAnonymous: body.boolean("isAnonymous") ?? false, stage: body.string("stage"))
    }
}

/// What a version is made of; never changes.
package enum AssetContent: Sendable, Equatable, Codable {
    case code(CodeContent)
    case model(ModelContent)
    case environment(EnvironmentContent)
    case data(DataContent)

    package var kind: AssetKind {
        switch self {
        case .code: .code
        case .model: .model
        case .environment: .environment
        case .data: .data
        }
    }

    /// Nil for anything but data.
    package var dataType: DataContent.Kind? {
        if case .data(let data) = self { data.dataType } else { nil }
    }
}

/// `CodeVersionProperties`.
package struct CodeContent: Sendable, Equatable, Codable {
    /// `https://…/{account}/{container}/{path}` or a datastore URI.
    package var codeUri: String
}

/// `ModelVersionProperties`.
package struct ModelContent: Sendable, Equatable, Codable {
    package struct Flavor: Sendable, Equatable, Codable {
        package var data: [String: String]
    }

    package var modelUri: String
    package var modelType: String
    package var jobName: String?
    package var flavors: [String: Flavor]
}

/// `DataVersionBaseProperties`.
package struct DataContent: Sendable, Equatable, Codable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        case uriFile = "uri_file"
        case uriFolder = "uri_folder"
        case mltable
    }

    package var dataType: Kind
    /// A datastore URI, a blob's URL, or a public URL; kept as it is.
    package var dataUri: String
}

/// `EnvironmentVersionProperties`.
package struct EnvironmentContent: Sendable, Equatable, Codable {
    package enum OperatingSystem: String, Sendable, Codable, CaseIterable {
        case linux = "Linux"
        case windows = "Windows"
    }

    package struct Build: Sendable, Equatable, Codable {
        package var contextUri: String
        package var dockerfilePath: String
    }

    package struct InferenceRoute: Sendable, Equatable, Codable {
        package var path: String
        package var port: Int
    }

    package struct Inference: Sendable, Equatable, Codable {
        package var livenessRoute: InferenceRoute?
        package var readinessRoute: InferenceRoute?
        package var scoringRoute: InferenceRoute?
    }

    package var image: String?
    package var condaFile: String?
    package var build: Build?
    package var osType: OperatingSystem
    package var inferenceConfig: Inference?
}
