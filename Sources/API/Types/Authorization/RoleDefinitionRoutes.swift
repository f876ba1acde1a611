import Foundation
import HTTPTypes
import Hummingbird
import Resources

/// `RoleDefinitions_*`, which extend any resource: the roles that the code knows.
struct RoleDefinitionRoutes {
    var routes: [APIRoute] {
        let all = PathTemplate("{scope}/providers/\(RoleDefinition.type)")
        return [.get(all, use: list), .get(all + "{definition}", use: get)]
    }

    @Sendable func list(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let scope = try context.parameter("scope")
        let name = request.parameters["$filter"].flatMap { filter in
            filter.lowercased().hasPrefix("rolename eq '") ? String(filter.dropFirst(13).dropLast()) : nil
        }
        let found = RoleDefinition.builtIn.filter { name == nil || $0.name.lowercased() == name?.lowercased() }
        return Response(ListBody.document(found.map { Self.document($0, scope) }))
    }

    @Sendable func get(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let name = try context.parameter("definition")
        guard let id = UUID(uuidString: name) else { throw ARMError.notUUID(name) }
        guard let found = RoleDefinition.find(id) else {
            throw ARMError(.resourceNotFound, "The role definition '\(id.uuidString.lowercased())' was not found.")
        }
        return Response(Self.document(found, try context.parameter("scope")))
    }

    private static func document(_ role: RoleDefinition, _ scope: String) -> JSONValue {
        func texts(_ list: [String]) -> JSONValue { .array(list.map { .string($0) }) }
        let permission = JSONObject([
            ("actions", texts(role.actions)), ("notActions", texts(role.notActions)),
            ("dataActions", texts(role.dataActions)), ("notDataActions", texts(role.notDataActions)),
        ])
        let name = role.id.uuidString.lowercased()
        return .object(
            JSONObject([
                ("id", .string("\(scope == "/" ? "" : scope)/providers/\(RoleDefinition.type)/\(name)")),
                ("name", .string(name)), ("type", .string(RoleDefinition.type)),
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
