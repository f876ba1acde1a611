import ControlPlane
import Foundation
import Resources

/// `RoleAssignments_*`, which extend any resource.
struct RoleAssignmentType: ServedType {
    let service: RoleAssignmentService

    let declaration = TypeDeclaration(
        RoleAssignment.type, versions: APIVersion.authorization, placement: .extension, methods: [.put, .delete],
        lists: [.parent])

    func document(_ assignment: RoleAssignment, _ rendering: any Rendering) -> JSONValue {
        let subscription = assignment.scope.split(separator: "/").prefix(2).joined(separator: "/")
        let role = assignment.roleDefinitionID.uuidString.lowercased()
        var properties = JSONObject([
            (
                "roleDefinitionId",
                .string("\(subscription.isEmpty ? "" : "/\(subscription)")/providers/\(RoleDefinition.type)/\(role)")
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

    // MARK: Work

    func get(_ call: ServedCall) async throws -> RoleAssignment {
        try await service.get(caller: call.caller, try call.address.uuid, scope: call.address.scopeOrRoot)
    }

    /// All are on one page.
    func page(_ parameters: QueryParameters) -> PageRequest { PageRequest() }

    func list(_ call: ServedCall, _ page: PageRequest) async throws -> Page<RoleAssignment> {
        let filter = try AssignmentFilter(call.parameters["$filter"] ?? "")
        let found = try await service.list(
            caller: call.caller, scope: call.address.scopeOrRoot, principalID: filter.principalID,
            isAtScope: filter.isAtScope)
        return Page(items: found, next: nil)
    }

    func put(
        _ call: ServedCall, _ requested: Requested<RoleAssignmentRequest, RoleAssignment>
    ) async throws -> Written<RoleAssignment> {
        try await service.put(
            caller: call.caller, try call.address.uuid, scope: call.address.scopeOrRoot, requested.request)
    }

    func delete(_ call: ServedCall) async throws -> Deletion<RoleAssignment> {
        let removed = try await service.delete(
            caller: call.caller, try call.address.uuid, scope: call.address.scopeOrRoot)
        return removed.map { .returning($0) } ?? .absent
    }

    // MARK: Templates

    func checkName(_ address: ResourceAddress) throws(ARMError) {
        guard UUID(uuidString: address.name) == nil else { return }
        throw ARMError(
            .invalidResourceName,
            "The name of a role assignment must be a UUID, such as guid() makes; '\(address.name.prefix(100))' is none.",
            target: "$.name")
    }

    func holder(of address: ResourceAddress) -> String? { nil }

    func predict(_ request: RoleAssignmentRequest, over stored: RoleAssignment) -> RoleAssignment {
        var assignment = stored
        assignment.roleDefinitionID = request.roleDefinitionID
        assignment.principalID = request.principalID
        assignment.description = request.description
        return assignment
    }
}

extension ARMError {
    /// What `Microsoft.Authorization` says of a name that is none.
    static func notUUID(_ name: String) -> ARMError {
        ARMError(.invalidResourceName, "The name '\(name.prefix(100))' must be a UUID.", target: "name")
    }
}

extension ResourceAddress {
    fileprivate var scopeOrRoot: String { scope.isEmpty ? "/" : scope }

    fileprivate var uuid: UUID {
        get throws(ARMError) {
            guard let uuid = UUID(uuidString: name) else { throw ARMError.notUUID(name) }
            return uuid
        }
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
