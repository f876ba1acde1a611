import FoundationEssentials
import Resources

/// Functions of Azure's platform.
enum PlatformFunctions {
    static func evaluate(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        switch call.function {
        case .providers: return try providers(call)
        // No region here has zones.
        case .pickZones: return .array([])
        case .roleDefinitions: return try roleDefinition(call)
        case .toLogicalZone, .toLogicalZones, .toPhysicalZone, .toPhysicalZones:
            throw call.fail("is not supported: there are no availability zones here")
        default: throw call.isOfAnotherGroup
        }
    }

    /// `providers(namespace, type)`; without a type all of the namespace.
    private static func providers(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        let namespace = try call.text(0)
        let known = call.evaluator.environment.context.resourceTypes
        func describe(_ type: DeploymentContext.ResourceType) -> JSONValue {
            .object(
                JSONObject([
                    ("resourceType", .string(String(type.name.drop { $0 != "/" }.dropFirst()))),
                    ("locations", .array(type.locations.map { .string($0) })),
                    ("apiVersions", .array(type.apiVersions.map { .string($0) })),
                ]))
        }
        guard call.count > 1 else {
            let types = known.filter { $0.name.lowercased().hasPrefix(namespace.lowercased() + "/") }
            return try call.made([
                ("namespace", .string(namespace)), ("resourceTypes", .array(types.map(describe))),
            ])
        }
        let name = "\(namespace)/\(try call.text(1))"
        guard let type = known.first(where: { $0.name.lowercased() == name.lowercased() }) else {
            throw call.fail("knows no resource type '\(name.prefix(200))'")
        }
        return describe(type)
    }

    /// Built-in roles by their names.
    private static func roleDefinition(_ call: FunctionCall) throws(EvaluationFailure) -> JSONValue {
        let name = try call.text(0)
        guard
            let id = RoleDefinition.find(named: name)?.id.uuidString.lowercased() ?? unassignable[name.lowercased()]
        else { throw call.fail("knows no built-in role '\(name.prefix(100))'") }
        return try call.made([
            ("id", .string("/providers/Microsoft.Authorization/roleDefinitions/\(id)")),
            ("roleDefinitionId", .string(id)),
        ])
    }

    /// Azure's roles for machine learning that allow nothing of what is served; by names in lower case.
    private static let unassignable = ["azureml compute operator": "e503ece1-11d0-4e8e-8e2c-7a6c3bf38815"]
}
