import Foundation
import Resources
import Store
import Testing

@testable import ControlPlane

@Suite struct PlacementPlanTests {
    private func host(_ name: String, cpu: Int? = nil, memory: Int64? = nil, used: Int = 0) -> HostRow {
        var host = HostRow(id: HostID(), name: name, cpuMillicores: cpu, memoryBytes: memory)
        host.used.millicores = used
        return host
    }

    private func workload(cpu: Int = 1_000, memory: Int64 = 1 << 30) -> WorkloadRow {
        WorkloadRow(
            id: UUID(), target: WorkloadTarget(wanted: 1, generation: 1),
            resources: ResourceLimits(cpuMillicores: cpu, memoryBytes: memory))
    }

    private func places(_ plan: inout PlacementPlan, _ workload: WorkloadRow, _ count: Int) throws -> [String] {
        try (0..<count).map { _ in try plan.place(workload).name }
    }

    @Test func `replicas of a workload are spread over hosts`() throws {
        let hosts = ["a", "b", "c"].map { host($0) }
        var plan = PlacementPlan(hosts, present: [])
        #expect(try Set(places(&plan, workload(), 3)) == ["a", "b", "c"])
        let one = workload()
        let id = ReplicaID()
        let there = ReplicaRow(id: id, workloadID: one.id, generation: 1, host: hosts[0].id)
        var second = PlacementPlan(hosts, present: [there])
        #expect(try Set(places(&second, one, 2)) == ["b", "c"])
    }

    @Test func `the host where more is free comes first`() throws {
        var plan = PlacementPlan(
            [host("full", cpu: 4_000, used: 3_000), host("free", cpu: 4_000, used: 1_000)], present: [])
        #expect(try places(&plan, workload(), 1) == ["free"])
        // Of one workload they are spread all the same.
        #expect(try Set(places(&plan, workload(), 2)) == ["full", "free"])
    }

    @Test func `what is placed takes room, and without room there is a reason`() throws {
        var plan = PlacementPlan([host("one", cpu: 2_000)], present: [])
        let small = workload()
        #expect(try places(&plan, small, 2) == ["one", "one"])
        let error = #expect(throws: PlacementPlan.NoHost.self) { try plan.place(small) }
        #expect(error?.reason == "no host has 1.0 cores and 1024 MiB free (one has 0.0 cores and 0 MiB)")
    }

    @Test func `lost and cordoned hosts take nothing`() {
        var (lost, cordoned) = (host("lost"), host("cordoned"))
        lost.isLost = true
        cordoned.isCordoned = true
        var plan = PlacementPlan([lost, cordoned], present: [])
        let error = #expect(throws: PlacementPlan.NoHost.self) { try plan.place(workload()) }
        #expect(error?.reason == "no host is ready")
        #expect(!PlacementPlan.needsUse([lost, host("only")]))
        #expect(PlacementPlan.needsUse([host("one"), host("two")]))
        #expect(PlacementPlan.needsUse([host("bounded", cpu: 1)]))
    }
}
