import ControlPlane
import Resources

/// `CodeContainers_*`, and the same of models, environments and data.
struct AssetContainerType: ServedType {
    let kind: AssetKind
    let service: AssetService

    var declaration: TypeDeclaration {
        TypeDeclaration(
            "Microsoft.MachineLearningServices/workspaces/\(kind.rawValue)", versions: APIVersion.machineLearning,
            methods: [.put, .delete], lists: [.parent])
    }

    // MARK: The wire

    func document(_ container: AssetContainer, _ rendering: any Rendering) throws -> JSONValue {
        var properties = try Document(encoding: container.properties)
        // Of versions alone.
        properties.remove("isAnonymous")
        properties.remove("stage")
        properties.set("latestVersion", container.latestVersion)
        properties.set("nextVersion", container.nextVersion)
        properties.set("provisioningState", "Succeeded")
        var body = Document(container.resourceID, container.audit)
        body.set("properties", properties.value)
        return body.value
    }

    func read(_ body: BodyReader) throws(ARMError) -> AssetContainerRequest {
        try AssetContainerRequest(reading: body, kind: kind)
    }

    // MARK: Work

    func get(_ call: ServedCall) async throws -> AssetContainer {
        try await service.getContainer(
            caller: call.caller, workspace: try call.parentID(), kind: kind, name: call.name)
    }

    func list(_ call: ServedCall, _ page: PageRequest) async throws -> Page<AssetContainer> {
        try await service.listContainers(
            caller: call.caller, workspace: try call.parentID(), kind: kind, view: try call.parameters.listView(),
            page: page)
    }

    func put(
        _ call: ServedCall, _ requested: Requested<AssetContainerRequest, AssetContainer>
    ) async throws -> Written<AssetContainer> {
        try await service.putContainer(
            caller: call.caller, workspace: try call.parentID(), kind: kind, name: call.name, requested.request)
    }

    func delete(_ call: ServedCall) async throws -> Deletion<AssetContainer> {
        Deletion(
            existed: try await service.deleteContainer(
                caller: call.caller, workspace: try call.parentID(), kind: kind, name: call.name))
    }

    // MARK: Templates

    func checkName(_ address: ResourceAddress) throws(ARMError) {
        try ResourceName.checkAsset(address.names.last ?? "", kind: kind.noun)
    }

    func predict(_ request: AssetContainerRequest, over stored: AssetContainer) -> AssetContainer {
        var container = stored
        container.properties = request.properties
        return container
    }
}
