import ControlPlane
import Resources

/// `ResourceGroups_*`; lists are among ``ScopeRoutes``.
struct ResourceGroupType: ServedType {
    let service: ScopeService
    let deletion: GroupDeletionService

    let declaration = TypeDeclaration(
        ResourceAddress.resourceGroupType, versions: APIVersion.resources, placement: .group,
        methods: [.put, .patch, .delete], lists: [])

    func document(_ group: ResourceGroup, _ rendering: any Rendering) throws -> JSONValue { try group.document }

    func read(_ body: BodyReader) throws(ARMError) -> ResourceEnvelope {
        let envelope = ResourceEnvelope(reading: body)
        try body.throwProblems(in: "The resource group")
        return envelope
    }

    func location(of group: ResourceGroup) -> String? { group.location }
    func location(of request: ResourceEnvelope) -> String? { request.location }

    // MARK: Work

    func get(_ call: ServedCall) async throws -> ResourceGroup {
        try await service.getGroup(
            caller: call.caller, subscription: try Self.subscription(of: call.address), name: call.name)
    }

    func put(
        _ call: ServedCall, _ requested: Requested<ResourceEnvelope, ResourceGroup>
    ) async throws -> Written<ResourceGroup> {
        let group = ResourceGroup(
            subscription: try Self.subscription(of: call.address), name: call.name,
            location: requested.request.location, tags: requested.request.tags)
        return try await service.putGroup(caller: call.caller, group)
    }

    func patch(_ call: ServedCall, _ body: BodyReader) async throws -> Written<ResourceGroup> {
        let tags = body["tags"].isPresent ? ResourceEnvelope.readTags(body) : nil
        try body.throwProblems(in: "The change of the resource group")
        let group = try await service.patchGroup(
            caller: call.caller, subscription: try Self.subscription(of: call.address), name: call.name, tags: tags)
        return Written(group, wasMade: false)
    }

    /// An empty group goes at once; one with content is emptied by an operation.
    func delete(_ call: ServedCall) async throws -> Deletion<ResourceGroup> {
        let operation = try await deletion.delete(
            caller: call.caller, subscription: try Self.subscription(of: call.address), name: call.name)
        return operation.map { .operation($0) } ?? .done
    }

    private static func subscription(of address: ResourceAddress) throws(ARMError) -> String {
        let parts = address.scope.split(separator: "/")
        guard parts.count == 2 else {
            throw ARMError(
                .invalidTemplate, "A resource group can be deployed at subscription scope only.", target: address.id)
        }
        return String(parts[1])
    }

    // MARK: Templates

    func checkName(_ address: ResourceAddress) throws(ARMError) {
        try ResourceName.checkResourceGroup(address.name)
        _ = try Self.subscription(of: address)
    }

    func holder(of address: ResourceAddress) -> String? { nil }

    func predict(_ request: ResourceEnvelope, over stored: ResourceGroup) -> ResourceGroup {
        var group = stored
        group.location = request.location
        group.tags = request.tags
        return group
    }
}

extension ResourceGroup {
    var document: JSONValue {
        get throws {
            var properties = Document()
            properties.set("provisioningState", isDeleting ? "Deleting" : "Succeeded")
            var body = Document()
            body.set("id", resourceID.description)
            body.set("name", name)
            body.set("type", ResourceAddress.resourceGroupType)
            body.set("location", location)
            try body.set("tags", encoding: tags)
            body.set("properties", properties.value)
            return body.value
        }
    }
}
