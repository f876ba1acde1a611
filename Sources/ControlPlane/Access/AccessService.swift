import Postgres
package import Resources
import Store

/// Who may do what, decided by role assignments before anything is looked up.
package struct AccessService: Sendable {
    let database: Database

    /// Throws `AuthorizationFailed` unless a role of the caller, at the scope or above it, grants the right.
    package func check(_ caller: Caller, _ right: Right) async throws {
        try await rights(of: caller).check(right)
    }

    /// For many decisions at one moment.
    package func rights(of caller: Caller) async throws -> CallerRights {
        CallerRights(
            caller: caller, assignments: try await RoleAssignmentStore(database).list(principalID: caller.objectID))
    }
}
