package import Foundation
package import Postgres
package import Resources
import Store

/// Who may do what: role assignments, and decisions by them before anything is looked up.
package struct AccessService: Sendable {
    private let database: Database

    package init(database: Database) {
        self.database = database
    }

    // MARK: Deciding

    /// Throws `AuthorizationFailed` unless a role of the caller, at the place or above it, lets it.
    package func check(_ caller: Caller, _ action: RequestedAction) async throws {
        try await rights(of: caller).check(action)
    }

    /// For many decisions at one moment.
    func rights(of caller: Caller) async throws -> CallerRights {
        CallerRights(
            caller: caller, assignments: try await RoleAssignmentStore(database).list(principalID: caller.objectID))
    }

    // MARK: Assignments

    package func get(_ name: UUID, scope: String) async throws -> RoleAssignment {
        guard let found = try await RoleAssignmentStore(database).find(name), Self.isSame(found.scope, scope) else {
            throw ARMError(
                .resourceNotFound, "The role assignment '\(name.uuidString.lowercased())' was not found at '\(scope)'.")
        }
        return found
    }

    /// Assignments at a scope and below; those above it too, as ARM lists them. `isAtScope` leaves out what is below.
    package func list(
        scope: String, principalID: UUID?, isAtScope: Bool
    ) async throws -> [RoleAssignment] {
        try await RoleAssignmentStore(database).listAll().filter { assignment in
            let isAbove = assignment.covers(scope)
            let isBelow = scope == "/" || assignment.scope.lowercased().hasPrefix(scope.lowercased() + "/")
            return (isAbove || (isBelow && !isAtScope)) && (principalID == nil || assignment.principalID == principalID)
        }
    }

    /// Makes an assignment; one of the same name may only get another description.
    package func put(
        caller: Caller, _ name: UUID, scope: String, _ request: RoleAssignmentRequest
    ) async throws -> (assignment: RoleAssignment, wasMade: Bool) {
        try await checkPlace(caller, scope)
        let store = RoleAssignmentStore(database)
        if let present = try await store.find(name) {
            guard Self.isSame(present.scope, scope), present.principalID == request.principalID,
                present.roleDefinitionID == request.roleDefinitionID
            else {
                throw ARMError(
                    .roleAssignmentUpdateNotPermitted,
                    "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.")
            }
            if present.description != request.description {
                try await store.update(name, description: request.description, by: caller.auditName)
            }
            return (try await get(name, scope: scope), false)
        }
        let now = Date()
        let assignment = RoleAssignment(
            name: name, scope: scope, roleDefinitionID: request.roleDefinitionID, principalID: request.principalID,
            principalType: request.principalType, description: request.description,
            audit: AuditTrail(
                createdBy: caller.auditName, createdAt: now, lastModifiedBy: caller.auditName, lastModifiedAt: now))
        do {
            try await store.insert(assignment)
        } catch let error as PostgresError {
            guard case .uniqueViolation = error.code else { throw error }
            throw ARMError(.roleAssignmentExists, "The role assignment already exists.")
        }
        return (try await get(name, scope: scope), true)
    }

    /// Subscription and group of a scope must be there.
    private func checkPlace(_ caller: Caller, _ scope: String) async throws {
        let parts = scope.split(separator: "/").map(String.init)
        guard parts.count >= 2, parts[0].lowercased() == "subscriptions" else {
            guard scope == "/" else {
                throw ARMError(
                    .badArgument,
                    "'\(scope.prefix(300))' is no scope: roles are assigned on / and below /subscriptions.")
            }
            return
        }
        let isInGroup = parts.count >= 4 && parts[2].lowercased() == "resourcegroups"
        try await ScopeService(database: database).check(
            caller: caller, subscription: parts[1], resourceGroup: isInGroup ? parts[3] : nil)
    }

    /// The assignment that was removed; nil when there was none.
    package func delete(_ name: UUID, scope: String) async throws -> RoleAssignment? {
        let store = RoleAssignmentStore(database)
        guard let found = try await store.find(name), Self.isSame(found.scope, scope) else { return nil }
        guard try await !isLastOwner(found) else {
            throw ARMError(
                .conflict, "This is the last Owner of everything; without it nobody could assign roles any more.")
        }
        try await store.delete(name)
        return found
    }

    private func isLastOwner(_ assignment: RoleAssignment) async throws -> Bool {
        guard assignment.scope == "/", assignment.roleDefinitionID == RoleDefinition.owner.id else { return false }
        return try await RoleAssignmentStore(database).listAll().count {
            $0.scope == "/" && $0.roleDefinitionID == RoleDefinition.owner.id
        } == 1
    }

    private static func isSame(_ one: String, _ other: String) -> Bool { one.lowercased() == other.lowercased() }
}

/// What a caller may do, by the roles of one moment.
struct CallerRights: Sendable {
    let caller: Caller
    let assignments: [RoleAssignment]

    /// Throws `AuthorizationFailed` unless a role, at the place or above it, lets it.
    func check(_ action: RequestedAction) throws(ARMError) {
        let isAllowed = assignments.contains { assignment in
            assignment.covers(action.scope)
                && RoleDefinition.find(assignment.roleDefinitionID)?.allows(action.name) ?? false
        }
        guard !isAllowed else { return }
        throw ARMError(
            .authorizationFailed,
            "The client '\(caller.applicationID)' with object id '\(caller.auditName)' does not have authorization to "
                + "perform action '\(action.name)' over scope '\(action.scope)' or the scope is invalid. If access was "
                + "recently granted, please refresh your credentials.")
    }
}
