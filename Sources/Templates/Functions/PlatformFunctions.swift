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
        default: throw call.fail("is not implemented")
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
        guard let role = BuiltInRole.all.first(where: { $0.name.lowercased() == name.lowercased() }) else {
            throw call.fail("knows no built-in role '\(name.prefix(100))'")
        }
        return try call.made([
            ("id", .string("/providers/Microsoft.Authorization/roleDefinitions/\(role.id)")),
            ("roleDefinitionId", .string(role.id)),
        ])
    }
}

/// Azure's built-in roles that concern machine learning.
package struct BuiltInRole: Sendable {
    package let name: String
    package let id: String

    package static let all = [
        BuiltInRole(name: "Owner", id: "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"),
        BuiltInRole(name: "Contributor", id: "b24988ac-6180-42a0-ab88-20f7382dd24c"),
        BuiltInRole(name: "Reader", id: "acdd72a7-3385-48ef-bd42-f606fba81ae7"),
        BuiltInRole(name: "User Access Administrator", id: "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"),
        BuiltInRole(name: "AzureML Data Scientist", id: "f6c7c914-8db3-469d-8ca1-694a8f32e121"),
        BuiltInRole(name: "AzureML Compute Operator", id: "e503ece1-11d0-4e8e-8e2c-7a6c3bf38815"),
    ]
}
