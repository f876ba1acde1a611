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

/// What a drain asks of routers, and what follows from their responses.
@Suite struct RouterDrainTests {
    /// What routers say of replicas, and what they were asked.
    private final class Answers: Sendable {
        let (inside, free) = (ReplicaKey(ReplicaID(), life: 1), ReplicaKey(ReplicaID(), life: 3))
        private let questions = Mutex<[String]>([])

        var asked: [String] { questions.withLock { $0 } }

        func leaving(_ request: Request) async throws -> Response {
            let body = try await request.body.collect(upTo: 10_000)
            let query = try JSONDecoder().decode(LeavingQuery.self, from: Data(body.readableBytesView))
            questions.withLock { $0 += query.ids }
            return try Self.json(LeavingResponse(routerID: "r", busy: query.ids.filter { $0 == inside.routeID }))
        }

        func leavingOne(_ id: String) throws -> Response {
            questions.withLock { $0.append(id) }
            let isInside = id == inside.routeID
            return try Self.json(LeavingStatus(routerID: "r", isDrained: !isInside, inFlight: isInside ? 1 : 0))
        }

        private static func json(_ value: some Encodable) throws -> Response {
            Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(bytes: try JSONEncoder().encode(value))))
        }
    }

    /// Runs `body` with the control address of a router.
    ///
    /// - Parameter isOld: it knows the question for one replica alone, as routers of earlier versions.
    private func withRouter(
        _ answers: Answers, isOld: Bool = false, _ body: (String) async throws -> Void
    ) async throws {
        let routes = Hummingbird.Router()
        if !isOld { routes.post("leaving") { request, _ in try await answers.leaving(request) } }
        routes.get("leaving") { request, _ in try answers.leavingOne(String(request.uri.queryParameters["id"] ?? "")) }
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
    func `a replica is drained once no live router has a request inside`(isOld: Bool) async throws {
        try await TestDatabase.withDatabase { database in
            let answers = Answers()
            try await withRouter(answers, isOld: isOld) { address in
                // One that is gone has no request worth waiting for.
                try await save([address, "tcp:127.0.0.1:1"], in: database)
                let drained = await drain(database).drained(among: [answers.inside, answers.free])
                #expect(drained == [answers.free])
                #expect(Set(answers.asked) == [answers.inside.id.description, "\(answers.free.id).3"])
            }
        }
    }

    @Test func `routers that were removed are not asked`() async throws {
        try await TestDatabase.withDatabase { database in
            let answers = Answers()
            try await withRouter(answers) { address in
                try await save([address], .removed, in: database)
                #expect(await drain(database).drained(among: [answers.inside]) == [answers.inside])
                #expect(answers.asked.isEmpty)
            }
        }
    }
}
