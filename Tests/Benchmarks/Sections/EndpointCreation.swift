import Client
import Foundation
import NIOHTTP1
import Postgres
import Resources

/// Endpoints made one after another over HTTP while three routers serve.
enum EndpointCreation {
    private static let count = 300
    private static let body = #"{"location":"\#(BenchServer.location)","properties":{"authMode":"Key"}}"#

    static func measure(on workbench: Workbench) async throws -> [Figure] {
        try await BenchServer.run(on: workbench, schema: "endpoints") { server in
            try await create("warm-up", on: server)
            var seen = Samples()
            for index in 0..<count {
                let start = ContinuousClock.now
                try await create("bench-\(index)", on: server)
                seen.add(ContinuousClock.now - start)
            }
            var recorded = Samples()
            let rows = try await server.database.query(
                """
                SELECT (extract(epoch FROM finished_at - created_at) * 1000)::float8 FROM operations
                WHERE state = 'succeeded' AND resource_id NOT LIKE '%warm-up'
                """
            ).rows
            for row in rows { recorded.add(try row.decode(Double.self)) }
            return [
                Figure("endpoint create, accepted to Succeeded (its operation's times)", recorded, p99Below: 10),
                Figure("endpoint create, PUT sent to Succeeded seen by polling", seen),
            ]
        }
    }

    private static func create(_ name: String, on server: BenchServer) async throws {
        let response = try await server.client.put(server.endpointPath(name), json: body)
        try SluiceClient.check(response)
        guard let status = response.headers.first(name: "Azure-AsyncOperation") else {
            throw NotInTime(description: "no operation was started")
        }
        try await wait(for: "the end of the operation", within: .seconds(20), every: .milliseconds(2)) {
            let state = try await server.client.get(status).json?["status"]?.text
            guard state != "Failed" else { throw NotInTime(description: "the operation failed") }
            return state == "Succeeded"
        }
    }
}
