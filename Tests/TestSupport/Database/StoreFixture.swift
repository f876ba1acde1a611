package import Foundation
package import Postgres
package import Resources
package import Store
package import Testing

/// A workspace on a fresh database, and quick ways to fill it.
package struct StoreFixture: Sendable {
    package let database: Database
    package let workspace: Workspace

    package static func with(_ body: (StoreFixture) async throws -> Void) async throws {
        try await TestDatabase.withDatabase { database in
            try await SubscriptionStore(database).ensure(id: "sub", displayName: "Subscription")
            _ = try await ResourceGroupStore(database).save(
                ResourceGroup(subscription: "sub", name: "Group", location: "westeurope", tags: [:]))
            let workspace = try await makeWorkspace("ws-one", database)
            try await body(StoreFixture(database: database, workspace: workspace))
        }
    }

    package static func makeWorkspace(_ name: String, _ database: Database) async throws -> Workspace {
        let resource = ResourceID.workspace(subscription: "sub", resourceGroup: "group", name: name)
        let id = UUID()
        try await WorkspaceStore(database).insert(
            id: id, resource: resource,
            request: WorkspaceRequest(reading: body(#"{"location": "westeurope", "properties": {}}"#)),
            by: "maker")
        return try #require(try await WorkspaceStore(database).find(id: id))
    }

    package static func body(_ json: String) throws -> BodyReader {
        BodyReader(root: try JSONParser.parse(json.utf8))
    }

    // MARK: Endpoints and deployments

    package static func endpointRequest(_ traffic: String = "{}") throws -> OnlineEndpointRequest {
        try OnlineEndpointRequest(
            reading: body(#"{"location": "westeurope", "properties": {"authMode": "Key", "traffic": \#(traffic)}}"#))
    }

    package static func deploymentRequest(instances: Int = 1) throws -> OnlineDeploymentRequest {
        try OnlineDeploymentRequest(
            reading: body(
                """
                {"location": "westeurope", "sku": {"name": "Default", "capacity": \(instances)},
                 "properties": {"endpointComputeType": "Managed"}}
                """))
    }

    @discardableResult
    package func makeEndpoint(_ name: String = "endpoint", in workspace: Workspace? = nil) async throws
        -> OnlineEndpoint
    {
        let id = UUID()
        let store = EndpointStore(database)
        try await store.insert(
            id: id, workspaceID: (workspace ?? self.workspace).id, name: name, request: Self.endpointRequest(),
            by: "maker",
            operation: OperationID())
        return try #require(try await store.find(id: id))
    }

    @discardableResult
    package func makeDeployment(
        _ name: String = "blue", of endpoint: OnlineEndpoint, instances: Int = 1
    ) async throws -> OnlineDeployment {
        let id = UUID()
        let store = DeploymentStore(database)
        try await store.insert(
            id: id, endpointID: endpoint.id, name: name, request: Self.deploymentRequest(instances: instances),
            wanted: instances, by: "maker", operation: OperationID())
        return try #require(try await store.find(id: id))
    }

    package static func specification(generation: Int64) -> ReplicaSpecification {
        ReplicaSpecification(
            endpoint: "endpoint", deployment: "blue", generation: generation,
            environment: EnvironmentSpecification(label: "env:1", image: nil, condaFile: "name: x\n"), code: nil,
            model: nil,
            environmentVariables: ["A": "1"], instanceType: "Standard_DS2_v2",
            resources: ResourceLimits(cpuMillicores: 500, memoryBytes: 1 << 30), livenessProbe: Probe(),
            readinessProbe: Probe(),
            maxConcurrentRequests: 1, requestTimeoutMs: 5_000)
    }

    /// A deployment that wants replicas of `generation`.
    package func makeTargetedDeployment(
        instances: Int = 1, generation: Int64 = 1, name: String = "blue", of endpoint: OnlineEndpoint
    ) async throws -> OnlineDeployment {
        let deployment = try await makeDeployment(name, of: endpoint, instances: instances)
        try await WorkloadStore(database).setTarget(id: deployment.id, Self.specification(generation: generation))
        return deployment
    }

    // MARK: Replicas

    /// The host of this schema's installation, which has registered.
    package func makeHost() async throws -> HostID {
        try await database.transaction { transaction in
            let store = HostStore(transaction)
            let id = try await store.lockLocal(directoryID: Self.directoryID)
            _ = try await store.beginEpoch(id, HostFacts(backends: ["simulated"], architecture: "x86_64"))
            return id
        }
    }

    package static let directoryID = UUID()

    /// The only host, registered or not.
    package func hostID() async throws -> HostID {
        HostID(try #require(try await database.query("SELECT id FROM hosts").first?.decode(UUID.self)))
    }

    /// A replica in `phase`, whatever came before it.
    @discardableResult
    package func makeReplica(
        _ phase: ReplicaPhase, of deployment: OnlineDeployment, generation: Int64 = 1, desired: ReplicaDesire = .run,
        address: String = "tcp:127.0.0.1:31001"
    ) async throws -> ReplicaRow {
        let host = try await hostID()
        let replica = NewReplica(
            workloadID: deployment.id, generation: generation, host: host, backend: "simulated",
            resources: ResourceLimits(cpuMillicores: 500, memoryBytes: 1 << 30))
        try await ReplicaStore(database).insert([replica])
        try await report(Self.reported(phase, replica.id, address: address), host)
        if desired != .run {
            let row = try #require(try await ReplicaStore(database).find(replica.id))
            try await ReplicaStore(database).drain([row])
            if desired == .stop { try await ReplicaStore(database).stop([row]) }
        }
        return try #require(try await ReplicaStore(database).find(replica.id))
    }

    /// What a host reports of a replica in a phase of its first life.
    package static func reported(
        _ phase: ReplicaPhase, _ id: ReplicaID, address: String = "tcp:127.0.0.1:31001"
    ) -> ReplicaReport {
        var report = ReplicaReport(id: id, life: phase == .pending ? 0 : 1, phase: phase)
        if [.probing, .ready].contains(phase) { report.address = ReplicaAddress(address, scoringPath: "/score") }
        if phase == .failed {
            report.retryAt = Date(timeIntervalSince1970: 1_800_000_000)
            report.failures = 1
        }
        return report
    }

    /// Writes a report as that of a host.
    @discardableResult
    package func report(_ report: ReplicaReport, _ host: HostID) async throws -> [ReplicaTransition] {
        try await ReportStore(database).record([report], of: host)
    }

    // MARK: Operations

    package func operation(
        on subject: UUID = UUID(), kind: OperationKind = .putDeployment,
        createdAt: Date = Date(timeIntervalSince1970: 1_750_000_000.125)
    ) -> ResourceOperation {
        ResourceOperation(
            id: OperationID(), kind: kind, resourceID: "/subscriptions/sub", subjectID: subject, generation: 1,
            state: .accepted,
            cursor: 0, timeline: [OperationPhase(name: "queued", startedAt: createdAt)], error: nil,
            location: "westeurope",
            correlationID: "c-1", createdAt: createdAt, finishedAt: nil, deadlineAt: createdAt + 3_600)
    }

    @discardableResult
    package func makeOperation(on subject: UUID = UUID()) async throws -> ResourceOperation {
        let operation = operation(on: subject)
        try await OperationStore(database).insert(operation, workspaceID: workspace.id)
        return operation
    }
}

package func expectCode<Value>(
    _ code: PostgresError.Code, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Value
) async {
    let error = await #expect(throws: PostgresError.self, sourceLocation: sourceLocation) { _ = try await body() }
    #expect(error?.code == code, sourceLocation: sourceLocation)
}

/// All items of a list that is read page by page, and the number of pages.
package func allPages<Item: Sendable>(
    count: Int, order: ListOrder = .oldestFirst, _ load: (PageRequest) async throws -> Page<Item>
) async throws -> (items: [Item], pages: Int) {
    var items: [Item] = []
    var pages = 0
    var after: PageToken?
    repeat {
        let page = try await load(PageRequest(after: after, count: count, order: order))
        items += page.items
        pages += 1
        // As the caller gets it: through its text.
        after = try page.next.map { try #require(PageToken($0.text)) }
    } while after != nil && pages < 100
    return (items, pages)
}
