import ControlPlane
import Foundation
import HTTPTypes
import Hummingbird
import Resources

/// `RoleAssignments_*` and `RoleDefinitions_*`. They extend any resource, so they are found by the end of their path.
struct AccessRoutes: RouterMiddleware {
    typealias Context = APIRequestContext

    let access: AccessService

    private static let marker = "/providers/microsoft.authorization/"

    /// What a path names: the scope, and the type and name behind the provider.
    private struct Target {
        var scope: String
        var type: String
        var name: String?
    }

    @concurrent func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard let target = Self.target(request.uri.path) else { return try await next(request, context) }
        switch (target.type.lowercased(), request.method) {
        case ("roleassignments", .get): return try await readAssignments(target, request)
        case ("roleassignments", .put): return try await put(target, request, context)
        case ("roleassignments", .delete): return try await delete(target)
        case ("roledefinitions", .get): return try readDefinitions(target, request)
        default: return try await next(request, context)
        }
    }

    private static func target(_ path: String) -> Target? {
        guard let marker = path.lowercased().ranges(of: marker).last else { return nil }
        // Lower case has the same length in paths, which are ASCII.
        let start = path.utf8.index(
            path.startIndex,
            offsetBy: path.lowercased().utf8.distance(from: path.lowercased().startIndex, to: marker.lowerBound))
        let scope = String(path[..<start]).removingPercentEncoding ?? ""
        let rest = path[start...].split(separator: "/").dropFirst(2).map(String.init)
        guard let type = rest.first, rest.count <= 2 else { return nil }
        return Target(scope: scope.isEmpty ? "/" : scope, type: type, name: rest.count > 1 ? rest[1] : nil)
    }

    private func name(_ target: Target) throws(ARMError) -> UUID {
        guard let name = target.name.flatMap({ UUID(uuidString: $0) }) else {
            throw ARMError(
                .invalidResourceName, "The name '\((target.name ?? "").prefix(100))' must be a UUID.", target: "name")
        }
        return name
    }

    // MARK: Assignments

    private func readAssignments(_ target: Target, _ request: Request) async throws -> Response {
        if target.name != nil {
            let found = try await access.get(try name(target), scope: target.scope)
            return Response(RoleAssignmentBody.document(found))
        }
        let filter = try AssignmentFilter(request.query("$filter") ?? "")
        let found = try await access.list(
            scope: target.scope, principalID: filter.principalID, isAtScope: filter.isAtScope)
        return Response(.object(JSONObject([("value", .array(found.map(RoleAssignmentBody.document)))])))
    }

    private func put(_ target: Target, _ request: Request, _ context: Context) async throws -> Response {
        let wish = try RoleAssignmentRequest(reading: try await request.readBody())
        let outcome = try await access.put(
            caller: try context.caller, try name(target), scope: target.scope, wish)
        return Response(RoleAssignmentBody.document(outcome.assignment), status: outcome.wasMade ? .created : .ok)
    }

    private func delete(_ target: Target) async throws -> Response {
        guard let gone = try await access.delete(try name(target), scope: target.scope) else {
            return Response(status: .noContent)
        }
        return Response(RoleAssignmentBody.document(gone))
    }

    // MARK: Definitions

    private func readDefinitions(_ target: Target, _ request: Request) throws -> Response {
        guard target.name != nil else {
            let name = request.query("$filter").flatMap { filter in
                filter.lowercased().hasPrefix("rolename eq '") ? String(filter.dropFirst(13).dropLast()) : nil
            }
            let found = RoleDefinition.builtIn.filter { name == nil || $0.name.lowercased() == name?.lowercased() }
            return Response(
                .object(JSONObject([("value", .array(found.map { RoleAssignmentBody.document($0, target.scope) }))])))
        }
        guard let found = RoleDefinition.find(try name(target)) else {
            throw ARMError(.resourceNotFound, "The role definition '\(target.name ?? "")' was not found.")
        }
        return Response(RoleAssignmentBody.document(found, target.scope))
    }
}

/// `$filter` of lists of role assignments: `atScope()`, `principalId eq '…'` or `assignedTo('…')`.
private struct AssignmentFilter {
    var principalID: UUID?
    var isAtScope = false

    init(_ text: String) throws(ARMError) {
        for part in text.split(separator: " and ").map(String.init) {
            if part.lowercased() == "atscope()" {
                isAtScope = true
                continue
            }
            let id = part.split(separator: "'").dropFirst().first.flatMap { UUID(uuidString: String($0)) }
            let isPrincipal =
                part.lowercased().hasPrefix("principalid eq '") || part.lowercased().hasPrefix("assignedto('")
            guard isPrincipal, let id else {
                throw ARMError(
                    .invalidRequestContent,
                    "$filter can be atScope(), principalId eq '{id}' and assignedTo('{id}'), not '\(part.prefix(100))'.",
                    target: "$filter")
            }
            principalID = id
        }
    }
}

/// `RoleAssignment` and `RoleDefinition` as they are answered.
enum RoleAssignmentBody {
    private static let definitionType = "Microsoft.Authorization/roleDefinitions"

    static func document(_ assignment: RoleAssignment) -> JSONValue {
        let scope = assignment.scope == "/" ? "" : assignment.scope
        let subscription = scope.split(separator: "/").prefix(2).joined(separator: "/")
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
            ("dataActions", texts(role.dataActions)), ("notDataActions", .array([])),
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
