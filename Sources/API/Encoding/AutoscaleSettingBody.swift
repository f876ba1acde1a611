import Resources

/// `AutoscaleSettingResource`.
struct AutoscaleSettingBody: Encodable {
    let id: String
    let name: String
    let type: String
    let location: String
    let tags: [String: String]
    let properties: AutoscaleProperties
    let systemData: SystemDataBody

    init(_ setting: AutoscaleSetting) {
        id = setting.resourceID.description
        name = setting.resourceID.name
        type = setting.resourceID.type
        location = setting.location
        tags = setting.tags
        var properties = setting.properties
        properties.name = properties.name ?? setting.resourceID.name
        self.properties = properties
        systemData = SystemDataBody(setting.audit)
    }
}
