package import Foundation

/// A stored resource of which it is known who wrote it and when.
package protocol TrackedResource: Sendable {
    var id: UUID { get }
    var audit: AuditTrail { get }
}
