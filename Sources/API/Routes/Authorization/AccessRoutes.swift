import ControlPlane
import Foundation
import HTTPTypes
import Hummingbird
import Resources

/// `RoleAssignments_*` and `RoleDefinitions_*`, which extend any resource.
struct AccessRoutes {
    let service: RoleAssignmentService

    private static let provider = PathTemplate("{scope}/providers/Microsoft.Authorization")

    var routes: [APIRoute] {
        let assignments = Self.provider + "roleAssignments"
        let assignment = assignments + "{assignment}"
        let definitions = Self.provider + "roleDefinitions"
        return [
            .get(assignments, use: list), .get(assignment, use: get), .put(assignment, use: put),
            .delete(assignment, use: delete), .get(definitions, use: listDefinitions),
            .get(definitions + "{definition}", use: getDefinition),
        ]
    }

    private func name(_ context: APIRequestContext, _ part: String) throws(ARMError) -> UUID {
        let text = try context.parameter(part)
        guard let name = UUID(uuidString: text) else {
            throw ARMError(
                .invalidResourceName, "The name '\(text.prefix(100))' must be a UUID.", target: "name")
        }
        return name
    }

    // MARK: Assignments

    @Sendable func get(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let found = try await service.get(
            caller: try context.caller, try name(context, "assignment"), scope: try context.parameter("scope"))
        return Response(RoleAssignmentBody.document(found))
    }

    @Sendable func list(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let filter = try AssignmentFilter(request.query("$filter") ?? "")
        let found = try await service.list(
            caller: try context.caller, scope: try context.parameter("scope"), principalID: filter.principalID,
            isAtScope: filter.isAtScope)
        return Response(.object(JSONObject([("value", .array(found.map(RoleAssignmentBody.document)))])))
    }

    @Sendable func put(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let body = try RoleAssignmentRequest(reading: try await request.readBody())
        let outcome = try await service.put(
            caller: try context.caller, try name(context, "assignment"), scope: try context.parameter("scope"), body)
        return Response(RoleAssignmentBody.document(outcome.resource), status: outcome.wasMade ? .created : .ok)
    }

    @Sendable func delete(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let removed = try await service.delete(
            caller: try context.caller, try name(context, "assignment"), scope: try context.parameter("scope"))
        return removed.map { Response(RoleAssignmentBody.document($0)) } ?? Response(status: .noContent)
    }

    // MARK: Definitions

    @Sendable func listDefinitions(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let scope = try context.parameter("scope")
        let name = request.query("$filter").flatMap { filter in
            filter.lowercased().hasPrefix("rolename eq '") ? String(filter.dropFirst(13).dropLast()) : nil
        }
        let found = RoleDefinition.builtIn.filter { name == nil || $0.name.lowercased() == name?.lowercased() }
        return Response(
            .object(JSONObject([("value", .array(found.map { RoleAssignmentBody.document($0, scope) }))])))
    }

    @Sendable func getDefinition(_ request: Request, _ context: APIRequestContext) async throws -> Response {
        let id = try name(context, "definition")
        guard let found = RoleDefinition.find(id) else {
            throw ARMError(
                .resourceNotFound, "The role definition '\(id.uuidString.lowercased())' was not found.")
        }
        return Response(RoleAssignmentBody.document(found, try context.parameter("scope")))
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
