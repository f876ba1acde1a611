import Foundation
import Resources

/// `RoleAssignment` and `RoleDefinition` as they are answered.
enum RoleAssignmentBody {
    private static let definitionType = "Microsoft.Authorization/roleDefinitions"

    static func document(_ assignment: RoleAssignment) -> JSONValue {
        let subscription = assignment.scope.split(separator: "/").prefix(2).joined(separator: "/")
        let role = assignment.roleDefinitionID.uuidString.lowercased()
        var properties = JSONObject([
            (
                "roleDefinitionId",
                .string("\(subscription.isEmpty ? "" : "/\(subscription)")/providers/\(definitionType)/\(role)")
            ),
            ("principalId", .string(assignment.principalID.uuidString.lowercased())),
            ("principalType", .string(assignment.principalType.rawValue)), ("scope", .string(assignment.scope)),
            ("createdOn", .string(WireDate.text(assignment.audit.createdAt))),
            ("updatedOn", .string(WireDate.text(assignment.audit.lastModifiedAt))),
            ("createdBy", .string(assignment.audit.createdBy)),
            ("updatedBy", .string(assignment.audit.lastModifiedBy)),
        ])
        properties.set("description", assignment.description.map { .string($0) })
        return .object(
            JSONObject([
                ("id", .string(assignment.id)), ("name", .string(assignment.name.uuidString.lowercased())),
                ("type", .string(RoleAssignment.type)), ("properties", .object(properties)),
            ]))
    }

    static func document(_ role: RoleDefinition, _ scope: String) -> JSONValue {
        func texts(_ list: [String]) -> JSONValue { .array(list.map { .string($0) }) }
        let permission = JSONObject([
            ("actions", texts(role.actions)), ("notActions", texts(role.notActions)),
            ("dataActions", texts(role.dataActions)), ("notDataActions", texts(role.notDataActions)),
        ])
        let name = role.id.uuidString.lowercased()
        return .object(
            JSONObject([
                ("id", .string("\(scope == "/" ? "" : scope)/providers/\(definitionType)/\(name)")),
                ("name", .string(name)), ("type", .string(definitionType)),
                (
                    "properties",
                    .object(
                        JSONObject([
                            ("roleName", .string(role.name)), ("type", .string("BuiltInRole")),
                            ("description", .string(role.description)), ("assignableScopes", texts(["/"])),
                            ("permissions", .array([.object(permission)])),
                        ]))
                ),
            ]))
    }
}
