package import Foundation

/// Who calls: an authenticated principal. A parameter of every service function.
package struct Caller: Sendable, Equatable {
    /// Object id of the principal.
    package var objectID: UUID
    package var applicationID: String
    /// Correlation id of the call, carried through to operations and logs.
    package var correlationID: String

    package init(objectID: UUID, applicationID: String, correlationID: String) {
        (self.objectID, self.applicationID) = (objectID, applicationID)
        self.correlationID = correlationID
    }

    /// As it stands in `createdBy`.
    package var auditName: String { objectID.uuidString.lowercased() }
}
