import Resources

/// `properties` of an asset's container.
struct AssetContainerPropertiesBody: Encodable {
    let description: String?
    let tags: [String: String]
    let properties: [String: String]
    let isArchived: Bool
    let latestVersion: String?
    let nextVersion: String
    let dataType: DataContent.Kind?
    let provisioningState = "Succeeded"
}

extension ProxyResourceBody where Properties == AssetContainerPropertiesBody {
    init(_ container: AssetContainer) {
        let base = container.properties
        self.init(
            id: container.resourceID.description, name: container.name, type: container.resourceID.type,
            properties: AssetContainerPropertiesBody(
                description: base.description, tags: base.tags, properties: base.properties,
                isArchived: base.isArchived, latestVersion: container.latestVersion, nextVersion: container.nextVersion,
                dataType: base.dataType),
            systemData: SystemDataBody(container.audit))
    }
}

/// `properties` of a version: the common ones, and those of its kind.
struct AssetVersionPropertiesBody: Encodable {
    let base: AssetBaseProperties
    let content: AssetContent

    private enum CodingKeys: String, CodingKey {
        case description, tags, properties, isArchived, isAnonymous, stage, provisioningState
        case codeUri
        case modelUri, modelType, jobName, flavors
        case dataType, dataUri
        case image, condaFile, build, osType, inferenceConfig, environmentType
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(base.description, forKey: .description)
        try container.encode(base.tags, forKey: .tags)
        try container.encode(base.properties, forKey: .properties)
        try container.encode(base.isArchived, forKey: .isArchived)
        try container.encode(base.isAnonymous, forKey: .isAnonymous)
        try container.encodeIfPresent(base.stage, forKey: .stage)
        try container.encode("Succeeded", forKey: .provisioningState)
        switch content {
        case .code(let code):
            try container.encode(code.codeUri, forKey: .codeUri)
        case .model(let model):
            try container.encode(model.modelUri, forKey: .modelUri)
            try container.encode(model.modelType, forKey: .modelType)
            try container.encodeIfPresent(model.jobName, forKey: .jobName)
            try container.encode(model.flavors, forKey: .flavors)
        case .data(let data):
            try container.encode(data.dataType, forKey: .dataType)
            try container.encode(data.dataUri, forKey: .dataUri)
        case .environment(let environment):
            try container.encodeIfPresent(environment.image, forKey: .image)
            try container.encodeIfPresent(environment.condaFile, forKey: .condaFile)
            try container.encodeIfPresent(environment.build, forKey: .build)
            try container.encode(environment.osType, forKey: .osType)
            try container.encodeIfPresent(environment.inferenceConfig, forKey: .inferenceConfig)
            try container.encode("UserCreated", forKey: .environmentType)
        }
    }
}

extension ProxyResourceBody where Properties == AssetVersionPropertiesBody {
    init(_ version: AssetVersion) {
        self.init(
            id: version.resourceID.description, name: version.versionName, type: version.resourceID.type,
            properties: AssetVersionPropertiesBody(base: version.properties, content: version.content),
            systemData: SystemDataBody(version.audit))
    }
}

/// `PendingUploadResponseDto`.
struct PendingUploadBody: Encodable {
    struct BlobReference: Encodable {
        let blobUri: String
        let storageAccountArmId: String
        let credential: Credential
    }

    struct Credential: Encodable {
        let credentialType = "SAS"
        let sasUri: String
    }

    let pendingUploadId: String
    let pendingUploadType = "TemporaryBlobReference"
    let blobReferenceForConsumption: BlobReference
}
