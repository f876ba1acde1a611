package import Foundation

/// A role that a principal has on a scope, and on everything below it.
package struct RoleAssignment: Sendable, Equatable {
    package enum PrincipalType: String, Sendable, CaseIterable {
        case user = "User"
        case group = "Group"
        case servicePrincipal = "ServicePrincipal"
        case foreignGroup = "ForeignGroup"
        case device = "Device"
    }

    package var name: UUID
    /// `/` for all; else an id without a slash at its end.
    package var scope: String
    package var roleDefinitionID: UUID
    package var principalID: UUID
    package var principalType: PrincipalType
    package var description: String?
    package var audit: AuditTrail

    package init(
        name: UUID, scope: String, roleDefinitionID: UUID, principalID: UUID, principalType: PrincipalType,
        description: String?, audit: AuditTrail
    ) {
        (self.name, self.scope, self.roleDefinitionID) = (name, scope, roleDefinitionID)
        (self.principalID, self.principalType) = (principalID, principalType)
        (self.description, self.audit) = (description, audit)
    }

    package static let type = "Microsoft.Authorization/roleAssignments"

    package var id: String {
        "\(scope == "/" ? "" : scope)/providers/\(Self.type)/\(name.uuidString.lowercased())"
    }

    /// Whether its scope is somewhere below a place.
    package func isBelow(_ place: String) -> Bool {
        place == "/" ? scope != "/" : scope.lowercasedWord.hasPrefix(place.lowercasedWord + "/")
    }

    /// Whether it holds on a place: its scope, or something below.
    package func covers(_ place: String) -> Bool {
        guard scope != "/" else { return true }
        let (scope, place) = (self.scope.lowercasedWord, place.lowercasedWord)
        return place == scope || place.hasPrefix(scope + "/")
    }
}

/// The body of a role assignment.
package struct RoleAssignmentRequest: BodyReadable {
    package var roleDefinitionID: UUID
    package var principalID: UUID
    package var principalType: RoleAssignment.PrincipalType
    package var description: String?

    package init(reading body: BodyReader) throws(ARMError) {
        let properties = body.requiredObject("properties")
        let role = properties.requiredString("roleDefinitionId")
        let roleID = UUID(uuidString: role.split(separator: "/").last.map(String.init) ?? "")
        if !role.isEmpty, roleID.flatMap(RoleDefinition.find) == nil {
            let known = RoleDefinition.builtIn.map { "\($0.name) (\($0.id.uuidString.lowercased()))" }
            properties["roleDefinitionId"].report(
                "'\(role.prefix(200))' is no role here; roles are \(known.joined(separator: ", "))")
        }
        let principal = properties.requiredString("principalId")
        let principalID = UUID(uuidString: principal)
        if !principal.isEmpty, principalID == nil {
            properties["principalId"].report("'\(principal.prefix(100))' is not a UUID")
        }
        principalType =
            properties.enumeration("principalType", of: RoleAssignment.PrincipalType.self) ?? .servicePrincipal
        description = properties.string("description")
        if properties["condition"].isPresent { properties["condition"].report("is not supported") }
        try body.throwProblems(in: "The role assignment")
        roleDefinitionID = roleID ?? UUID()
        self.principalID = principalID ?? UUID()
    }
}
