import ControlPlane
import Resources

/// `CodeVersions_*`, and the same of models, environments and data.
struct AssetVersionType: ServedType {
    let kind: AssetKind
    let service: AssetService
    let uploads: PendingUploadService
    let site: SiteSettings

    var declaration: TypeDeclaration {
        TypeDeclaration(
            "Microsoft.MachineLearningServices/workspaces/\(kind.rawValue)/versions",
            versions: APIVersion.machineLearning, methods: [.put, .delete], lists: [.parent])
    }

    /// Files are uploaded to make a version; an environment has none.
    var verbs: [ServedVerb] {
        guard kind != .environment else { return [] }
        return [
            .post("startPendingUpload", isWrite: true, body: .optional) { call, body in
                // Read for their form alone: every upload gets an id and a place of its own.
                _ = (body.string("pendingUploadId"), body.string("pendingUploadType"))
                try body.throwProblems(in: "The request for an upload")
                let id = try call.id()
                let upload = try await uploads.start(
                    caller: call.caller, workspace: id.workspace, kind: kind, name: id.parent.name, version: id.name)
                return .secret(document(upload, id, call))
            }
        ]
    }

    // MARK: The wire

    /// 2024-04-01 `CodeVersion` and the like: the properties that all have, and those of the kind.
    func document(_ version: AssetVersion, _ rendering: any Rendering) throws -> JSONValue {
        var properties = try Document(encoding: version.properties)
        switch version.content {
        case .code(let code): try properties.add(code)
        case .model(let model): try properties.add(model)
        case .data(let data): try properties.add(data)
        case .environment(let environment):
            try properties.add(environment)
            properties.set("environmentType", "UserCreated")
        }
        properties.set("provisioningState", "Succeeded")
        var body = Document(version.resourceID, version.audit)
        body.set("properties", properties.value)
        return body.value
    }

    /// `PendingUploadResponseDto`.
    private func document(_ upload: PendingUpload, _ id: ResourceID, _ rendering: any Rendering) -> JSONValue {
        let uri = "\(rendering.baseURL)/\(site.storageAccount)/\(upload.container)"
        var credential = Document()
        credential.set("credentialType", "SAS")
        credential.set("sasUri", "\(uri)?\(upload.signature)")
        var reference = Document()
        reference.set("blobUri", uri)
        reference.set(
            "storageAccountArmId",
            "/subscriptions/\(id.subscription)/resourceGroups/\(id.resourceGroup)/providers/Microsoft.Storage/storageAccounts/\(site.storageAccount)"
        )
        reference.set("credential", credential.value)
        var body = Document()
        body.set("pendingUploadId", upload.id)
        body.set("pendingUploadType", "TemporaryBlobReference")
        body.set("blobReferenceForConsumption", reference.value)
        return body.value
    }

    func read(_ body: BodyReader) throws(ARMError) -> AssetVersionRequest {
        try AssetVersionRequest(reading: body, kind: kind)
    }

    // MARK: Work

    func get(_ call: ServedCall) async throws -> AssetVersion {
        let id = try call.id()
        return try await service.getVersion(
            caller: call.caller, workspace: id.workspace, kind: kind, name: id.parent.name, version: id.name)
    }

    func list(_ call: ServedCall, _ page: PageRequest) async throws -> Page<AssetVersion> {
        let parameters = call.parameters
        let filter = AssetVersionFilter(
            view: try parameters.listView(), hash: kind == .code ? parameters["hash"] : nil,
            version: parameters["version"], description: parameters["description"], stage: parameters["stage"],
            tags: try parameters.tagFilter("tags"), properties: try parameters.tagFilter("properties"))
        let container = try call.parentID()
        return try await service.listVersions(
            caller: call.caller, workspace: container.workspace, kind: kind, name: container.name, filter, page: page)
    }

    func put(
        _ call: ServedCall, _ requested: Requested<AssetVersionRequest, AssetVersion>
    ) async throws -> Written<AssetVersion> {
        let id = try call.id()
        return try await service.putVersion(
            caller: call.caller, workspace: id.workspace, kind: kind, name: id.parent.name, version: id.name,
            requested.request)
    }

    func delete(_ call: ServedCall) async throws -> Deletion<AssetVersion> {
        let id = try call.id()
        return Deletion(
            existed: try await service.deleteVersion(
                caller: call.caller, workspace: id.workspace, kind: kind, name: id.parent.name, version: id.name))
    }

    // MARK: Templates

    func checkName(_ address: ResourceAddress) throws(ARMError) {
        try ResourceName.checkAsset(address.names.dropLast().last ?? "", kind: kind.noun)
        try ResourceName.checkAsset(address.names.last ?? "", kind: "\(kind.noun) version")
    }

    /// The container is made with its first version: only the workspace must be there.
    func holder(of address: ResourceAddress) -> String? { address.parent?.parent?.id }

    func preflight(
        _ call: ServedCall, _ request: AssetVersionRequest, over stored: AssetVersion?, _ planned: PlannedResources
    ) async throws -> [ARMError] {
        try await problems {
            if let stored {
                try AssetService.checkUnchanged(stored, request)
            } else {
                try await service.checkPlace(caller: call.caller, request, workspace: try call.id().workspace)
            }
        }
    }

    func predict(_ request: AssetVersionRequest, over stored: AssetVersion) -> AssetVersion {
        var version = stored
        version.properties = request.properties
        version.content = request.content
        return version
    }
}
