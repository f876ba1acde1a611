package import Foundation

/// Who calls: an authenticated principal. A parameter of every service function.
package struct Caller: Sendable, Equatable {
    /// Object id of the principal.
    package var objectID: UUID
    package var applicationID: String
    /// Correlation id of the call, carried through to operations and logs.
    package var correlationID: String
    /// The operation on whose behalf the call is made: it waits for those that the call starts.
    package var waiter: OperationID?

    package init(objectID: UUID, applicationID: String, correlationID: String, waiter: OperationID? = nil) {
        (self.objectID, self.applicationID) = (objectID, applicationID)
        (self.correlationID, self.waiter) = (correlationID, waiter)
    }

    /// As it stands in `createdBy`.
    package var auditName: String { objectID.uuidString.lowercased() }
}
