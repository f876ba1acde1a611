package import Foundation
import Postgres
package import Resources

/// What the routing table needs of one endpoint.
package struct RoutedEndpoint: Sendable, Equatable {
    package var id: UUID
    package var name: String
    package var location: String
    package var tags: [String: String]
    package var properties: OnlineEndpointProperties
    package var keyDigests: [String]
    package var deployments: [RoutedDeployment]
}

/// What the routing table needs of one deployment.
package struct RoutedDeployment: Sendable, Equatable {
    package var name: String
    package var instanceCount: Int
    package var scaleSettings: ScaleSettings
    package var requestSettings: RequestSettings
    package var replicas: [RoutedReplica]
}

/// A replica that routers may send requests to.
package struct RoutedReplica: Sendable, Equatable, Codable {
    package var key: ReplicaKey
    package var address: ReplicaAddress

    package init(_ key: ReplicaKey, _ address: ReplicaAddress) {
        (self.key, self.address) = (key, address)
    }
}

/// Reads what routers should serve, and numbers the tables.
package typealias RoutingStore = RowStore<RoutedEndpoint>

extension RowStore<RoutedEndpoint> {
    /// Lets one publisher at a time number and read a table, so that a higher number always has newer content.
    package func lock() async throws {
        try await runner.query("SELECT pg_advisory_xact_lock(7350923, hashtext(current_schema()))")
    }

    /// Number and digest of the newest table.
    package func newest() async throws -> (generation: Int64, digest: String)? {
        try await runner.query(
            "SELECT generation, digest FROM routing_generations ORDER BY generation DESC LIMIT 1"
        ).first?.decode(Int64.self, String.self)
    }

    /// Numbers a new table and forgets all but the newest hundred.
    package func append(digest: String, routeCount: Int) async throws -> Int64 {
        let row = try await runner.query(
            """
            INSERT INTO routing_generations (digest, route_count) VALUES (\(digest), \(routeCount)) RETURNING generation
            """
        ).first
        guard let row else { throw PostgresError(.decoding, "the insert returned no row") }
        let generation = try row.decode(Int64.self)
        try await runner.query("DELETE FROM routing_generations WHERE generation <= \(generation - 100)")
        return generation
    }

    /// Routers serve a generation that this database never gave out, as after a restore from a backup: the next table
    /// gets a higher one, even if its content is the same. True when that was so.
    package func advance(beyond generation: Int64) async throws -> Bool {
        let newest = try await newest()?.generation ?? 0
        guard newest < generation else { return false }
        try await runner.query(
            "SELECT setval(pg_get_serial_sequence('routing_generations', 'generation'), \(generation))")
        try await runner.query("DELETE FROM routing_generations")
        return true
    }

    /// Everything about those of these endpoints that are there and not going away; nil for all endpoints.
    package func load(_ ids: Set<UUID>?) async throws -> [RoutedEndpoint] {
        guard ids?.isEmpty != true else { return [] }
        let list = ids.map { PostgresArray(Array($0)) }
        let deployments = try await loadDeployments(list)
        return try await runner.query(
            """
            SELECT e.id, e.name, e.envelope ->> 'location' AS location, coalesce(e.envelope -> 'tags', '{}') AS tags,
                e.properties, coalesce((SELECT jsonb_agg(k.digest ORDER BY k.slot) FROM endpoint_keys k
                    WHERE k.endpoint_id = e.id), '[]') AS digests
            FROM online_endpoints e
            WHERE (\(list == nil)::boolean OR e.id = ANY(\(list)::uuid[])) AND e.provisioning_state <> 'Deleting'
            """
        ).rows.map { row in
            let id: UUID = try row("id")
            return RoutedEndpoint(
                id: id, name: try row("name"), location: try row("location"), tags: try row.json("tags"),
                properties: try row.json("properties"), keyDigests: try row.json("digests"),
                deployments: deployments[id] ?? [])
        }
    }

    private func loadDeployments(_ endpointIDs: PostgresArray?) async throws -> [UUID: [RoutedDeployment]] {
        var result: [UUID: [RoutedDeployment]] = [:]
        let rows = try await runner.query(
            """
            SELECT d.endpoint_id, d.name, d.instance_count, d.properties -> 'scaleSettings' AS scaling,
                d.properties -> 'requestSettings' AS settings,
                coalesce((SELECT jsonb_agg(jsonb_build_object('key', jsonb_build_object('id', r.id, 'life', r.life),
                        'address', r.address) ORDER BY r.created_at, r.id)
                    FROM replicas r WHERE r.workload_id = d.id AND r.phase = 'ready' AND r.desired = 'run'), '[]')
                    AS replicas
            FROM online_deployments d
            WHERE (\(endpointIDs == nil)::boolean OR d.endpoint_id = ANY(\(endpointIDs)::uuid[]))
            AND d.provisioning_state <> 'Deleting'
            ORDER BY d.created_at, d.id
            """
        ).rows
        for row in rows {
            result[try row("endpoint_id"), default: []].append(
                RoutedDeployment(
                    name: try row("name"), instanceCount: try row("instance_count"),
                    scaleSettings: try row.json("scaling"), requestSettings: try row.json("settings"),
                    replicas: try row.json("replicas")))
        }
        return result
    }
}
