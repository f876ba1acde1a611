package import Foundation
import Postgres
package import Resources
import Store

/// Role assignments.
package struct RoleAssignmentService: Sendable {
    let database: Database

    package func get(caller: Caller, _ name: UUID, scope: String) async throws -> RoleAssignment {
        guard let found = try await RoleAssignmentStore(database).find(name), Self.isSame(found.scope, scope) else {
            throw ARMError(
                .resourceNotFound, "The role assignment '\(name.uuidString.lowercased())' was not found at '\(scope)'.")
        }
        return found
    }

    /// Assignments at a scope and below; those above it too, as ARM lists them. `isAtScope` leaves out what is below.
    package func list(
        caller: Caller, scope: String, principalID: UUID?, isAtScope: Bool
    ) async throws -> [RoleAssignment] {
        try await RoleAssignmentStore(database).listAll().filter { assignment in
            let isAbove = assignment.covers(scope)
            return (isAbove || (!isAtScope && assignment.isBelow(scope)))
                && (principalID == nil || assignment.principalID == principalID)
        }
    }

    /// Makes an assignment; one of the same name may only get another description.
    package func put(
        caller: Caller, _ name: UUID, scope: String, _ request: RoleAssignmentRequest
    ) async throws -> Written<RoleAssignment> {
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
            return Written(try await get(caller: caller, name, scope: scope), wasMade: false)
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
        return Written(try await get(caller: caller, name, scope: scope), wasMade: true)
    }

    /// Subscription and group of a scope must be there, and what is below them must have the form of an id.
    private func checkPlace(_ caller: Caller, _ scope: String) async throws {
        guard scope != "/" else { return }
        let parts = scope.split(separator: "/").map(String.init)
        guard ResourceAddress(id: scope) != nil, parts[0].isSameWord(as: "subscriptions") else {
            throw ARMError(
                .badArgument,
                "'\(scope.prefix(300))' is no scope: roles are assigned on / and below /subscriptions.")
        }
        let isInGroup = parts.count >= 4 && parts[2].isSameWord(as: "resourceGroups")
        try await ScopeService(database: database).check(
            caller: caller, subscription: parts[1], resourceGroup: isInGroup ? parts[3] : nil)
    }

    /// The assignment that was removed; nil when there was none.
    package func delete(caller: Caller, _ name: UUID, scope: String) async throws -> RoleAssignment? {
        try await database.transaction { transaction in
            let store = RoleAssignmentStore(transaction)
            guard let found = try await store.find(name), Self.isSame(found.scope, scope) else { return nil }
            if found.scope == "/", found.roleDefinitionID == RoleDefinition.owner.id {
                // Locked: of two deletions at once, the second one sees what the first one left.
                let owners = try await store.lockAll(scope: "/", roleDefinitionID: RoleDefinition.owner.id)
                guard owners.contains(name) else { return nil }
                guard owners.count > 1 else {
                    throw ARMError(
                        .conflict,
                        "This is the last Owner of everything; without it nobody could assign roles any more.")
                }
            }
            try await store.delete(name)
            return found
        }
    }

    private static func isSame(_ one: String, _ other: String) -> Bool { one.isSameWord(as: other) }
}
