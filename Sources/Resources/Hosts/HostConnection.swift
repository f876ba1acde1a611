package import Foundation

/// Names a host.
package struct HostID: UniqueID {
    package let value: UUID

    package init(_ value: UUID) {
        self.value = value
    }
}

/// What a host says of itself when it registers.
package struct HostFacts: Sendable, Equatable, Codable {
    /// Names of its compute backends; the first runs what names none.
    package var backends: [String]
    /// As `uname -m` prints it.
    package var architecture: String
    /// Most that its replicas may use together; nil for no bound.
    package var cpuMillicores: Int?
    package var memoryBytes: Int64?

    package init(
        backends: [String], architecture: String, cpuMillicores: Int? = nil, memoryBytes: Int64? = nil
    ) {
        (self.backends, self.architecture) = (backends, architecture)
        (self.cpuMillicores, self.memoryBytes) = (cpuMillicores, memoryBytes)
    }
}

/// A host that has registered: from now on nobody who registered as the same host before is heard.
package struct HostSession: Sendable, Equatable, Codable {
    package var host: HostID
    /// Grows with every registration of the host.
    package var epoch: Int64
    /// Everything that is placed on the host.
    package var placements: PlacementChanges

    package init(host: HostID, epoch: Int64, placements: PlacementChanges) {
        (self.host, self.epoch, self.placements) = (host, epoch, placements)
    }
}

/// Placements that were made or changed since a revision.
package struct PlacementChanges: Sendable, Equatable, Codable {
    /// What to ask after next.
    package var revision: Int64
    package var placements: [Placement]

    package init(revision: Int64, placements: [Placement]) {
        (self.revision, self.placements) = (revision, placements)
    }
}

/// What a host reports: the replicas that changed, each as it is now.
package struct HostReport: Sendable, Equatable, Codable {
    package var epoch: Int64
    /// Grows with every report of an epoch: one that comes late changes nothing.
    package var sequence: Int64
    package var replicas: [ReplicaReport]

    package init(epoch: Int64, sequence: Int64, replicas: [ReplicaReport] = []) {
        (self.epoch, self.sequence, self.replicas) = (epoch, sequence, replicas)
    }
}

/// Why a host is not heard.
package enum HostRefusal: Error, Sendable, Equatable {
    /// Somebody else has registered as this host since, or it was marked as lost: it registers anew, and looks at what is placed
    /// on it then.
    case outdatedEpoch
}

/// A host's way to the control plane, in the same process or over a network.
///
/// Every call may be made again: its effect is the same. A call that throws anything but ``HostRefusal`` may have had its
/// effect or not, and proves nothing of what is placed.
///
/// ```swift
/// let session = try await connection.register(facts)          // what is placed: the host becomes that
/// let changes = try await connection.placements(session, after: session.placements.revision, upTo: .seconds(10))
/// try await connection.report(session, HostReport(epoch: session.epoch, sequence: 1, replicas: reports))
/// ```
package protocol HostConnection: Sendable {
    /// Begins an epoch of the host.
    func register(_ facts: HostFacts) async throws -> HostSession

    /// Waits for placements that changed after `revision`, at most `limit`; empty then.
    func placements(
        _ session: HostSession, after revision: Int64, upTo limit: Duration
    ) async throws -> PlacementChanges

    /// What replicas run; those that are not this host's are left out.
    func specifications(
        _ session: HostSession, of keys: Set<SpecificationKey>
    ) async throws -> [SpecificationKey: ReplicaSpecification]

    /// Records how replicas are doing, and that the host is there. A replica reported gone is forgotten.
    func report(_ session: HostSession, _ report: HostReport) async throws

    /// Those of these replicas that belong to nobody: they are not placed here, and no log of theirs is kept for its owner.
    func unplaced(_ session: HostSession, among ids: Set<ReplicaID>) async throws -> Set<ReplicaID>
}
