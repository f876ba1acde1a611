import Foundation
import Resources
import Store
import Testing

@testable import ControlPlane

@Suite struct ReplicaPlanTests {
    /// Replicas as `generation` and `state`, and the actions wanted; `-n` drains the replica at that place.
    struct Case: Sendable, CustomTestStringConvertible {
        let wanted: Int
        let generation: Int64
        let replicas: [(Int64, ReplicaState)]
        let actions: [String]

        var testDescription: String { "\(wanted) of \(generation): \(replicas.map { "\($0.0)\($0.1)" }) → \(actions)" }
    }

    static let cases = [
        Case(wanted: 0, generation: 0, replicas: [], actions: []),
        Case(wanted: 2, generation: 1, replicas: [], actions: ["+1", "+1"]),
        Case(wanted: 2, generation: 1, replicas: [(1, .ready)], actions: ["+1"]),
        Case(wanted: 2, generation: 1, replicas: [(1, .ready), (1, .ready)], actions: []),
        Case(wanted: 2, generation: 1, replicas: [(1, .ready), (1, .draining)], actions: ["+1"]),
        Case(wanted: 2, generation: 1, replicas: [(1, .failed), (1, .pending)], actions: []),
        Case(wanted: 1, generation: 1, replicas: [(1, .ready), (1, .ready), (1, .ready)], actions: ["-1", "-2"]),
        Case(wanted: 1, generation: 1, replicas: [(1, .pending), (1, .ready)], actions: ["-0"]),
        Case(wanted: 1, generation: 1, replicas: [(1, .failed), (1, .pending), (1, .ready)], actions: ["-1", "-0"]),
        Case(wanted: 0, generation: 1, replicas: [(1, .ready), (1, .failed)], actions: ["-0", "-1"]),
        // A rollout: added first, taken away one for one.
        Case(wanted: 2, generation: 2, replicas: [(1, .ready), (1, .ready)], actions: ["+2"]),
        Case(wanted: 2, generation: 2, replicas: [(1, .ready), (1, .ready), (2, .probing)], actions: []),
        Case(wanted: 2, generation: 2, replicas: [(1, .ready), (2, .ready)], actions: ["+2"]),
        Case(wanted: 2, generation: 2, replicas: [(1, .failed), (1, .failed)], actions: ["+2", "+2"]),
        Case(
            wanted: 10, generation: 2, replicas: Array(repeating: (1, .ready), count: 10), actions: ["+2", "+2"]),
        Case(
            wanted: 2, generation: 2, replicas: [(1, .ready), (1, .ready), (2, .probing), (2, .starting)], actions: []),
        Case(
            wanted: 2, generation: 2, replicas: [(1, .ready), (1, .ready), (2, .ready), (2, .starting)], actions: ["-1"]
        ),
        Case(
            wanted: 2, generation: 2, replicas: [(1, .ready), (1, .ready), (2, .ready), (2, .ready)],
            actions: ["-0", "-1"]),
        Case(
            wanted: 2, generation: 2, replicas: [(1, .failed), (1, .ready), (2, .ready), (2, .failed)], actions: ["-0"]),
        // A rollout that also scales.
        Case(
            wanted: 1, generation: 2, replicas: [(1, .ready), (1, .ready), (1, .ready)], actions: ["+2", "-1", "-2"]),
        Case(wanted: 3, generation: 2, replicas: [(1, .ready), (2, .ready)], actions: ["+2", "+2"]),
        // Back to the generation that serves.
        Case(
            wanted: 2, generation: 1, replicas: [(1, .ready), (1, .ready), (2, .failed), (2, .probing)],
            actions: ["-3", "-2"]),
        Case(wanted: 0, generation: 0, replicas: [(1, .failed)], actions: ["-0"]),
    ]

    @Test(arguments: cases) func `the plan brings what is there to what is wanted`(_ one: Case) {
        let workloadID = UUID()
        let rows = one.replicas.map { generation, state in
            ReplicaRow(id: ReplicaID(), workloadID: workloadID, generation: generation, state: state)
        }
        let actions = ReplicaPlan.actions(
            WorkloadReplicas(
                workloadID: workloadID, wanted: one.wanted, generation: one.generation, replicas: rows)
        ).map { action in
            switch action {
            case .create(let generation): "+\(generation)"
            case .drain(let id): "-\(rows.firstIndex { $0.id == id } ?? -1)"
            }
        }
        #expect(actions == one.actions)
    }

    @Test func `no plan takes away what is needed to serve`() {
        for wanted in 0...3 {
            for old in 0...3 {
                for new in 0...3 {
                    for ready in 0...new {
                        let id = UUID()
                        let rows =
                            (0..<old).map { _ in
                                ReplicaRow(id: ReplicaID(), workloadID: id, generation: 1, state: .ready)
                            }
                            + (0..<new).map {
                                ReplicaRow(
                                    id: ReplicaID(), workloadID: id, generation: 2,
                                    state: $0 < ready ? .ready : .probing)
                            }
                        let plan = ReplicaPlan.actions(
                            WorkloadReplicas(workloadID: id, wanted: wanted, generation: 2, replicas: rows))
                        let drained = Set(plan.compactMap { if case .drain(let id) = $0 { id } else { nil } })
                        let left = rows.count { $0.state == .ready && !drained.contains($0.id) }
                        #expect(
                            left >= min(wanted, old + ready), "\(wanted) wanted, \(old) old, \(ready) of \(new) new")
                    }
                }
            }
        }
    }
}
