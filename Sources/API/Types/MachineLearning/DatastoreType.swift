import ControlPlane
import Resources

/// `Datastores_*`.
struct DatastoreType: NamedType {
    let service: DatastoreService
    let site: SiteSettings

    /// Datastores on a page unless the caller says otherwise.
    private static let pageCount = 30

    let declaration = TypeDeclaration(
        "Microsoft.MachineLearningServices/workspaces/datastores", versions: APIVersion.machineLearning,
        methods: [.put, .delete], lists: [.parent])

    let secrets = ["properties.credentials"]

    var verbs: [ServedVerb] {
        [
            .post("listSecrets") { call, _ in
                let token = try await service.listSecrets(
                    caller: call.caller, workspace: try call.parentID(), name: call.name)
                var body = Document()
                body.set("secretsType", "Sas")
                body.set("sasToken", token)
                return .secret(body.value)
            }
        ]
    }

    // MARK: The wire

    /// 2024-04-01 `AzureBlobDatastore`.
    func document(_ datastore: Datastore, _ rendering: any Rendering) throws -> JSONValue {
        var credentials = Document()
        credentials.set("credentialsType", "Sas")
        var properties = try Document(encoding: datastore.properties)
        properties.set("datastoreType", "AzureBlob")
        properties.set("isDefault", datastore.isDefault)
        // Clients build the host from it: `https://{accountName}.blob.{endpoint}`.
        properties.set("accountName", site.reachableAccount(rendering))
        properties.set("endpoint", SiteSettings.storageSuffix)
        properties.set("protocol", "https")
        properties.set("credentials", credentials.value)
        properties.set("serviceDataAccessAuthIdentity", "None")
        var body = Document(datastore.resourceID, datastore.audit)
        body.set("properties", properties.value)
        return body.value
    }

    // MARK: Work

    /// It shows no ETag.
    func version(of datastore: Datastore) -> RowVersion? { nil }

    func page(_ parameters: QueryParameters) throws(ARMError) -> PageRequest {
        var page = try parameters.page(defaultCount: Self.pageCount)
        if let isAscending = try parameters.flag("orderByAsc"), parameters["orderBy"] != nil {
            page.order.newestFirst = !isAscending
        }
        return page
    }

    func list(_ call: ServedCall, _ page: PageRequest) async throws -> Page<Datastore> {
        let parameters = call.parameters
        let filter = DatastoreFilter(
            isDefault: try parameters.flag("isDefault"),
            names: parameters["names"]?.split(separator: ",").map(String.init), searchText: parameters["searchText"])
        return try await service.list(caller: call.caller, workspace: try call.parentID(), filter, page: page)
    }

    func predict(_ request: DatastoreRequest, over stored: Datastore) -> Datastore {
        var datastore = stored
        datastore.properties = request.properties
        return datastore
    }
}
