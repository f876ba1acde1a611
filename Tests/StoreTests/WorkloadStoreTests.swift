import Foundation
import Postgres
import Resources
import Store
import TestSupport
import Testing

@Suite struct WorkloadStoreTests {
    @Test func `what somebody else plans is left to them, and what can't be planned is left out`() async throws {
        try await StoreFixture.with { fixture in
            let endpoint = try await fixture.makeEndpoint()
            let one = try await fixture.makeTargetedDeployment(name: "one", of: endpoint)
            let two = try await fixture.makeTargetedDeployment(name: "two", of: endpoint)
            try await fixture.database.transaction { transaction in
                let mine = try await WorkloadStore(transaction).lockUnplanned(limit: 10, except: [two.id])
                #expect(mine.map(\.id) == [one.id])
                let others = try await WorkloadStore(fixture.database).lockUnplanned(limit: 10, except: [])
                #expect(others.map(\.id) == [two.id])
            }
        }
    }

    @Test func `a shortfall is kept, and what could not be placed is planned when a host comes`() async throws {
        try await StoreFixture.with { fixture in
            let store = WorkloadStore(fixture.database)
            let deployment = try await fixture.makeTargetedDeployment(of: fixture.makeEndpoint())
            try await store.markPlanned(
                ids: [deployment.id], shortfalls: [deployment.id: Shortfall(missing: 1, reason: "no host is ready")])
            try await store.raiseShort()
            #expect(try await store.lockUnplanned(limit: 10, except: []).map(\.id) == [deployment.id])
            try await store.markPlanned(ids: [deployment.id], shortfalls: [:])
            try await store.raiseShort()
            #expect(try await store.lockUnplanned(limit: 10, except: []).isEmpty)
        }
    }

    @Test func `the failed replica that is remembered is returned when the next replaces it`() async throws {
        try await StoreFixture.with { fixture in
            let store = WorkloadStore(fixture.database)
            let deployment = try await fixture.makeDeployment(of: fixture.makeEndpoint())
            let (first, second) = (ReplicaID(), ReplicaID())
            #expect(try await store.findLastFailure(id: deployment.id) == nil)
            #expect(try await store.rememberFailure(id: deployment.id, replica: first) == nil)
            #expect(try await store.rememberFailure(id: deployment.id, replica: second) == first)
            #expect(try await store.findLastFailure(id: deployment.id) == second)
            #expect(try await store.rememberFailure(id: UUID(), replica: first) == nil)
            #expect(try await store.find(id: UUID()) == nil)
        }
    }
}
