import ControlPlane
import Resources

/// `AutoscaleSettings_*`.
struct AutoscaleSettingType: GroupedType {
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

    func readPatch(_ body: BodyReader) throws(ARMError) -> AutoscaleSettingPatch {
        try AutoscaleSettingPatch(reading: body)
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
