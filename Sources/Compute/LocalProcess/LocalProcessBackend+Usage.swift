import Foundation
import Glibc
import Logging
package import Resources

extension LocalProcessBackend {
    package func usage(of ids: [ReplicaID]) async -> [ReplicaID: ReplicaUsage] {
        let census = ProcessCensus.take()
        let microsecondsPerTick = 1_000_000 / Int64(max(1, sysconf(Int32(_SC_CLK_TCK))))
        let pageBytes = Int64(sysconf(Int32(_SC_PAGESIZE)))
        var usage: [ReplicaID: ReplicaUsage] = [:]
        let running = processes.all
        for id in ids {
            // Another process on this directory may have started it.
            guard let process = running[id] ?? ReplicaFolder(id, in: configuration).handle?.process else { continue }
            let members = census.tree(of: process)
            guard !members.isEmpty else { continue }
            usage[id] = ReplicaUsage(
                cpuMicroseconds: members.reduce(0) { $0 + $1.cpuTicks } * microsecondsPerTick,
                memoryBytes: members.reduce(0) { $0 + $1.residentPages } * pageBytes)
        }
        return usage
    }

    /// How often a running replica is held against its limits.
    private static let limitPace = Duration.milliseconds(500)

    /// Holds running replicas against their limits until the task is cancelled; tells of those that have ended.
    func watchLimits(_ onEnd: @escaping @Sendable (ReplicaID) -> Void) async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                for (id, process) in processes.all {
                    // Measuring a disk takes its time.
                    guard processes.beginMeasuring(id) else { continue }
                    group.addTask {
                        await keepWithinLimits(process, in: ReplicaFolder(id, in: configuration))
                        processes.endMeasuring(id)
                        if !process.isAlive { onEnd(id) }
                    }
                }
                try? await Task.sleep(for: Self.limitPace)  // only cancellation throws, and the loop sees it
            }
        }
    }

    /// Ends a replica that uses more than it may, after writing down why.
    func keepWithinLimits(_ process: ProcessIdentity, in folder: ReplicaFolder) async {
        guard process.isAlive, let most = folder.limits else { return }
        folder.serverLog.rotate(limit: configuration.logLimitBytes)
        guard let excess = await limits.excess(of: process, most, in: folder.watched), process.isAlive else { return }
        let cause = "The replica was ended: \(excess)."
        logger.warning("a replica was ended", metadata: ["replica.id": "\(folder.id)", "replica.excess": "\(excess)"])
        // Without the note its end is reported like any other.
        try? folder.write(endCause: cause)
        let status = await ChildProcess.terminate(process, steps: [])
        if let status { exits.record(status, of: process, in: folder) }
    }

    /// Why a replica ended that did not end by itself.
    func endCause(of id: ReplicaID, in folder: ReplicaFolder) -> String? {
        if let cause = folder.endCause { return cause }
        guard controlGroup?.ranOutOfMemory(name: id.description) == true, let limits = folder.limits else {
            return nil
        }
        return "The replica was ended: it needed more memory than its limit, \(LimitWatch.text(limits.memoryBytes))."
    }
}
