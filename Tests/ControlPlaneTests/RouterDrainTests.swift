import AsyncHTTPClient
import Foundation
import Hummingbird
import NIOCore
import Postgres
import Resources
import Routing
import Store
import Synchronization
import TestSupport
import Testing

@testable import ControlPlane

/// What a drain asks of routers, and when it ends.
@Suite struct RouterDrainTests {
    /// What routers say of a replica, and what they were asked.
    private final class Answers: Sendable {
        let replica = ReplicaID()
        private let state = Mutex((asked: [String](), isDrained: false))

        var asked: [String] { state.withLock { $0.asked } }
        func lastRequestEnds() { state.withLock { $0.isDrained = true } }

        private func take(_ uri: String) -> Bool {
            state.withLock {
                $0.asked.append(uri)
                return $0.isDrained
            }
        }

        /// Waits as a router does, as long as it was asked to.
        func leaving(_ uri: String) async throws -> Response {
            var isDrained = take(uri)
            let wait = try #require(Int(uri.split(separator: "=").last ?? ""))
            let end = ContinuousClock.now + .milliseconds(wait)
            while !isDrained, ContinuousClock.now < end {
                try await Task.sleep(for: .milliseconds(2))  // between two looks, bounded by the wait
                isDrained = state.withLock { $0.isDrained }
            }
            return try Self.json(LeavingStatus(routerID: "r", isDrained: isDrained, inFlight: isDrained ? 0 : 1))
        }

        func report(_ uri: String) throws -> Response {
            let leaving = take(uri) ? [] : [LeavingReplica(id: replica.description, inFlight: 1)]
            return try Self.json(TrafficReport(routerID: "r", generation: 1, deployments: [], leaving: leaving))
        }

        private static func json(_ value: some Encodable) throws -> Response {
            Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(bytes: try JSONEncoder().encode(value))))
        }
    }

    /// Runs `body` with the control address of a router.
    ///
    /// - Parameter isOld: it knows no `/leaving`, as routers of earlier versions.
    private func withRouter(
        _ answers: Answers, isOld: Bool = false, _ body: (String) async throws -> Void
    ) async throws {
        let routes = Hummingbird.Router()
        if !isOld { routes.get("leaving") { request, _ in try await answers.leaving(request.uri.string) } }
        routes.get("report") { request, _ in try answers.report(request.uri.string) }
        try await LoopbackServer.run(routes) { try await body("tcp:127.0.0.1:\($0)") }
    }

    private func drain(_ database: Database) -> RouterDrain {
        let control = RouterControlClient(http: .shared, token: nil)
        let publisher = RoutingPublisher(
            database: database, control: control,
            address: ScoringAddress(scheme: "http", authority: "localhost:1", domain: nil), tokenIssuer: "",
            tokenKeys: [], hub: SignalHub(), logger: TestDatabase.silent)
        return RouterDrain(database: database, publisher: publisher, control: control)
    }

    private func save(_ addresses: [String], _ state: RouterRow.State = .live, in database: Database) async throws {
        for address in addresses {
            try await RouterStore(database).save(
                RouterRow(
                    id: UUID(), pid: 1, startTicks: 1, controlAddress: address, state: state,
                    acknowledgedGeneration: 0))
        }
    }

    @Test(arguments: [false, true])
    func `a drain ends when the last router has no request inside`(isOld: Bool) async throws {
        try await TestDatabase.withDatabase { database in
            let answers = Answers()
            try await withRouter(answers, isOld: isOld) { address in
                // One that is gone has no request worth waiting for.
                try await save([address, "tcp:127.0.0.1:1"], in: database)
                async let drained: Void = drain(database).waitUntilDrained(answers.replica, limit: .distantFuture)
                try await eventually("the router was asked") { !answers.asked.isEmpty }
                answers.lastRequestEnds()
                await drained
                let question = isOld ? "/report?after=\(Int64.max)" : "/leaving?id=\(answers.replica)&wait_ms=1000"
                #expect(answers.asked.allSatisfy { $0 == question })
                #expect(isOld || answers.asked.count < 5, "the router waits, the drain does not ask again and again")
            }
        }
    }

    @Test(arguments: [false, true])
    func `a drain ends at its deadline though a request is inside`(isOld: Bool) async throws {
        try await TestDatabase.withDatabase { database in
            let answers = Answers()
            try await withRouter(answers, isOld: isOld) { address in
                try await save([address], in: database)
                let limit = Date().addingTimeInterval(0.3)
                await drain(database).waitUntilDrained(answers.replica, limit: limit)
                #expect(Date() >= limit)
                #expect(!answers.asked.isEmpty)
            }
        }
    }

    @Test func `routers that were removed are not asked`() async throws {
        try await TestDatabase.withDatabase { database in
            let answers = Answers()
            try await withRouter(answers) { address in
                try await save([address], .removed, in: database)
                await drain(database).waitUntilDrained(answers.replica, limit: .distantFuture)
                #expect(answers.asked.isEmpty)
            }
        }
    }
}
