import Foundation
import Resources
import Testing

@testable import Compute

/// On plain files in the shape of a cgroup v2 hierarchy; the kernel's part is not tested here.
@Suite struct ControlGroupTests {
    @Test func `limits are written into the replica's group`() async throws {
        try await withTemporaryFolder { folder in
            let root = folder.appending(path: "sluice")
            #expect(ControlGroup(root: root) == nil)
            for name in ["cgroup.controllers", "cgroup.subtree_control", "sluice/cgroup.subtree_control"] {
                try folder.appending(path: name).write("")
            }
            let groups = try #require(ControlGroup(root: root))
            #expect(try root.appending(path: "cgroup.subtree_control").text == "+memory +cpu +pids")
            let group = root.appending(path: "r1")
            for name in ["memory.max", "cpu.max", "pids.max", "cgroup.procs", "cgroup.kill"] {
                try group.appending(path: name).write("")
            }
            let limits = Confinement.Limits(memoryBytes: 1 << 30, cpuMillicores: 1500, processes: 77)
            #expect(groups.make(name: "r1", limits) == group.appending(path: "cgroup.procs"))
            #expect(try group.appending(path: "pids.max").text == "77")
            #expect(try group.appending(path: "memory.max").text == "1073741824")
            #expect(try group.appending(path: "cpu.max").text == "150000 100000")
            groups.remove(name: "r1")
            #expect(try group.appending(path: "cgroup.kill").text == "1")
            #expect(groups.make(name: "r2", limits) == nil)
        }
    }

    @Test(arguments: [(1500, 150_000), (0, 1_000), (Int.max, Int.max), (Int.max / 100 + 1, Int.max)])
    func `no number of millicores overflows`(millicores: Int, quota: Int) {
        #expect(ControlGroup.quota(millicores: millicores) == quota)
    }

    @Test func `a group reports that memory ran out`() async throws {
        try await withTemporaryFolder { folder in
            for name in ["cgroup.controllers", "cgroup.subtree_control", "sluice/cgroup.subtree_control"] {
                try folder.appending(path: name).write("")
            }
            let groups = try #require(ControlGroup(root: folder.appending(path: "sluice")))
            #expect(!groups.ranOutOfMemory(name: "r1"))
            for (count, expected) in [(0, false), (3, true)] {
                try folder.appending(path: "sluice/r1/memory.events").write("low 0\noom 9\noom_kill \(count)\n")
                #expect(groups.ranOutOfMemory(name: "r1") == expected)
            }
        }
    }
}
