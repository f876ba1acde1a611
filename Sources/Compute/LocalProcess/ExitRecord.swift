import Foundation
import Resources
import Synchronization

/// How replicas ended. The kernel tells a status once only, to whom reaps the process; here everybody learns it.
final class ExitRecord: Sendable {
    private let statuses = Mutex<[ProcessIdentity: Int32]>([:])

    /// Exit status of a dead process; nil when it ended while nobody watched.
    func status(of process: ProcessIdentity, in folder: ReplicaFolder) -> Int32? {
        // Under the lock: of two callers, one reaps, and the other must find what it noted.
        let (known, isNew) = statuses.withLock { statuses -> (Int32?, Bool) in
            if let status = statuses[process] { return (status, false) }
            guard let status = ChildProcess.reap(process) else { return (nil, false) }
            statuses[process] = status
            return (status, true)
        }
        if isNew, let known { persist(known, in: folder) }
        return known ?? folder.exitStatus
    }

    func record(_ status: Int32, of process: ProcessIdentity, in folder: ReplicaFolder) {
        statuses.withLock { $0[process] = status }
        persist(status, in: folder)
    }

    func forget(_ process: ProcessIdentity) {
        statuses.withLock { $0[process] = nil }
    }

    private func persist(_ status: Int32, in folder: ReplicaFolder) {
        // Only a later control plane reads it, and can do without.
        try? folder.write(exitStatus: status)
    }
}
