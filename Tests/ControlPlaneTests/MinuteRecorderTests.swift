import AsyncHTTPClient
import Compute
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

/// What is written down of a minute, and what is asked for it.
@Suite struct MinuteRecorderTests {
    private let start = Date(timeIntervalSince1970: 1_800_000_000)

    private func recorder(_ fixture: StoreFixture) -> MinuteRecorder {
        MinuteRecorder(
            database: fixture.database, control: RouterControlClient(http: .shared, token: nil),
            backend: SimulatedBackend(), hub: SignalHub(), logger: TestDatabase.silent)
    }

    private func makeServing(_ name: String, _ fixture: StoreFixture) async throws -> OnlineDeployment {
        let deployment = try await fixture.makeTargetedDeployment(name: name, of: fixture.makeEndpoint("of-\(name)"))
        try await fixture.makeReplica(.ready, of: deployment)
        try await WorkloadStore(fixture.database).markProven(id: deployment.id)
        return deployment
    }

    private func minutes(_ deployment: OnlineDeployment, _ fixture: StoreFixture) async throws -> [DeploymentMinute] {
        try await DeploymentMinuteStore(fixture.database).list(
            deploymentIDs: [deployment.id], from: start, to: start + 3_600)
    }

    @Test func `an idle minute has the replicas, a busy one its load too`() async throws {
        try await StoreFixture.with { fixture in
            let (idle, busy) = (try await makeServing("idle", fixture), try await makeServing("busy", fixture))
            let recorder = recorder(fixture)
            var observed = ObservedLoads()
            var load = ObservedLoad()
            (load.arrivals, load.busy, load.busyMicroseconds) = (3, 0.5, 30_000_000)
            observed.loads[DeploymentKey("of-busy", "busy")] = load
            await recorder.add(observed, at: start + 7)
            let measured = try await DeploymentMinuteStore(fixture.database).listMeasured()
            try await recorder.write(start, measured)
            let quiet = try #require(try await minutes(idle, fixture).first)
            #expect(quiet.minute == start && quiet.readyReplicas == 1)
            #expect(quiet.arrivals.isEmpty && quiet.answers.isEmpty && quiet.cpuMean == nil)
            let loaded = try #require(try await minutes(busy, fixture).first)
            #expect(loaded.readyReplicas == 1 && loaded.arrivals[7] == 3 && loaded.utilizationMean > 0)
            // A second writer, such as an earlier leader, changes nothing.
            try await recorder.write(start, measured)
            #expect(try await minutes(busy, fixture) == [loaded])
        }
    }

    @Test func `the list of what is measured follows what is written`() async throws {
        try await StoreFixture.with { fixture in
            let deployments = MeasuredDeployments(database: fixture.database)
            #expect(try await deployments.list().isEmpty)
            let deployment = try await makeServing("blue", fixture)
            #expect(try await deployments.list().map(\.id) == [deployment.id])
            try await fixture.makeReplica(.ready, of: deployment)
            #expect(try await deployments.list().map(\.replicas.count) == [2])
            try await fixture.database.query("DELETE FROM replicas")
            #expect(try await deployments.list().map(\.replicas.count) == [0])
            try await fixture.database.query("DELETE FROM online_deployments WHERE id = \(deployment.id)")
            #expect(try await deployments.list().isEmpty)
        }
    }

    /// A router's counters; it tells of what changed after the moment that it is asked for.
    private final class Counters: Sendable {
        private let state = Mutex((answers: Int64(0), changedAt: Int64(0), now: Int64(100), asked: [String]()))
        let id = UUID()

        var asked: [String] { state.withLock { $0.asked } }

        func answer(_ count: Int64) {
            state.withLock { $0 = ($0.answers + count, $0.now + 5, $0.now + 10, $0.asked) }
        }

        func report(_ uri: String) throws -> Response {
            let report = state.withLock { state in
                state.asked.append(uri)
                let after = Int64(uri.split(separator: "=").last ?? "") ?? 0
                let traffic = DeploymentTraffic(
                    endpoint: "of-blue", deployment: "blue", inFlight: 0, queued: 0,
                    answersByClass: [0, state.answers, 0, 0, 0], durationSumMicroseconds: state.answers * 10)
                return TrafficReport(
                    routerID: id.uuidString, at: state.now, generation: 1,
                    deployments: state.changedAt > after ? [traffic] : [])
            }
            return Response(
                status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(bytes: try JSONEncoder().encode(report))))
        }
    }

    @Test func `answers of a router count from its second report on, and only changes are asked for`() async throws {
        let counters = Counters()
        let routes = Hummingbird.Router()
        routes.get("report") { request, _ in try counters.report(request.uri.string) }
        try await LoopbackServer.run(routes) { port in
            try await StoreFixture.with { fixture in
                let deployment = try await makeServing("blue", fixture)
                try await RouterStore(fixture.database).save(
                    RouterRow(
                        id: counters.id, pid: 1, startTicks: 1, controlAddress: "tcp:127.0.0.1:\(port)", state: .live,
                        acknowledgedGeneration: 0))
                let recorder = recorder(fixture)
                let measured = try await DeploymentMinuteStore(fixture.database).listMeasured()
                for (number, answers) in [5, 2, 0, 4].enumerated() {
                    if answers > 0 { counters.answer(Int64(answers)) }
                    try await recorder.write(start + Double(number * 60), measured)
                }
                #expect(try await minutes(deployment, fixture).map(\.answerCount) == [0, 2, 0, 4])
                #expect(
                    counters.asked == [
                        "/report?after=1", "/report?after=110", "/report?after=120", "/report?after=120",
                    ])
            }
        }
    }
}
