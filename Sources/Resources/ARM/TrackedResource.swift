package import Foundation

/// A stored resource of which it is known who wrote it and when.
package protocol TrackedResource: Sendable {
    var id: UUID { get }
    var audit: AuditTrail { get }
}

/// A tracked resource that lies in a workspace under a name that is its own there.
package protocol NamedResource: TrackedResource {
    var name: String { get }
    var version: RowVersion { get }
}

/// A tracked resource that operations bring about.
package protocol OperatedResource: TrackedResource {
    var resourceID: ResourceID { get }
    var workspaceID: UUID { get }
    var envelope: ResourceEnvelope { get }
    var provisioningState: ProvisioningState { get }
    var version: RowVersion { get }
    /// How much longer than others its operations may take, by what it announces itself.
    var extraTime: Duration { get }
}

extension OperatedResource {
    package var extraTime: Duration { .zero }
}
