package import Foundation
package import Postgres
package import Resources

/// One replica as it is stored: what the leader wants of it, and how its host says that it is doing.
package struct ReplicaRow: Sendable, Equatable {
    package var id: ReplicaID
    package var workloadID: UUID
    package var generation: Int64
    package var host: HostID
    package var desired: ReplicaDesire
    /// No router sends requests to this life or one before it, and none is inside.
    package var unroutedLife: Int
    /// A failure of this life, or of one before it, is tried again without its pause.
    package var retryLife: Int
    package var reported: ReplicaReport

    package init(
        id: ReplicaID, workloadID: UUID, generation: Int64, host: HostID, desired: ReplicaDesire = .run,
        unroutedLife: Int = 0, retryLife: Int = 0, reported: ReplicaReport? = nil
    ) {
        (self.id, self.workloadID, self.generation, self.host) = (id, workloadID, generation, host)
        (self.desired, self.unroutedLife, self.retryLife) = (desired, unroutedLife, retryLife)
        self.reported = reported ?? ReplicaReport(id: id)
    }

    package var phase: ReplicaPhase { reported.phase }

    package var placement: Placement {
        Placement(
            id: id, specification: SpecificationKey(workloadID: workloadID, generation: generation), desired: desired,
            unroutedLife: unroutedLife, retryLife: retryLife, reported: reported)
    }
}

extension ReplicaRow: RowDecodable {
    static var columns: String {
        """
        r.id, r.workload_id, r.generation, r.host_id, r.desired, r.unrouted_life, r.retry_life, r.life, r.phase, r.address,
        r.failures, r.retry_at, r.error
        """
    }

    package init(_ row: Row) throws {
        let id = ReplicaID(try row("id", as: UUID.self))
        self.init(
            id: id, workloadID: try row("workload_id"), generation: try row("generation"),
            host: HostID(try row("host_id")), desired: try row("desired"), unroutedLife: try row("unrouted_life"),
            retryLife: try row("retry_life"),
            reported: ReplicaReport(
                id: id, life: try row("life"), phase: try row("phase"), address: try row.jsonIfPresent("address"),
                failures: try row("failures"), retryAt: try row("retry_at"), error: try row.jsonIfPresent("error")))
    }
}
