import Resources
import Synchronization

/// When the last step of each operation was over.
final class StepEnds: Sendable {
    private let ends = Mutex<[OperationID: ContinuousClock.Instant]>([:])

    func note(_ id: OperationID) {
        let now = ContinuousClock.now
        ends.withLock { $0[id] = now }
    }

    func end(of id: OperationID) -> ContinuousClock.Instant? { ends.withLock { $0[id] } }
}
