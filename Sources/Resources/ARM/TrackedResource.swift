package import Foundation

/// A stored resource of which it is known who wrote it and when.
package protocol TrackedResource: Sendable {
    var id: UUID { get }
    var audit: AuditTrail { get }
}

extension Workspace: TrackedResource {}
extension OnlineEndpoint: TrackedResource {}
extension OnlineDeployment: TrackedResource {}
extension AutoscaleSetting: TrackedResource {}
extension Datastore: TrackedResource {}
extension AssetContainer: TrackedResource {}
extension AssetVersion: TrackedResource {}
