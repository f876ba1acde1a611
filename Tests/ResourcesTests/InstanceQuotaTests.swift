import Resources
import Testing

@Suite struct InstanceQuotaTests {
    private func demand(_ count: Int, cores: Int = 4, memoryGiB: Int64 = 14) -> InstanceDemand {
        InstanceDemand(
            instanceType: "Standard_DS3_v2", count: count,
            limits: ResourceLimits(cpuMillicores: cores * 1_000, memoryBytes: memoryGiB << 30))
    }

    @Test(arguments: [(0, 0.0), (1, 8), (2, 12), (4, 20), (5, 24), (10, 48), (11, 56)])
    func `a fifth more instances are reserved, rounded up`(count: Int, cores: Double) {
        #expect(demand(count).reservedCores == cores)
    }

    @Test func `alike deployments have a reserve each`() {
        let alike = InstanceDemand(
            instanceType: "Standard_DS3_v2", count: 1, limits: demand(1).limits, deployments: 3)
        #expect(alike.reservedCores == 3 * demand(1).reservedCores && alike.cores == 12 && alike.memoryGiB == 42)
    }

    @Test func `what does not fit is told with need, use and limit`() {
        let limits = QuotaLimits(cores: 32)
        #expect(limits.problem(demand(3), beside: [demand(2)], onHost: []) == nil)
        let problem = limits.problem(demand(5), beside: [demand(2)], onHost: [])
        #expect(problem?.contains("24 needed, 12 of 32 in use") == true, "\(problem ?? "none")")
        #expect(limits.room(for: demand(9), beside: [demand(2)], onHost: []) == 4)
    }

    @Test func `the host counts without the reserve, over all subscriptions`() {
        let limits = QuotaLimits(hostCores: 16, hostMemoryGiB: 40)
        #expect(limits.problem(demand(2), beside: [], onHost: [demand(0)]) == nil)
        #expect(limits.problem(demand(2), beside: [], onHost: [demand(1)])?.contains("memory of this host") == true)
        #expect(
            limits.problem(demand(4, memoryGiB: 1), beside: [], onHost: [demand(1)])?.contains("vCPUs of this host")
                == true)
        #expect(limits.room(for: demand(4), beside: [], onHost: []) == 2)
    }

    @Test func `without limits everything fits`() {
        #expect(!QuotaLimits(endpoints: 1).limitsInstances)
        #expect(QuotaLimits().problem(demand(50), beside: [demand(50)], onHost: [demand(50)]) == nil)
    }

    @Test(arguments: [("small=1/2@0.05", 0.05), ("small=1/2", nil), ("small=1/2/1@3", 3)] as [(String, Double?)])
    func `an own type may have a price`(text: String, price: Double?) {
        #expect(InstanceTypeCatalog.parse(text)?.hourlyPrice == price)
        #expect(InstanceTypeCatalog.parse("small=1/2@cheap") == nil && InstanceTypeCatalog.parse("small=1/2@-1") == nil)
    }
}
