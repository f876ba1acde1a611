import Compute
import Resources
import Synchronization
import TestSupport
import Testing

@testable import ControlPlane

/// The one schedule of all probes of ready replicas.
@Suite struct ReadyProbesTests {
    private struct Scene {
        let backend = SimulatedBackend()
        let probes: ReadyProbes
        let verdicts = Verdicts()

        init() {
            probes = ReadyProbes(backend: backend, time: .system)
        }

        /// Watches over a replica that runs, with these failures allowed of its two probes.
        func watch(liveness: Int, readiness: Int) async throws -> (ReplicaID, ReadyProbes.Token) {
            var specification = StoreFixture.specification(generation: 1)
            specification.livenessProbe = Probe(periodMs: 1, failureThreshold: liveness)
            specification.readinessProbe = Probe(periodMs: 1, failureThreshold: readiness)
            let id = ReplicaID()
            let handle = try await backend.start(id, specification)
            return (id, probes.add(handle, specification) { verdicts.add($0, of: id) })
        }

        /// Probes for as long as `body` takes.
        func run(_ body: () async throws -> Void) async throws {
            let probing = Task { await probes.run() }
            let outcome: Result<Void, any Error>
            do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
            probing.cancel()
            await probing.value
            try outcome.get()
        }
    }

    private final class Verdicts: Sendable {
        private let all = Mutex<[ReplicaID: [ReadyProbes.Verdict]]>([:])

        func add(_ verdict: ReadyProbes.Verdict, of id: ReplicaID) {
            all.withLock { $0[id, default: []].append(verdict) }
        }

        func of(_ id: ReplicaID) -> [ReadyProbes.Verdict] { all.withLock { $0[id] ?? [] } }
    }

    @Test(arguments: [(2, 3, ProbeKind.liveness), (3, 2, .readiness)])
    func `a silent replica gets one verdict, of the probe that allows fewer failures`(
        liveness: Int, readiness: Int, kind: ProbeKind
    ) async throws {
        let scene = Scene()
        try await scene.run {
            let (silent, _) = try await scene.watch(liveness: liveness, readiness: readiness)
            scene.backend.setUnresponsive(silent, true)
            try await eventually("a verdict") { !scene.verdicts.of(silent).isEmpty }
            // By the time of another's verdict, which comes later, there was none beside it.
            let (later, _) = try await scene.watch(liveness: 4, readiness: 4)
            scene.backend.setUnresponsive(later, true)
            try await eventually("another's verdict") { !scene.verdicts.of(later).isEmpty }
            let verdicts = scene.verdicts.of(silent)
            #expect(verdicts.map(\.kind) == [kind] && verdicts.map(\.failures) == [2])
            #expect(verdicts.first?.reason.contains("no answer") == true)
        }
    }

    @Test func `neither a healthy replica nor one that was removed gets a verdict`() async throws {
        let scene = Scene()
        try await scene.run {
            let (healthy, _) = try await scene.watch(liveness: 1, readiness: 1)
            let (removed, token) = try await scene.watch(liveness: 1, readiness: 1)
            scene.probes.remove(token)
            scene.backend.setUnresponsive(removed, true)
            let (silent, _) = try await scene.watch(liveness: 2, readiness: 2)
            scene.backend.setUnresponsive(silent, true)
            try await eventually("a verdict") { !scene.verdicts.of(silent).isEmpty }
            #expect(scene.verdicts.of(healthy).isEmpty && scene.verdicts.of(removed).isEmpty)
        }
    }

    @Test func `a success makes the count start anew`() async throws {
        let scene = Scene()
        try await scene.run {
            let (id, _) = try await scene.watch(liveness: 1_000, readiness: 3)
            for _ in 0..<3 {
                // Each change is between two probes of its own, so never three fail in a row.
                let (witness, _) = try await scene.watch(liveness: 1, readiness: 1_000)
                scene.backend.setUnresponsive(id, true)
                scene.backend.setUnresponsive(witness, true)
                try await eventually("a probe has failed") { !scene.verdicts.of(witness).isEmpty }
                scene.backend.setUnresponsive(id, false)
                let (second, _) = try await scene.watch(liveness: 1, readiness: 1_000)
                let (third, _) = try await scene.watch(liveness: 2, readiness: 1_000)
                for other in [second, third] { scene.backend.setUnresponsive(other, true) }
                try await eventually("two probes later") { !scene.verdicts.of(third).isEmpty }
            }
            #expect(scene.verdicts.of(id).isEmpty)
        }
    }
}
