import Foundation
import Resources
import Testing

@testable import Compute

extension ConfinedReplicaTests {
    /// What confinement costs at the start of a replica: starts in turn, with and without.
    @Suite(.timeLimit(.minutes(5))) struct StartTests {
        @Test(.enabled(if: ProcessInfo.processInfo.environment["SLUICE_MEASURE"] != nil))
        func `a confined replica starts at most 30 ms later`() async throws {
            var times: [IsolationMode: [Duration]] = [:]
            for _ in 0..<20 {
                for mode in IsolationMode.allCases { times[mode, default: []].append(try await start(mode)) }
            }
            let medians = times.mapValues { $0.sorted()[$0.count / 2] }
            for (mode, all) in times { print(mode, "shortest:", all.min() ?? .zero) }
            print("median of the time from start to ready:", medians)
            let plain = try #require(medians[.none])
            for median in medians.values { #expect(median - plain < .milliseconds(30)) }
        }

        private func start(_ mode: IsolationMode) async throws -> Duration {
            let policy = try #require(IsolationPolicy(rawValue: mode.rawValue))
            let installation = try await HostileInstallation { $0.isolation = policy }
            try installation.store.appending(components: "store", "code-start", "score.py").write(
                "def init(): pass\ndef run(data): return 1\n")
            let specification = TestHost.specification(code: "code-start")
            let backend = installation.backend
            try await backend.prepare(specification) { _ in }
            let begin = ContinuousClock.now
            let handle = try await backend.start(ReplicaID(), specification)
            while await backend.probe(handle, .readiness, specification) != .success {
                try await Task.sleep(for: .milliseconds(2))
            }
            let time = begin.duration(to: .now)
            await backend.stop(handle.id, grace: .seconds(5))
            await backend.discard(handle.id)
            return time
        }
    }
}
