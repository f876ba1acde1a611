import Compute
import Foundation
import Postgres
import Store
import TestSupport
import Testing

/// The fleet supervisor and the publisher with real routers, while statements of the database go wrong.
@Suite struct FleetSupervisionTests {
    static let statements = [
        "INSERT INTO routers", "UPDATE routers SET state", "UPDATE routers SET acknowledged", "SELECT id, pid",
    ]

    @Test(arguments: statements, everyFault)
    func `a fleet comes up and serves whatever statement goes wrong`(
        statement: String, fault: StatementFault
    ) async throws {
        let faults = ChosenFaults()
        faults.set(fault, on: statement, count: 2)
        var options = TestServerOptions(routers: 2)
        options.faults = faults.source
        try await TestServer.run(options) { server in
            let stub = try await server.stub("one")
            try await server.makeServing("house", simulate: "address=\(stub.address)")
            let key = try await server.key(of: "house")
            #expect(try await server.score("house", key: key).status == 200)
            let routers = try await server.routers()
            #expect(routers.count == 2)
            #expect(
                TestServer.processes(of: server.directory).filter { $0.contains("sluice-router") }.count == 2,
                "no router runs that nobody knows")
        }
    }

    @Test func `routers of a larger fleet are drained and forgotten`() async throws {
        try await TestServer.run(TestServerOptions(routers: 2)) { server in
            let before = try await server.routers()
            try await server.restart(routers: 1)
            try await eventually("one router is left") {
                try await server.routers().count == 1
                    && TestServer.processes(of: server.directory).filter { $0.contains("sluice-router") }.count == 1
            }
            let left = try #require(try await server.routers().first)
            #expect(before.contains { $0.pid == left.pid }, "the one that stays was adopted")
        }
    }

    @Test func `a change reaches routers as changes, and the whole table where they are behind`() async throws {
        try await TestServer.run(TestServerOptions(routers: 2)) { server in
            let stub = try await server.stub("one")
            for name in ["house", "garden"] {
                try await server.makeServing(name, simulate: "address=\(stub.address)")
            }
            let saved = server.directory.appending(path: "r/router-0.table.changes")
            #expect(try Data(contentsOf: saved).isEmpty == false, "the last table came as changes")
            // Another control plane has no history: it goes on with whole tables, and then with changes again.
            try await server.restart()
            try await server.makeEndpoint("house", traffic: [:])
            let key = try await server.key(of: "house")
            #expect(try await server.score("house", key: key).status == 404)
            try await server.makeEndpoint("house", traffic: ["blue": 100])
            #expect(try await server.score("house", key: key).status == 200)
            #expect(try await server.score("garden", key: try await server.key(of: "garden")).status == 200)
        }
    }
}
