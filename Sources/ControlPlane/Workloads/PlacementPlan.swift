import Foundation
import Resources
import Store

/// Chooses hosts for new replicas; pure.
///
/// ```swift
/// var plan = PlacementPlan(hosts, present: replicas)
/// let host = try plan.place(workload)          // throws why there is none
/// ```
/// Replicas of a workload are spread: a host with fewer of them comes first, then the one where more is free.
struct PlacementPlan {
    /// Why no host takes a replica, in words for its owner.
    struct NoHost: Error, Equatable {
        var reason: String
    }

    private var hosts: [HostRow]
    /// Replicas of each workload on each host.
    private var counts: [UUID: [HostID: Int]] = [:]

    /// - Parameter present: replicas that are placed already, of the workloads that are planned.
    init(_ hosts: [HostRow], present: [ReplicaRow]) {
        self.hosts = hosts
        for replica in present where replica.desired == .run {
            counts[replica.workloadID, default: [:]][replica.host, default: 0] += 1
        }
    }

    /// Whether a choice depends on what the hosts' replicas use: not with one host that nothing bounds.
    static func needsUse(_ hosts: [HostRow]) -> Bool {
        let open = hosts.filter(\.isOpen)
        return open.count > 1 || open.contains { $0.cpuMillicores != nil || $0.memoryBytes != nil }
    }

    /// The host of a new replica of a workload, which takes its room there.
    mutating func place(_ workload: WorkloadRow) throws(NoHost) -> HostRow {
        let open = hosts.indices.filter { hosts[$0].isOpen }
        guard !open.isEmpty else { throw NoHost(reason: "no host is ready") }
        let fit = open.filter { hosts[$0].hasRoom(for: workload.resources) }
        guard let best = fit.min(by: { rank($0, workload) < rank($1, workload) }) else {
            let free = open.map { hosts[$0].freeText }.joined(separator: "; ")
            throw NoHost(reason: "no host has \(workload.resources.text) free (\(free))")
        }
        hosts[best].used.millicores += workload.resources.cpuMillicores
        hosts[best].used.bytes += workload.resources.memoryBytes
        hosts[best].used.replicas += 1
        counts[workload.id, default: [:]][hosts[best].id, default: 0] += 1
        return hosts[best]
    }

    /// Lower is better.
    private func rank(_ index: Int, _ workload: WorkloadRow) -> (Int, Double, Int) {
        let host = hosts[index]
        return (counts[workload.id]?[host.id] ?? 0, host.load, host.used.replicas)
    }
}

extension HostRow {
    /// The part of what it has that is in use; 0 where nothing bounds it.
    fileprivate var load: Double {
        let cpu = cpuMillicores.map { Double(used.millicores) / Double(max(1, $0)) } ?? 0
        let memory = memoryBytes.map { Double(used.bytes) / Double(max(1, $0)) } ?? 0
        return max(cpu, memory)
    }

    fileprivate func hasRoom(for need: ResourceLimits) -> Bool {
        let cpu = cpuMillicores.map { used.millicores + need.cpuMillicores <= $0 } ?? true
        let memory = memoryBytes.map { used.bytes + need.memoryBytes <= $0 } ?? true
        return cpu && memory
    }

    fileprivate var freeText: String {
        let free = ResourceLimits(
            cpuMillicores: max(0, (cpuMillicores ?? 0) - used.millicores),
            memoryBytes: max(0, (memoryBytes ?? 0) - used.bytes))
        return "\(name) has \(free.text)"
    }
}

extension ResourceLimits {
    fileprivate var text: String {
        "\(Double(cpuMillicores) / 1_000) cores and \(memoryBytes >> 20) MiB"
    }
}
