package import Resources

/// What a caller may do, by the roles of one moment.
package struct CallerRights: Sendable {
    package let caller: Caller
    private let assignments: [RoleAssignment]

    init(caller: Caller, assignments: [RoleAssignment]) {
        (self.caller, self.assignments) = (caller, assignments)
    }

    /// Whether a role, at the scope or above it, grants the right.
    package func allow(_ right: Right) -> Bool {
        roles(on: right.scope).contains { $0.allows(right.action) }
    }

    /// The same for an operation on data, such as reading a blob.
    package func allow(data right: Right) -> Bool {
        roles(on: right.scope).contains { $0.allows(data: right.action) }
    }

    /// Throws `AuthorizationFailed` unless a role, at the scope or above it, grants the right.
    package func check(_ right: Right) throws(ARMError) {
        if let problem = problem(right) { throw problem }
    }

    /// `AuthorizationFailed`; nil where a role, at the scope or above it, grants the right.
    func problem(_ right: Right) -> ARMError? {
        guard !allow(right) else { return nil }
        return ARMError(
            .authorizationFailed,
            "The client '\(caller.applicationID)' with object id '\(caller.auditName)' does not have authorization to "
                + "perform action '\(right.action)' over scope '\(right.scope)' or the scope is invalid. If access was "
                + "recently granted, please refresh your credentials.")
    }

    /// Whether the caller has any role on a scope, above it or below it: then it may know that the scope is there.
    package func reach(_ scope: String) -> Bool {
        assignments.contains { $0.covers(scope) || $0.isBelow(scope) }
    }

    private func roles(on scope: String) -> [RoleDefinition] {
        assignments.filter { $0.covers(scope) }.compactMap { RoleDefinition.find($0.roleDefinitionID) }
    }
}
