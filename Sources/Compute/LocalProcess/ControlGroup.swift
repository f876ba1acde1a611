import Foundation
import Glibc
import Resources

/// Limits of replicas on memory, CPU and processes through cgroup v2 (kernel documentation, admin-guide/cgroup-v2), where allowed.
struct ControlGroup: Sendable {
    /// The folder that holds one group per replica.
    let root: URL

    /// Nil when the host has no cgroup v2 there, or we may not set limits in it.
    init?(root: URL) {
        self.root = root
        let parent = root.deletingLastPathComponent()
        let controllers = parent.appending(path: "cgroup.controllers")
        guard FileManager.default.fileExists(atPath: controllers.path(percentEncoded: false)) else { return nil }
        // It may exist already; whether it can be used shows below.
        try? FileManager.default.createDirectory(at: root, withIntermediateDirectories: false)
        // The parent's owner may have enabled the controllers for us already.
        _ = ControlGroup.write("+memory +cpu +pids", parent.appending(path: "cgroup.subtree_control"))
        guard ControlGroup.write("+memory +cpu +pids", root.appending(path: "cgroup.subtree_control")) else {
            return nil
        }
    }

    /// Makes a group with limits, for a process to enter before it starts others. Returns the file by which it enters; nil
    /// on failure.
    func make(name: String, _ limits: Confinement.Limits) -> URL? {
        let group = root.appending(path: name)
        try? FileManager.default.createDirectory(at: group, withIntermediateDirectories: false)
        var succeeded = ControlGroup.write("\(limits.processes)", group.appending(path: "pids.max"))
        if limits.memoryBytes > 0 {
            succeeded = ControlGroup.write("\(limits.memoryBytes)", group.appending(path: "memory.max")) && succeeded
            // All of the replica or nothing: what is left after one of its processes was ended serves nobody.
            _ = ControlGroup.write("1", group.appending(path: "memory.oom.group"))
        }
        if limits.cpuMillicores > 0 {
            // Microseconds of CPU per period of 100 ms.
            let quota = "\(ControlGroup.quota(millicores: limits.cpuMillicores)) 100000"
            succeeded = ControlGroup.write(quota, group.appending(path: "cpu.max")) && succeeded
        }
        return succeeded ? group.appending(path: "cgroup.procs") : nil
    }

    /// Whether the kernel ended something of the group because memory ran out.
    func ranOutOfMemory(name: String) -> Bool {
        let events = root.appending(components: name, "memory.events")
        // No file, no event.
        let text = (try? String(contentsOf: events, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").contains { $0.hasPrefix("oom_kill ") && $0 != "oom_kill 0" }
    }

    static func quota(millicores: Int) -> Int {
        let (product, overflows) = millicores.multipliedReportingOverflow(by: 100)
        return overflows ? Int.max : max(1_000, product)
    }

    /// Kills what is left in a replica's group, sessions of their own or not, and removes the group.
    func remove(name: String) {
        let group = root.appending(path: name)
        guard FileManager.default.fileExists(atPath: group.path(percentEncoded: false)) else { return }
        _ = ControlGroup.write("1", group.appending(path: "cgroup.kill"))
        rmdir(group.path(percentEncoded: false))
    }

    private static func write(_ text: String, _ file: URL) -> Bool {
        // Not atomically: these files can't be replaced, and none is made when it is absent.
        guard let handle = try? FileHandle(forWritingTo: file) else { return false }
        defer { try? handle.close() }
        return (try? handle.write(contentsOf: Data(text.utf8))) != nil
    }
}
