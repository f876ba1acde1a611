package import Foundation

/// A role: what its bearers may do. Azure's built-in ones, as far as they concern what is served.
package struct RoleDefinition: Sendable, Equatable {
    package let id: UUID
    package let name: String
    package let description: String
    /// Operations such as `Microsoft.MachineLearningServices/workspaces/read`; `*` stands for any text.
    package let actions: [String]
    package let notActions: [String]
    package let dataActions: [String]

    init(
        _ id: UUID, _ name: String, _ description: String, actions: [String], notActions: [String] = [],
        dataActions: [String] = []
    ) {
        self.id = id
        self.name = name
        self.description = description
        self.actions = actions
        self.notActions = notActions
        self.dataActions = dataActions
    }

    /// Whether the role lets its bearers do something.
    package func allows(_ action: String) -> Bool {
        actions.contains { Self.matches(action, $0) } && !notActions.contains { Self.matches(action, $0) }
    }

    /// Without regard to case.
    static func matches(_ action: String, _ pattern: String) -> Bool {
        let parts = pattern.lowercased().split(separator: "*", omittingEmptySubsequences: false)
        var rest = Substring(action.lowercased())
        guard let first = parts.first, rest.hasPrefix(first) else { return false }
        rest = rest.dropFirst(first.count)
        guard parts.count > 1 else { return rest.isEmpty }
        for part in parts.dropFirst().dropLast() {
            guard let found = rest.ranges(of: part).first else { return false }
            rest = rest[found.upperBound...]
        }
        return parts.last.map { rest.hasSuffix($0) } ?? true
    }

    package static func find(_ id: UUID) -> RoleDefinition? { builtIn.first { $0.id == id } }

    /// Without regard to case.
    package static func find(named name: String) -> RoleDefinition? {
        builtIn.first { $0.name.lowercased() == name.lowercased() }
    }

    /// Ids as Azure has them everywhere.
    package static let builtIn: [RoleDefinition] = [
        RoleDefinition(
            id("8e3af657-a8ff-443c-a75c-2fe8c4bcb635"), "Owner",
            "May do everything, and may assign roles.", actions: ["*"]),
        RoleDefinition(
            id("b24988ac-6180-42a0-ab88-20f7382dd24c"), "Contributor",
            "May do everything but assign roles.", actions: ["*"],
            notActions: [
                "Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write",
                "Microsoft.Authorization/elevateAccess/Action",
            ]),
        RoleDefinition(
            id("acdd72a7-3385-48ef-bd42-f606fba81ae7"), "Reader", "May look at everything.", actions: ["*/read"]),
        RoleDefinition(
            id("18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"), "User Access Administrator",
            "May look at everything, and may assign roles.", actions: ["*/read", "Microsoft.Authorization/*"]),
        RoleDefinition(
            id("f6c7c914-8db3-469d-8ca1-694a8f32e121"), "AzureML Data Scientist",
            "May do everything in a workspace but make, change or delete the workspace itself and its computes.",
            actions: [
                "Microsoft.MachineLearningServices/workspaces/*/read",
                "Microsoft.MachineLearningServices/workspaces/*/action",
                "Microsoft.MachineLearningServices/workspaces/*/delete",
                "Microsoft.MachineLearningServices/workspaces/*/write",
                "Microsoft.MachineLearningServices/workspaces/read",
                "Microsoft.Resources/deployments/*", "Microsoft.Resources/subscriptions/resourceGroups/read",
            ],
            notActions: [
                "Microsoft.MachineLearningServices/workspaces/delete",
                "Microsoft.MachineLearningServices/workspaces/write",
                "Microsoft.MachineLearningServices/workspaces/computes/*/write",
                "Microsoft.MachineLearningServices/workspaces/computes/*/delete",
                "Microsoft.MachineLearningServices/workspaces/listKeys/action",
            ],
            dataActions: ["Microsoft.MachineLearningServices/workspaces/*/score/action"]),
    ]

    private static func id(_ text: String) -> UUID {
        guard let id = UUID(uuidString: text) else { preconditionFailure("\(text) is no UUID") }
        return id
    }

    package static let owner = builtIn[0]
}

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
        self.name = name
        self.scope = scope
        self.roleDefinitionID = roleDefinitionID
        self.principalID = principalID
        self.principalType = principalType
        self.description = description
        self.audit = audit
    }

    package static let type = "Microsoft.Authorization/roleAssignments"

    package var id: String {
        "\(scope == "/" ? "" : scope)/providers/\(Self.type)/\(name.uuidString.lowercased())"
    }

    /// Whether it holds on a place: its scope, or something below.
    package func covers(_ place: String) -> Bool {
        let (scope, place) = (self.scope.lowercased(), place.lowercased())
        return scope == "/" || place == scope || place.hasPrefix(scope + "/")
    }
}

/// The body of a role assignment.
package struct RoleAssignmentRequest: Sendable {
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
