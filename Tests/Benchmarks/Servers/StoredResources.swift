import Foundation
import Postgres
import Resources
import Store

/// Writes many endpoints with deployments straight into the tables, as they stand after they were made.
struct StoredResources: Sendable {
    let database: Database
    let workspaceID: UUID

    /// Endpoints `bench-1` … with deployments `d1` …; the planner gives each deployment its replica.
    func insert(endpoints: Int, deploymentsEach: Int) async throws {
        // In one transaction: the planner must not see a deployment without its specification.
        try await database.transaction { transaction in
            try await insertEndpoints(endpoints, transaction)
            try await insertKeys(transaction)
            try await insertDeployments(deploymentsEach, transaction)
            try await insertSpecifications(transaction)
        }
        // The planner knows the tables from then on, as it would after minutes.
        try await database.query("ANALYZE")
    }

    private func insertEndpoints(_ count: Int, _ transaction: Transaction) async throws {
        let envelope = ResourceEnvelope(location: BenchServer.location)
        let properties = OnlineEndpointProperties(authMode: .key)
        try await transaction.query(
            """
            INSERT INTO online_endpoints (id, workspace_id, name, envelope, properties, provisioning_state,
                observed_generation, created_at, created_by, modified_by)
            SELECT gen_random_uuid(), \(workspaceID)::uuid, 'bench-' || n, \(JSONColumn(envelope))::jsonb,
                \(JSONColumn(properties))::jsonb, 'Succeeded', 1, now() + n * interval '1 microsecond', 'bench', 'bench'
            FROM generate_series(1, \(count)::integer) n
            """)
    }

    private func insertKeys(_ transaction: Transaction) async throws {
        try await transaction.query(
            """
            INSERT INTO endpoint_keys (endpoint_id, slot, sealed_key, digest)
            SELECT e.id, s.slot, '\\x00'::bytea, encode(sha256(convert_to(e.id::text || s.slot, 'UTF8')), 'hex')
            FROM online_endpoints e CROSS JOIN (VALUES ('primary'), ('secondary')) s (slot)
            """)
    }

    private func insertDeployments(_ each: Int, _ transaction: Transaction) async throws {
        let body = """
            {"location": "\(BenchServer.location)", "sku": {"name": "Default", "capacity": 1}, "properties": {
              "endpointComputeType": "Managed", "environmentId": "azureml:bench:1", "instanceType": "Standard_DS3_v2",
              "environmentVariables": {"WORKERS": "1"}}}
            """
        let request = try OnlineDeploymentRequest(reading: BodyReader(root: JSONParser.parse(Data(body.utf8))))
        try await transaction.query(
            """
            INSERT INTO online_deployments (id, endpoint_id, name, envelope, properties, instance_count,
                provisioning_state, observed_generation, created_at, created_by, modified_by)
            SELECT gen_random_uuid(), e.id, 'd' || n, \(JSONColumn(request.envelope))::jsonb,
                \(JSONColumn(request.properties))::jsonb, 1, 'Succeeded', 1,
                now() + n * interval '1 microsecond', 'bench', 'bench'
            FROM online_endpoints e CROSS JOIN generate_series(1, \(each)::integer) n
            """)
        try await transaction.query(
            """
            INSERT INTO workloads (id, kind, owner_kind, owner_id, workspace_id, wanted, target_generation,
                proven_generation)
            SELECT d.id, 'serving', 'online_deployment', d.id, e.workspace_id, 1, 1, 1
            FROM online_deployments d JOIN online_endpoints e ON e.id = d.endpoint_id
            """)
    }

    private func insertSpecifications(_ transaction: Transaction) async throws {
        let specification = ReplicaSpecification(
            endpoint: "", deployment: "", generation: 1,
            environment: EnvironmentSpecification(label: "bench:1", image: nil, condaFile: nil), code: nil, model: nil,
            environmentVariables: ["WORKERS": "1"], instanceType: "Standard_DS3_v2",
            resources: ResourceLimits(cpuMillicores: 0, memoryBytes: 0), livenessProbe: Probe(),
            readinessProbe: Probe(), maxConcurrentRequests: 1, requestTimeoutMs: 5_000)
        try await transaction.query(
            """
            INSERT INTO specifications (workload_id, generation, body)
            SELECT d.id, 1, \(JSONColumn(specification))::jsonb
                || jsonb_build_object('endpoint', e.name, 'deployment', d.name)
            FROM online_deployments d JOIN online_endpoints e ON e.id = d.endpoint_id
            """)
    }

    func readyReplicas() async throws -> Int {
        try await database.query("SELECT count(*) FROM replicas WHERE phase = 'ready'").first?.decode(Int.self) ?? 0
    }
}
