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
        let replicas: [(Int64, ReplicaPhase?)]
        let actions: [String]

        var testDescription: String {
            "\(wanted) of \(generation): \(replicas.map { "\($0.0)\($0.1.map { "\($0)" } ?? "draining")" }) → \(actions)"
        }
    }

    static let cases = [
        Case(wanted: 0, generation: 0, replicas: [], actions: []),
        Case(wanted: 2, generation: 1, replicas: [], actions: ["+1", "+1"]),
        Case(wanted: 2, generation: 1, replicas: [(1, .ready)], actions: ["+1"]),
        Case(wanted: 2, generation: 1, replicas: [(1, .ready), (1, .ready)], actions: []),
        Case(wanted: 2, generation: 1, replicas: [(1, .ready), (1, nil)], actions: ["+1"]),
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

    /// One that drains without a phase.
    private static func row(_ generation: Int64, _ phase: ReplicaPhase?) -> ReplicaRow {
        let id = ReplicaID()
        return ReplicaRow(
            id: id, workloadID: UUID(), generation: generation, host: HostID(), desired: phase == nil ? .drain : .run,
            reported: ReplicaReport(id: id, life: 1, phase: phase ?? .ready))
    }

    @Test(arguments: cases) func `the plan brings what is there to what is wanted`(_ one: Case) {
        let rows = one.replicas.map { Self.row($0, $1) }
        let target = WorkloadTarget(wanted: one.wanted, generation: one.generation)
        let actions = ReplicaPlan.actions(target, rows).map { action in
            switch action {
            case .create(let generation): "+\(generation)"
            case .drain(let id): "-\(rows.firstIndex { $0.id == id } ?? -1)"
            }
        }
        #expect(actions == one.actions)
    }

    @Test func `replicas on a lost host are replaced, and kept where nothing can take their place`() {
        let (lost, good) = (HostID(), HostID())
        func row(_ host: HostID, _ desired: ReplicaDesire = .run) -> ReplicaRow {
            let id = ReplicaID()
            return ReplicaRow(
                id: id, workloadID: UUID(), generation: 1, host: host, desired: desired,
                reported: ReplicaReport(id: id, life: 1, phase: .ready))
        }
        let rows = [row(lost), row(good), row(lost), row(lost, .drain)]
        let target = WorkloadTarget(wanted: 3, generation: 1)
        #expect(ReplicaPlan.actions(target, rows, lost: [lost]) == Array(repeating: .create(generation: 1), count: 2))
        #expect(ReplicaPlan.actions(target, rows) == [])
        // A host that is to be left: replaced first, as in a rollout.
        #expect(ReplicaPlan.actions(target, rows, left: [lost]) == [.create(generation: 1)])
        let left = (0...2).map { ReplicaPlan.forgotten(target, rows, lost: [lost], placed: $0).map(\.id) }
        #expect(left[0] == [rows[3].id])
        #expect(left[1] == [rows[3].id, rows[2].id])
        #expect(left[2] == [rows[3].id, rows[0].id, rows[2].id])
        let none = ReplicaPlan.forgotten(WorkloadTarget(wanted: 0, generation: 0), rows, lost: [lost], placed: 0)
        #expect(none.count == 3)
    }

    @Test func `no plan takes away what is needed to serve`() {
        for wanted in 0...3 {
            for old in 0...3 {
                for new in 0...3 {
                    for ready in 0...new {
                        let rows =
                            (0..<old).map { _ in Self.row(1, .ready) }
                            + (0..<new).map { Self.row(2, $0 < ready ? .ready : .probing) }
                        let plan = ReplicaPlan.actions(WorkloadTarget(wanted: wanted, generation: 2), rows)
                        let drained = Set(plan.compactMap { if case .drain(let id) = $0 { id } else { nil } })
                        let left = rows.count { $0.phase == .ready && !drained.contains($0.id) }
                        #expect(
                            left >= min(wanted, old + ready), "\(wanted) wanted, \(old) old, \(ready) of \(new) new")
                    }
                }
            }
        }
    }
}
