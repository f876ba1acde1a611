import Glibc
package import Resources

extension LocalProcessBackend {
    package func usage(of handles: [ReplicaHandle]) async -> [ReplicaID: ReplicaUsage] {
        let used = ProcessTree.usage(of: handles.map(\.process))
        let microsecondsPerTick = 1_000_000 / Int64(max(1, sysconf(Int32(_SC_CLK_TCK))))
        let pageBytes = Int64(sysconf(Int32(_SC_PAGESIZE)))
        var answer: [ReplicaID: ReplicaUsage] = [:]
        for handle in handles {
            guard let (ticks, pages) = used[handle.process] else { continue }
            answer[handle.id] = ReplicaUsage(
                cpuMicroseconds: ticks * microsecondsPerTick, memoryBytes: pages * pageBytes)
        }
        return answer
    }
}
