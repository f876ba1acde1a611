import Foundation
import Resources
import Synchronization
import Testing

@testable import Compute

@Suite struct SimulatedBackendTests {
    private func specification(_ words: String? = nil) -> ReplicaSpecification {
        TestHost.specification(variables: words.map { [SimulatedBehavior.variable: $0] } ?? [:])
    }

    @Test func `by default a replica is ready at once`() async throws {
        let backend = SimulatedBackend()
        let specification = specification()
        try backend.check(specification)
        try await backend.prepare(specification) { _ in }
        let handle = try await backend.start(ReplicaID(), specification)
        #expect(await backend.observe(handle) == .running)
        #expect(await backend.probe(handle, .readiness, specification) == .success)
        #expect(handle.address == "tcp:127.0.0.1:1")
        #expect(await backend.logs(of: handle.id, .storageInitializer, tail: 10).isEmpty == false)
    }

    @Test func `starting again gives the same replica`() async throws {
        let backend = SimulatedBackend()
        let id = ReplicaID()
        let first = try await backend.start(id, specification())
        #expect(try await backend.start(id, specification()) == first)
        #expect(backend.running == [id])
    }

    @Test(arguments: [
        "fail-check", "fail-prepare", "fail-start", "ready-when=2s", "start-delay=soon", "fail-check=", "=", "log",
    ])
    func `a failure is asked for with a word, and nonsense is refused`(words: String) async throws {
        let backend = SimulatedBackend()
        let specification = specification(words)
        await #expect(throws: ComputeError.self) {
            try backend.check(specification)
            try await backend.prepare(specification) { _ in }
            _ = try await backend.start(ReplicaID(), specification)
        }
    }

    @Test func `a failing init ends with status 3 and a traceback that can be explained`() async throws {
        let backend = SimulatedBackend()
        let handle = try await backend.start(ReplicaID(), specification("fail-init, log=hello"))
        #expect(await backend.observe(handle) == .exited(status: 3))
        let log = await backend.logs(of: handle.id, .inferenceServer, tail: 50)
        #expect(log.hasPrefix("hello\n"))
        let failure = try #require(StartFailure.explain(log: log))
        #expect(failure.code == .initFailed && failure.summary == "ValueError: simulated failure of init()")
    }

    @Test func `time passes on the given clock only`() async throws {
        let clock = StepClock()
        let backend = SimulatedBackend(clock: clock)
        let specification = specification("ready-after=2s,crash-after=1m")
        let handle = try await backend.start(ReplicaID(), specification)
        #expect(await backend.probe(handle, .readiness, specification) != .success)
        clock.advance(by: .seconds(2))
        #expect(await backend.probe(handle, .readiness, specification) == .success)
        clock.advance(by: .seconds(58))
        #expect(await backend.observe(handle) == .exited(status: 137))
    }

    @Test func `a replica is crashed, silenced, stopped and forgotten`() async throws {
        let backend = SimulatedBackend()
        let specification = specification()
        let first = try await backend.start(ReplicaID(), specification)
        let second = try await backend.start(ReplicaID(), specification)
        backend.crash(first.id)
        #expect(await backend.observe(first) == .exited(status: 137))
        backend.setUnresponsive(second.id, true)
        #expect(await backend.probe(second, .liveness, specification) == .failure(reason: "no answer within 2000 ms"))
        #expect(await backend.observe(second) == .running)
        await backend.stop(second.id, grace: .seconds(1))
        #expect(await backend.observe(second) == .exited(status: 0))
        await backend.discard(second.id)
        #expect(await backend.observe(second) == .exited(status: nil))
        #expect(await backend.logs(of: second.id, .inferenceServer, tail: 10).isEmpty)
    }

    @Test func `who watches is told of ends`() async throws {
        let backend = SimulatedBackend()
        let crashed = try await backend.start(ReplicaID(), specification())
        let scheduled = try await backend.start(ReplicaID(), specification("crash-after=30ms"))
        #expect(await backend.untilEnded(scheduled) == .exited(status: 137))
        async let end = backend.untilEnded(crashed)
        backend.crash(crashed.id, status: 9)
        #expect(await end == .exited(status: 9))
    }

    @Test func `the lives of a replica are told apart`() async throws {
        let backend = SimulatedBackend()
        let id = ReplicaID()
        let first = try await backend.start(id, specification())
        backend.crash(id)
        let second = try await backend.start(id, specification(), life: 2)
        #expect(await backend.observe(first) == .exited(status: nil))
        #expect(await backend.observe(second) == .running)
        #expect(await backend.list() == [id: FoundReplica(life: 2, address: second.place, isRunning: true)])
    }

    @Test func `the nearer behavior wins`() async throws {
        let backend = SimulatedBackend()
        var own = SimulatedBehavior()
        own.address = "tcp:127.0.0.1:7"
        backend.setBehavior(own, endpoint: "house", deployment: "blue")
        #expect(try await backend.start(ReplicaID(), specification()).address == "tcp:127.0.0.1:7")
        let words = specification("address=tcp:127.0.0.1:8")
        #expect(try await backend.start(ReplicaID(), words).address == "tcp:127.0.0.1:8")
        backend.setBehavior(nil, endpoint: "house", deployment: "blue")
        #expect(try await backend.start(ReplicaID(), specification()).address == "tcp:127.0.0.1:1")
    }

    @Test func `carries twenty thousand replicas`() async throws {
        let backend = SimulatedBackend()
        let specification = specification()
        for _ in 0..<20_000 { _ = try await backend.start(ReplicaID(), specification) }
        #expect(backend.running.count == 20_000)
    }
}

/// A clock that moves when it is told; nobody may sleep on it.
final class StepClock: Clock {
    struct Instant: InstantProtocol {
        var offset: Duration
        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (a: Instant, b: Instant) -> Bool { a.offset < b.offset }
    }

    private let time = Mutex(Instant(offset: .zero))
    var now: Instant { time.withLock { $0 } }
    var minimumResolution: Duration { .zero }
    func advance(by duration: Duration) { time.withLock { $0 = $0.advanced(by: duration) } }
    func sleep(until deadline: Instant, tolerance: Duration?) async throws { throw CancellationError() }
}
