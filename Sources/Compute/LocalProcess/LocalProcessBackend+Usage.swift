import Foundation
import Glibc
import Logging
package import Resources

extension LocalProcessBackend {
    package func usage(of handles: [ReplicaHandle]) async -> [ReplicaID: ReplicaUsage] {
        let census = ProcessCensus.take()
        let microsecondsPerTick = 1_000_000 / Int64(max(1, sysconf(Int32(_SC_CLK_TCK))))
        let pageBytes = Int64(sysconf(Int32(_SC_PAGESIZE)))
        var usage: [ReplicaID: ReplicaUsage] = [:]
        for handle in handles {
            let members = census.tree(of: handle.process)
            guard !members.isEmpty else { continue }
            usage[handle.id] = ReplicaUsage(
                cpuMicroseconds: members.reduce(0) { $0 + $1.cpuTicks } * microsecondsPerTick,
                memoryBytes: members.reduce(0) { $0 + $1.residentPages } * pageBytes)
        }
        return usage
    }

    /// Ends a replica that uses more than it may, after writing down why.
    func keepWithinLimits(_ handle: ReplicaHandle) async {
        let folder = ReplicaFolder(handle.id, in: configuration)
        guard let limits = folder.limits else { return }
        folder.serverLog.rotate(limit: configuration.logLimitBytes)
        guard let excess = await watch.excess(of: handle.process, limits, in: folder.watched), handle.process.isAlive
        else {
            return
        }
        let cause = "The replica was ended: \(excess)."
        logger.warning("a replica was ended", metadata: ["replica.id": "\(handle.id)", "replica.excess": "\(excess)"])
        // Without the note its end is reported like any other.
        try? folder.write(endCause: cause)
        let status = await ChildProcess.terminate(handle.process, steps: [])
        if let status { exits.record(status, of: handle.process, in: folder) }
    }

    /// Why a replica ended that did not end by itself.
    func endCause(of handle: ReplicaHandle, in folder: ReplicaFolder) -> String? {
        if let cause = folder.endCause { return cause }
        guard controlGroup?.ranOutOfMemory(name: handle.id.description) == true, let limits = folder.limits else {
            return nil
        }
        return "The replica was ended: it needed more memory than its limit, \(LimitWatch.text(limits.memoryBytes))."
    }
}
