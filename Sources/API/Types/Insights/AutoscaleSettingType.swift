import ControlPlane
import Resources

/// `AutoscaleSettings_*`.
struct AutoscaleSettingType: ServedType {
    let service: AutoscaleSettingService

    let declaration = TypeDeclaration(
        "Microsoft.Insights/autoscaleSettings", versions: APIVersion.autoscale, methods: [.put, .patch, .delete],
        lists: [.subscription, .group], inventory: .group)

    /// `AutoscaleSettingResource`.
    func document(_ setting: AutoscaleSetting, _ rendering: any Rendering) throws -> JSONValue {
        var properties = setting.properties
        properties.name = properties.name ?? setting.resourceID.name
        var body = Document(setting.resourceID, setting.audit)
        body.set("location", setting.location)
        try body.set("tags", encoding: setting.tags)
        try body.set("properties", encoding: properties)
        return body.value
    }

    func version(of setting: AutoscaleSetting) -> RowVersion? { setting.version }
    func location(of setting: AutoscaleSetting) -> String? { setting.location }
    func location(of request: AutoscaleSettingRequest) -> String? { request.location }

    // MARK: Work

    func get(_ call: ServedCall) async throws -> AutoscaleSetting {
        try await service.get(caller: call.caller, try call.id())
    }

    func list(_ call: ServedCall, _ page: PageRequest) async throws -> Page<AutoscaleSetting> {
        let scope = try call.scope()
        return try await service.list(
            caller: call.caller, subscription: scope.subscription, resourceGroup: scope.resourceGroup, page: page)
    }

    func put(
        _ call: ServedCall, _ requested: Requested<AutoscaleSettingRequest, AutoscaleSetting>
    ) async throws -> Written<AutoscaleSetting> {
        try await service.put(caller: call.caller, try call.id(), requested.request, if: try call.precondition)
    }

    func patch(_ call: ServedCall, _ body: BodyReader) async throws -> Written<AutoscaleSetting> {
        let patch = try AutoscaleSettingPatch(reading: body)
        let setting = try await service.patch(
            caller: call.caller, try call.id(), patch, if: try call.precondition)
        return Written(setting, wasMade: false)
    }

    func delete(_ call: ServedCall) async throws -> Deletion<AutoscaleSetting> {
        Deletion(
            existed: try await service.delete(caller: call.caller, try call.id(), if: try call.precondition))
    }

    // MARK: Templates

    func checkName(_ address: ResourceAddress) throws(ARMError) {
        try ResourceName.checkAutoscaleSetting(address.name)
    }

    func preflight(
        _ call: ServedCall, _ request: AutoscaleSettingRequest, over stored: AutoscaleSetting?,
        _ planned: PlannedResources
    ) async throws -> [ARMError] {
        guard !planned.contains(request.properties.targetResourceUri) else { return [] }
        return try await problems {
            try await service.checkTarget(caller: call.caller, try call.id(), request) {
                planned.contains($0.description)
            }
        }
    }

    func predict(_ request: AutoscaleSettingRequest, over stored: AutoscaleSetting) -> AutoscaleSetting {
        var setting = stored
        setting.location = request.location
        setting.tags = request.tags
        setting.properties = request.properties
        return setting
    }
}
