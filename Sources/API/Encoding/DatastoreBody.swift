import Foundation
import Resources

/// `properties` of a datastore (2024-04-01 `AzureBlobDatastore`).
struct DatastorePropertiesBody: Encodable {
    struct Credentials: Encodable {
        let credentialsType = "Sas"
    }

    let datastoreType = "AzureBlob"
    let description: String?
    let tags: [String: String]
    let properties: [String: String]
    let isDefault: Bool
    /// Clients build the host from it: `https://{accountName}.blob.{endpoint}`.
    let accountName: String
    let containerName: String
    let endpoint = SiteSettings.storageSuffix
    let `protocol` = "https"
    let credentials = Credentials()
    let serviceDataAccessAuthIdentity = "None"
}

extension ProxyResourceBody where Properties == DatastorePropertiesBody {
    init(_ datastore: Datastore, _ context: any Rendering, _ site: SiteSettings) {
        let stored = datastore.properties
        self.init(
            id: datastore.resourceID.description, name: datastore.name, type: datastore.resourceID.type,
            properties: DatastorePropertiesBody(
                description: stored.description, tags: stored.tags, properties: stored.properties,
                isDefault: datastore.isDefault, accountName: site.reachableAccount(context),
                containerName: stored.containerName),
            systemData: SystemDataBody(datastore.audit))
    }
}

/// `SasDatastoreSecrets`.
struct DatastoreSecretsBody: Encodable {
    let secretsType = "Sas"
    let sasToken: String
}
