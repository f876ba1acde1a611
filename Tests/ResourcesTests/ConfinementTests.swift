import Foundation
import Testing

@testable import Resources

@Suite struct ConfinementTests {
    @Test func `a specification from before has the limits of its resources`() throws {
        let specification = ReplicaSpecification(
            endpoint: "e", deployment: "d", generation: 1,
            environment: EnvironmentSpecification(label: "x:1", image: nil, condaFile: nil), code: nil, model: nil,
            environmentVariables: ["feature-flag": "on"], instanceType: "t",
            resources: ResourceLimits(cpuMillicores: 1_500, memoryBytes: 1 << 31), livenessProbe: Probe(),
            readinessProbe: Probe(), maxConcurrentRequests: 1, requestTimeoutMs: 1)
        var object = try #require(
            JSONSerialization.jsonObject(with: JSONEncoder().encode(specification)) as? [String: Any])
        #expect(object.removeValue(forKey: "confinement") != nil)
        let old = try JSONDecoder().decode(
            ReplicaSpecification.self, from: JSONSerialization.data(withJSONObject: object))
        #expect(old == specification)
        #expect(old.confinement.limits.memoryBytes == 1 << 31 && old.confinement.limits.cpuMillicores == 1_500)
        #expect(old.confinement.network == .open && old.confinement.hasReadOnlyRoot)
    }

    @Test func `limits of an older version have their defaults, and every number is within its range`() throws {
        let text = #"{"network": "none", "hasReadOnlyRoot": true, "limits": {"processes": 9223372036854775807}}"#
        let confinement = try JSONDecoder().decode(Confinement.self, from: Data(text.utf8))
        #expect(confinement.network == .none && confinement.limits.processes == 1_000_000)
        #expect(confinement.limits.openFiles == 65_536)
        let lowest = Confinement.Limits(
            memoryBytes: 1, cpuMillicores: .min, processes: -1, openFiles: 0, diskBytes: .min)
        #expect(lowest.memoryBytes == 64 << 20 && lowest.cpuMillicores == 0 && lowest.processes == 16)
        #expect(lowest.openFiles == 64 && lowest.diskBytes == 1 << 20)
        #expect(Confinement.Limits(memoryBytes: .max, cpuMillicores: .max).memoryBytes == 1 << 50)
    }

    @Test(
        arguments: [(100 << 30, 32 << 30), (10 << 30, 5 << 30), (0, 1 << 20), (Int64.max, 32 << 30)] as [(Int64, Int64)]
    )
    func `a replica may take half of the disk at most`(free: Int64, limit: Int64) {
        #expect(Confinement.Limits().within(disk: free).diskBytes == limit)
    }
}
