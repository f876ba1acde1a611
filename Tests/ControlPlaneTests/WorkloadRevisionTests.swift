import Foundation
import Postgres
import Resources
import Store
import TestSupport
import Testing

@testable import ControlPlane

/// Which changes of a workload and its replicas the planner looks at.
@Suite struct WorkloadRevisionTests {
    /// What may happen to a workload, and whether its plan may be another then.
    enum Change: CaseIterable, Sendable {
        case wanted, sameWanted, targeted, returned, proven, deleting, replicaReady, replicaProbing, replicaGone

        var isPlanned: Bool {
            switch self {
            case .sameWanted, .proven, .replicaProbing: false
            default: true
            }
        }
    }

    @Test(arguments: Change.allCases)
    func `the planner looks at a workload when its plan may be another`(change: Change) async throws {
        try await StoreFixture.with { fixture in
            let store = WorkloadStore(fixture.database)
            let endpoint = try await fixture.makeEndpoint()
            let deployment = try await fixture.makeTargetedDeployment(of: endpoint)
            let host = try await fixture.makeHost()
            let replica = try await fixture.makeReplica(change == .replicaGone ? .ready : .starting, of: deployment)
            try await ReplicaStore(fixture.database).stop(change == .replicaGone ? [replica] : [])
            let due = try await store.lockUnplanned(limit: 10, except: [])
            #expect(due.map(\.id) == [deployment.id] && due[0].target == WorkloadTarget(wanted: 1, generation: 1))
            #expect(due[0].resources == StoreFixture.specification(generation: 1).resources)
            try await store.markPlanned(ids: due.map(\.id), shortfalls: [:])
            #expect(try await store.lockUnplanned(limit: 10, except: []).isEmpty)
            switch change {
            case .wanted: try await store.want(2, id: deployment.id)
            case .sameWanted: try await store.want(1, id: deployment.id)
            case .targeted: try await store.setTarget(id: deployment.id, StoreFixture.specification(generation: 2))
            case .returned: try await store.returnToProven(id: deployment.id)
            case .proven: try await store.markProven(id: deployment.id)
            case .deleting: try await DeploymentStore(fixture.database).markDeleting(endpointID: endpoint.id)
            case .replicaReady, .replicaProbing, .replicaGone:
                let phase: ReplicaPhase =
                    change == .replicaReady ? .ready : change == .replicaProbing ? .probing : .gone
                let report = HostReport(
                    epoch: 1, sequence: 1, replicas: [StoreFixture.reported(phase, replica.id)])
                try await HostService(database: fixture.database, hub: SignalHub()).report(
                    HostSession(
                        host: host, epoch: 1, placements: PlacementChanges(revision: 0, placements: [])), report)
            }
            #expect(try await store.lockUnplanned(limit: 10, except: []).isEmpty != change.isPlanned)
        }
    }
}
