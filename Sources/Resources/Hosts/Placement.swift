package import Foundation

/// A replica that was placed on a host: what the leader wants of it.
package struct Placement: Sendable, Equatable, Codable {
    package var id: ReplicaID
    package var specification: SpecificationKey
    package var desired: ReplicaDesire
    /// No router sends requests to this life or one before it any more, and none is inside.
    package var unroutedLife: Int
    /// A failure of this life, or of one before it, is followed by the next life at once.
    package var retryLife: Int
    /// What the host reported last.
    package var reported: ReplicaReport

    package init(
        id: ReplicaID, specification: SpecificationKey, desired: ReplicaDesire = .run, unroutedLife: Int = 0,
        retryLife: Int = 0, reported: ReplicaReport
    ) {
        (self.id, self.specification, self.desired) = (id, specification, desired)
        (self.unroutedLife, self.retryLife, self.reported) = (unroutedLife, retryLife, reported)
    }
}

/// Names a specification, which never changes.
package struct SpecificationKey: Sendable, Hashable, Codable {
    package var workloadID: UUID
    package var generation: Int64

    package init(workloadID: UUID, generation: Int64) {
        (self.workloadID, self.generation) = (workloadID, generation)
    }
}

/// How a replica is doing, as its host sees it.
package struct ReplicaReport: Sendable, Equatable, Codable {
    package var id: ReplicaID
    /// Number of the life that is under way or was the last; 0 before the first.
    package var life: Int
    package var phase: ReplicaPhase
    /// Where the process of this life listens; nil while none runs.
    package var address: ReplicaAddress?
    /// Failed lives in a row.
    package var failures: Int
    /// When the next life begins, by the host's clock; of a failed replica.
    package var retryAt: Date?
    /// Why the last life ended; of a failed replica.
    package var error: ARMError?

    package init(
        id: ReplicaID, life: Int = 0, phase: ReplicaPhase = .pending, address: ReplicaAddress? = nil,
        failures: Int = 0, retryAt: Date? = nil, error: ARMError? = nil
    ) {
        (self.id, self.life, self.phase, self.address) = (id, life, phase, address)
        (self.failures, self.retryAt, self.error) = (failures, retryAt, error)
    }

    package var key: ReplicaKey { ReplicaKey(id, life: life) }
}
