import Foundation
import Glibc

/// Memory and CPU limits of replicas through cgroup v2 (kernel documentation, admin-guide/cgroup-v2), where allowed.
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
        _ = ControlGroup.write("+memory +cpu", parent.appending(path: "cgroup.subtree_control"))
        guard ControlGroup.write("+memory +cpu", root.appending(path: "cgroup.subtree_control")) else { return nil }
    }

    /// Puts a process that was just started under limits, together with all that it will start. False on failure.
    func confine(_ process: ProcessIdentity, name: String, memoryBytes: Int64, cpuMillicores: Int) -> Bool {
        let group = root.appending(path: name)
        try? FileManager.default.createDirectory(at: group, withIntermediateDirectories: false)
        var succeeded = true
        if memoryBytes > 0 {
            succeeded = ControlGroup.write("\(memoryBytes)", group.appending(path: "memory.max")) && succeeded
        }
        if cpuMillicores > 0 {
            // Microseconds of CPU per period of 100 ms.
            let quota = "\(cpuMillicores * 100) 100000"
            succeeded = ControlGroup.write(quota, group.appending(path: "cpu.max")) && succeeded
        }
        return ControlGroup.write("\(process.pid)", group.appending(path: "cgroup.procs")) && succeeded
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
