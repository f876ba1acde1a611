package import Foundation

/// A role: what its bearers may do (`RoleDefinition`, Microsoft.Authorization 2022-04-01).
package struct RoleDefinition: Sendable, Equatable {
    package let id: UUID
    package let name: String
    package let description: String
    /// Operations of the management API such as `Microsoft.MachineLearningServices/workspaces/read`; `*` stands for any
    /// text.
    package let actions: [String]
    package let notActions: [String]
    /// Operations on data, such as reading a blob. No action implies one: not even `*`.
    package let dataActions: [String]
    package let notDataActions: [String]

    init(
        _ id: UUID, _ name: String, _ description: String, actions: [String] = [], notActions: [String] = [],
        dataActions: [String] = [], notDataActions: [String] = []
    ) {
        (self.id, self.name, self.description, self.actions) = (id, name, description, actions)
        (self.notActions, self.dataActions) = (notActions, dataActions)
        self.notDataActions = notDataActions
    }

    package static let type = "Microsoft.Authorization/roleDefinitions"

    /// Whether the role grants an operation of the management API.
    package func allows(_ action: String) -> Bool {
        Self.covers(actions, minus: notActions, action)
    }

    /// Whether the role grants an operation on data.
    package func allows(data action: String) -> Bool {
        Self.covers(dataActions, minus: notDataActions, action)
    }

    private static func covers(_ patterns: [String], minus excluded: [String], _ action: String) -> Bool {
        patterns.contains { matches(action, $0) } && !excluded.contains { matches(action, $0) }
    }

    /// Without regard to case. `X/*/read` covers `X/read` too: the built-in roles are written so.
    static func matches(_ action: String, _ pattern: String) -> Bool {
        let (action, pattern) = (action.lowercasedWord, pattern.lowercasedWord)
        return matchesText(action, pattern)
            || (pattern.contains("/*/") && matchesText(action, pattern.replacing("/*/", with: "/")))
    }

    private static func matchesText(_ action: String, _ pattern: String) -> Bool {
        let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
        var rest = Substring(action)
        guard let first = parts.first, let last = parts.last, rest.hasPrefix(first) else { return false }
        rest = rest.dropFirst(first.count)
        guard parts.count > 1 else { return rest.isEmpty }
        for part in parts.dropFirst().dropLast() {
            guard let found = rest.firstRange(of: part) else { return false }
            rest = rest[found.upperBound...]
        }
        return rest.hasSuffix(last)
    }

    package static func find(_ id: UUID) -> RoleDefinition? { builtIn.first { $0.id == id } }

    /// Without regard to case; also by the other names that Azure's own documentation gives a role.
    package static func find(named name: String) -> RoleDefinition? {
        let known = otherNames[name.lowercased()] ?? name
        return builtIn.first { $0.name.lowercased() == known.lowercased() }
    }

    private static let otherNames = [
        "azure machine learning workspace connection secret reader":
            "Azure Machine Learning Workspace Connection Secrets Reader"
    ]
}
