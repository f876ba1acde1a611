import Dispatch
import Platform

/// The serial executor of an actor that blocks on the disk: keeps its work off the cooperative pool.
///
/// All such queues share the bounded threads of one queue (``DiskWork``).
final class DiskExecutor: SerialExecutor {
    private let queue: DispatchQueue

    init(label: String) {
        queue = DispatchQueue(label: label, target: DiskWork.queue)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
