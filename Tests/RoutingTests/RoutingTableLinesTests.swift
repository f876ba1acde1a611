import Foundation
import Routing
import Testing

@Suite struct RoutingTableLinesTests {
    static func route(_ name: String) -> Route {
        Route(
            endpoint: name, endpointID: "id-\(name)", hosts: ["\(name).example.test", "ü.test"], kind: .managed,
            authentication: Authentication(
                mode: .key, keyDigests: [String(repeating: "a", count: 64)], tokenIssuer: "https://issuer/",
                tokenAudience: "aud"),
            traffic: [TrafficShare(deployment: "blue", percent: 90), TrafficShare(deployment: "green", percent: 10)],
            deployments: [
                DeploymentRoute(
                    name: "blue", scoringPath: "/score", requestTimeoutMs: 5_000, maxConcurrentRequestsPerReplica: 1,
                    maxQueueWaitMs: 500, queueLimit: 4,
                    replicas: [
                        ReplicaRoute(id: "r1", address: "unix:/tmp/a \"b\"\n\\.sock"),
                        ReplicaRoute(id: "r2", address: "tcp:127.0.0.1:1"),
                    ])
            ])
    }

    static func table(_ routes: [Route], generation: Int64 = 42) -> RoutingTable {
        RoutingTable(
            header: .init(
                generation: generation, routeCount: routes.count,
                tokenKeys: [
                    .init(keyID: "k", publicKeyPEM: "-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----\n")
                ]),
            routes: routes)
    }

    @Test(arguments: [0, 1, 3])
    func `a table survives its lines`(count: Int) throws {
        let table = Self.table((0..<count).map { Self.route("e\($0)") })
        let lines = try table.encodedLines()
        #expect(lines.count { $0 == 0x0A } == count + 1)
        #expect(lines.last == 0x0A)
        #expect(try RoutingTable(lines: lines) == table)
    }

    @Test func `equal tables have equal bytes`() throws {
        let (first, second) = (
            Self.table([Self.route("a"), Self.route("b")]), Self.table([Self.route("a"), Self.route("b")])
        )
        #expect(try first.encodedLines() == second.encodedLines())
        #expect(try Self.table([Self.route("a")]).encodedLines() != first.encodedLines())
    }

    @Test func `a table is its header line and its route lines`() throws {
        let table = Self.table([Self.route("a")])
        let lines = try table.encodedLines()
        #expect(try RoutingTable.encodedHeader(table.header) + RoutingTable.encodedRoute(table.routes[0]) == lines)
        let (header, routeLines) = try RoutingTable.split(lines)
        #expect(header == table.header)
        #expect(try RoutingTable.decodeRoute(#require(routeLines.first), number: 2) == table.routes[0])
    }

    @Test func `a table cut anywhere inside is refused`() throws {
        let lines = try Self.table([Self.route("a"), Self.route("b")]).encodedLines()
        for length in 0..<(lines.count - 1) {
            #expect(throws: RoutingTableError.self, "cut to \(length) bytes") {
                try RoutingTable(lines: lines.prefix(length))
            }
        }
    }

    @Test func `nothing is no table`() {
        #expect(throws: RoutingTableError.empty) { try RoutingTable(lines: Data()) }
        #expect(throws: RoutingTableError.empty) { try RoutingTable(lines: Data("\n\n".utf8)) }
    }

    @Test(arguments: [(1, 2), (3, 2), (0, 2)])
    func `a header that announces another number of routes is refused`(announced: Int, found: Int) throws {
        var table = Self.table([Self.route("a"), Self.route("b")])
        table.header.routeCount = announced
        let lines = try table.encodedLines()
        #expect(throws: RoutingTableError.wrongRouteCount(expected: announced, found: found)) {
            try RoutingTable(lines: lines)
        }
    }

    @Test(arguments: [0, 2, 99])
    func `another format is refused`(format: Int) throws {
        var table = Self.table([])
        table.header.format = format
        let lines = try table.encodedLines()
        #expect(throws: RoutingTableError.unknownFormat(format)) { try RoutingTable(lines: lines) }
    }

    @Test func `a line that is no route is named by its number`() throws {
        var table = Self.table([Self.route("a")])
        table.header.routeCount = 2
        let lines = try table.encodedLines() + Data("{\"endpoint\":\"x\"}\n".utf8)
        let error = #expect(throws: RoutingTableError.self) { try RoutingTable(lines: lines) }
        guard case .malformedLine(number: 3, _) = error else {
            Issue.record("not line 3: \(String(describing: error))")
            return
        }
    }

    @Test(arguments: ["{", "[]", "null", "{\"format\":1}", "not json"])
    func `a first line that is no header is refused`(line: String) {
        let error = #expect(throws: RoutingTableError.self) { try RoutingTable(lines: Data(line.utf8)) }
        #expect(error?.description.hasPrefix("line 1 ") == true)
    }
}

@Suite struct RouterReportTests {
    @Test func `what a router answers survives its encoding`() throws {
        let status = RouterStatus(
            routerID: "r", pid: 12, startedAt: 1_700_000_000_000, version: "1", generation: 7,
            listenAddress: "0.0.0.0:80", isDraining: true)
        let report = TrafficReport(
            routerID: "r", generation: 7,
            deployments: [
                DeploymentTraffic(
                    endpoint: "e", deployment: "d", inFlight: 2, queued: 3, answersByClass: [0, 9, 0, 1, 2],
                    durationSumMicroseconds: 55)
            ],
            leaving: [LeavingReplica(id: "r9", inFlight: 1)])
        let acknowledgement = TableAcknowledgement(routerID: "r", generation: 7)
        #expect(try copy(status) == status)
        #expect(try copy(report) == report)
        #expect(try copy(acknowledgement) == acknowledgement)
    }

    private func copy<Value: Codable>(_ value: Value) throws -> Value {
        try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(value))
    }
}
