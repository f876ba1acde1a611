package import Foundation
import Identity
package import Postgres
package import Resources
package import Store

/// Applications that may call the API.
package struct PrincipalService: Sendable {
    private let database: Database

    package init(database: Database) {
        self.database = database
    }

    /// Makes a principal with roles on a scope, or without any; returns its ids and the secret, which is not kept.
    package func create(
        displayName: String, roles: [RoleDefinition], scope: String = "/"
    ) async throws -> NewPrincipal {
        let secret = try Digests.random(count: 32).base64URL
        let principal = NewPrincipal(objectID: UUID(), applicationID: UUID(), secret: secret)
        let row = PrincipalRow(
            objectID: principal.objectID, applicationID: principal.applicationID, displayName: displayName,
            secretHashes: [try SecretHash(hashing: secret).stored])
        try await database.transaction { transaction in
            try await PrincipalStore(transaction).insert(row)
            let by = principal.objectID.uuidString.lowercased()
            for role in roles {
                try await RoleAssignmentStore(transaction).insert(
                    RoleAssignment(
                        name: UUID(), scope: scope, roleDefinitionID: role.id, principalID: principal.objectID,
                        principalType: .servicePrincipal, description: nil,
                        audit: AuditTrail(
                            createdBy: by, createdAt: Date(), lastModifiedBy: by, lastModifiedAt: Date())))
            }
        }
        return principal
    }

    /// All principals, the oldest first.
    package func list() async throws -> [PrincipalSummary] {
        try await PrincipalStore(database).list()
    }

    /// Lets a principal sign in, or no more: then the API takes its tokens no more, and scoring URIs take them to their
    /// end. False when there is none.
    package func setEnabled(_ isEnabled: Bool, applicationID: UUID) async throws -> Bool {
        try await PrincipalStore(database).setEnabled(isEnabled, applicationID: applicationID)
    }
}

/// A principal that was just made, with the only copy of its secret.
package struct NewPrincipal: Sendable {
    package var objectID: UUID
    package var applicationID: UUID
    package var secret: String
}
