import Foundation
import Postgres
import Resources
import Store
import TestSupport
import Testing

@Suite struct EndpointStoreTests {
    @Test func `an endpoint is found by its name in any case`() async throws {
        try await StoreFixture.with { fixture in
            let store = EndpointStore(fixture.database)
            let endpoint = try await fixture.makeEndpoint("My-Endpoint")
            #expect(endpoint.provisioningState == .creating)
            #expect(endpoint.version == RowVersion(revision: 1, generation: 1))
            #expect(try await store.find(workspaceID: fixture.workspace.id, name: "my-ENDPOINT") == endpoint)
            #expect(try await store.find(workspaceID: fixture.workspace.id, name: "my") == nil)
            #expect(try await store.find(workspaceID: UUID(), name: "My-Endpoint") == nil)
            #expect(
                endpoint.resourceID.description
                    == "/subscriptions/sub/resourceGroups/Group/providers/Microsoft.MachineLearningServices/workspaces/ws-one/onlineEndpoints/My-Endpoint"
            )
            let named = try await store.list(
                workspaceID: fixture.workspace.id, OnlineEndpointFilter(name: "MY-endpoint"), page: PageRequest())
            #expect(named.items == [endpoint])
        }
    }

    @Test func `a name is taken for all workspaces, in any case`() async throws {
        try await StoreFixture.with { fixture in
            try await fixture.makeEndpoint("endpoint")
            let other = try await StoreFixture.makeWorkspace("ws-two", fixture.database)
            await expectCode(.uniqueViolation(constraint: "online_endpoints_name")) {
                try await fixture.makeEndpoint("ENDPOINT", in: other)
            }
        }
    }

    @Test func `of two who update the same revision one does`() async throws {
        try await StoreFixture.with { fixture in
            let endpoint = try await fixture.makeEndpoint()
            let request = try StoreFixture.endpointRequest(#"{"blue": 100}"#)
            let operation = OperationID()
            let winners = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<5 {
                    group.addTask {
                        try await EndpointStore(fixture.database).update(
                            endpoint, envelope: request.envelope, properties: request.properties, state: .updating,
                            by: "changer",
                            operation: operation)
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(winners == 1)
            let stored = try #require(try await EndpointStore(fixture.database).find(id: endpoint.id))
            #expect(stored.version == RowVersion(revision: 2, generation: 2))
            #expect(stored.properties.traffic == ["blue": 100])
            #expect(stored.provisioningState == .updating && stored.lastOperation == operation)
            #expect(stored.audit.createdBy == "maker" && stored.audit.lastModifiedBy == "changer")
        }
    }

    @Test func `an update without an operation keeps the last one`() async throws {
        try await StoreFixture.with { fixture in
            let endpoint = try await fixture.makeEndpoint()
            let store = EndpointStore(fixture.database)
            #expect(
                try await store.update(
                    endpoint, envelope: endpoint.envelope, properties: endpoint.properties, state: .succeeded, by: "x",
                    operation: nil))
            let stored = try #require(try await store.find(id: endpoint.id))
            #expect(stored.lastOperation == endpoint.lastOperation)
            // Nothing has to be brought about.
            #expect(stored.version == RowVersion(revision: 2, generation: 1))
        }
    }

    @Test(arguments: ProvisioningState.allCases)
    func `a state moves only from one of those named`(state: ProvisioningState) async throws {
        try await StoreFixture.with { fixture in
            let endpoint = try await fixture.makeEndpoint()
            let store = EndpointStore(fixture.database)
            try await fixture.database.query("UPDATE online_endpoints SET provisioning_state = \(state.rawValue)")
            let sources: [ProvisioningState] = [.creating, .updating]
            let isMoved = try await store.setState(id: endpoint.id, from: sources, to: .succeeded, observed: true)
            #expect(isMoved == sources.contains(state))
            let row = try #require(
                try await fixture.database.query(
                    "SELECT provisioning_state, observed_generation, revision FROM online_endpoints"
                ).first)
            let (stored, observed, revision) = try row.decode(ProvisioningState.self, Int.self, Int.self)
            #expect(stored == (isMoved ? .succeeded : state))
            #expect(observed == (isMoved ? 1 : 0))
            #expect(revision == (isMoved ? 2 : 1))
        }
    }

    @Test func `a state that moves without an observation leaves the observed generation`() async throws {
        try await StoreFixture.with { fixture in
            let endpoint = try await fixture.makeEndpoint()
            #expect(
                try await EndpointStore(fixture.database).setState(
                    id: endpoint.id, from: [.creating], to: .failed, observed: false))
            let observed = try await fixture.database.query("SELECT observed_generation FROM online_endpoints").first?
                .decode(Int.self)
            #expect(observed == 0)
            #expect(
                try await !EndpointStore(fixture.database).setState(
                    id: endpoint.id, from: [], to: .failed, observed: false))
        }
    }

    @Test func `a row kept for update makes the next one wait for its end`() async throws {
        try await StoreFixture.with { fixture in
            let endpoint = try await fixture.makeEndpoint()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        try await fixture.database.transaction { transaction in
                            let store = EndpointStore(transaction)
                            let found = try #require(
                                try await store.findForUpdate(workspaceID: fixture.workspace.id, name: endpoint.name))
                            // Nobody else changed it since: the revision still holds.
                            try #require(
                                try await store.update(
                                    found, envelope: found.envelope, properties: found.properties, state: .updating,
                                    by: "x",
                                    operation: nil))
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await EndpointStore(fixture.database).find(id: endpoint.id)?.version.revision == 5)
        }
    }

    @Test func `an endpoint with deployments can't be removed, one without can`() async throws {
        try await StoreFixture.with { fixture in
            let endpoint = try await fixture.makeEndpoint()
            try await fixture.makeDeployment(of: endpoint)
            await expectCode(.foreignKeyViolation(constraint: "online_deployments_endpoint_id_fkey")) {
                try await EndpointStore(fixture.database).delete(id: endpoint.id)
            }
            try await DeploymentStore(fixture.database).removeAll(endpointID: endpoint.id)
            try await EndpointStore(fixture.database).delete(id: endpoint.id)
            #expect(try await EndpointStore(fixture.database).find(id: endpoint.id) == nil)
        }
    }

    @Test(arguments: ["provisioning_state = 'Odd'", "observed_generation = generation + 1"])
    func `the schema refuses an impossible endpoint`(change: String) async throws {
        try await StoreFixture.with { fixture in
            try await fixture.makeEndpoint()
            let error = await #expect(throws: PostgresError.self) {
                try await fixture.database.query("UPDATE online_endpoints SET \(raw: change)")
            }
            guard case .checkViolation = error?.code else {
                Issue.record("no check violation: \(String(describing: error))")
                return
            }
        }
    }

    @Test func `a key saved again replaces the one of its slot and goes with the endpoint`() async throws {
        try await StoreFixture.with { fixture in
            let endpoint = try await fixture.makeEndpoint()
            let store = EndpointKeyStore(fixture.database)
            let rows = [("a", EndpointKeyRow.Slot.primary), ("b", .secondary), ("c", .primary)].map {
                EndpointKeyRow(slot: $0.1, sealedKey: Data($0.0.utf8), digest: String(repeating: $0.0, count: 64))
            }
            for row in rows { try await store.save(endpointID: endpoint.id, row) }
            #expect(try await store.list(endpointID: endpoint.id) == [rows[2], rows[1]])
            try await EndpointStore(fixture.database).delete(id: endpoint.id)
            #expect(try await store.list(endpointID: endpoint.id) == [])
        }
    }
}

@Suite struct DeploymentStoreTests {
    @Test func `a deployment is found by its name in any case, under its endpoint`() async throws {
        try await StoreFixture.with { fixture in
            let store = DeploymentStore(fixture.database)
            let endpoint = try await fixture.makeEndpoint()
            let deployment = try await fixture.makeDeployment("Blue", of: endpoint, instances: 2)
            #expect(deployment.instanceCount == 2 && deployment.provisioningState == .creating)
            #expect(deployment.endpoint == endpoint.resourceID)
            #expect(deployment.properties == (try StoreFixture.deploymentRequest(instances: 2)).properties)
            #expect(try await store.find(endpointID: endpoint.id, name: "bLUE") == deployment)
            #expect(try await store.findForUpdate(endpointID: endpoint.id, name: "bLUE") == deployment)
            #expect(try await store.find(endpointID: UUID(), name: "Blue") == nil)
            await expectCode(.uniqueViolation(constraint: "online_deployments_name")) {
                try await fixture.makeDeployment("BLUE", of: endpoint)
            }
            try await fixture.makeDeployment("Blue", of: fixture.makeEndpoint("other"))
        }
    }

    @Test func `a stale update changes nothing`() async throws {
        try await StoreFixture.with { fixture in
            let store = DeploymentStore(fixture.database)
            let deployment = try await fixture.makeDeployment(of: fixture.makeEndpoint())
            for (count, isFresh) in [(5, true), (6, false)] {
                let isWritten = try await store.update(
                    deployment, envelope: deployment.envelope, properties: deployment.properties, instanceCount: count,
                    state: .scaling, by: "x", operation: OperationID())
                #expect(isWritten == isFresh)
            }
            let stored = try #require(try await store.find(id: deployment.id))
            #expect(stored.instanceCount == 5 && stored.version == RowVersion(revision: 2, generation: 2))
        }
    }

    @Test func `a failed update goes back to the specification that served`() async throws {
        try await StoreFixture.with { fixture in
            let store = WorkloadStore(fixture.database)
            let deployment = try await fixture.makeDeployment(of: fixture.makeEndpoint())
            #expect(try await store.findTarget(id: deployment.id) == nil)
            try await store.setTarget(id: deployment.id, StoreFixture.specification(generation: 1))
            try await store.markProven(id: deployment.id)
            try await store.setTarget(id: deployment.id, StoreFixture.specification(generation: 2))
            #expect(
                try await store.findTarget(id: deployment.id) == StoreFixture.specification(generation: 2))
            try await store.returnToProven(id: deployment.id)
            #expect(
                try await store.findTarget(id: deployment.id) == StoreFixture.specification(generation: 1))
            let old = try await store.findSpecification(id: deployment.id, generation: 2)
            #expect(old == StoreFixture.specification(generation: 2))
        }
    }

    @Test func `a first specification that failed leaves none`() async throws {
        try await StoreFixture.with { fixture in
            let store = WorkloadStore(fixture.database)
            let deployment = try await fixture.makeTargetedDeployment(of: fixture.makeEndpoint())
            try await store.returnToProven(id: deployment.id)
            #expect(try await store.findTarget(id: deployment.id) == nil)
            let target = try #require(try await store.find(id: deployment.id))
            #expect(target.wanted == 0 && target.generation == 0)
        }
    }

    @Test func `a specification of a generation never changes`() async throws {
        try await StoreFixture.with { fixture in
            let store = WorkloadStore(fixture.database)
            let deployment = try await fixture.makeTargetedDeployment(of: fixture.makeEndpoint())
            var changed = StoreFixture.specification(generation: 1)
            changed.instanceType = "other"
            try await store.setTarget(id: deployment.id, changed)
            #expect(
                try await store.findTarget(id: deployment.id) == StoreFixture.specification(generation: 1))
        }
    }

    @Test func `names are those of deployments that stay`() async throws {
        try await StoreFixture.with { fixture in
            let store = DeploymentStore(fixture.database)
            let endpoint = try await fixture.makeEndpoint()
            let blue = try await fixture.makeDeployment("blue", of: endpoint)
            try await fixture.makeDeployment("green", of: endpoint)
            #expect(
                try await store.setState(id: blue.id, from: ProvisioningState.allCases, to: .deleting, observed: false))
            #expect(try await store.names(endpointID: endpoint.id) == ["green"])
            try await store.markDeleting(endpointID: endpoint.id)
            #expect(try await store.names(endpointID: endpoint.id) == [])
            #expect(try await store.find(id: blue.id)?.version.revision == 2)
        }
    }

    @Test func `a deployment with replicas can't be removed`() async throws {
        try await StoreFixture.with { fixture in
            let store = DeploymentStore(fixture.database)
            let deployment = try await fixture.makeTargetedDeployment(of: fixture.makeEndpoint())
            let replica = try await fixture.makeReplica(.ready, of: deployment, desired: .drain)
            let error = await #expect(throws: PostgresError.self) { try await store.remove(id: deployment.id) }
            guard case .foreignKeyViolation = error?.code else {
                Issue.record("no foreign key violation: \(String(describing: error))")
                return
            }
            try await ReplicaStore(fixture.database).stop([replica])
            try await fixture.report(ReplicaReport(id: replica.id, life: 1, phase: .gone), replica.host)
            try await store.remove(id: deployment.id)
            #expect(try await store.find(id: deployment.id) == nil)
        }
    }

    @Test(arguments: ["provisioning_state = 'Odd'", "observed_generation = generation + 1", "instance_count = -1"])
    func `the schema refuses an impossible deployment`(change: String) async throws {
        try await StoreFixture.with { fixture in
            try await fixture.makeDeployment(of: fixture.makeEndpoint())
            let error = await #expect(throws: PostgresError.self) {
                try await fixture.database.query("UPDATE online_deployments SET \(raw: change)")
            }
            guard case .checkViolation = error?.code else {
                Issue.record("no check violation: \(String(describing: error))")
                return
            }
        }
    }
}
