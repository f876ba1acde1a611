import Foundation
import Synchronization
import Testing

@testable import Compute

@Suite(.timeLimit(.minutes(1)))
struct SingleFlightTests {
    @Test func `concurrent callers share one piece of work`() async throws {
        let flights = SingleFlight()
        let calls = FetchCount()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    try await flights.run("a") { () async throws(ComputeError) in
                        calls.increment()
                        await pauseBriefly()
                    }
                }
            }
            try await group.waitForAll()
        }
        // Callers that came after the first had landed did it again; with all waiting, there is one.
        #expect(calls.value < 20)
    }

    @Test func `a failure reaches all who wait, a cancelled leader only itself`() async throws {
        let flights = SingleFlight()
        let gate = Gate()
        let leader = Task {
            try await flights.run("a") { () async throws(ComputeError) in
                gate.open()
                do { try await Task.sleep(for: .seconds(60)) } catch { throw .cancelled }
            }
        }
        try await eventually("leader works") { gate.isOpen }
        let calls = FetchCount()
        let second = Task { try await flights.run("a") { () async throws(ComputeError) in calls.increment() } }
        leader.cancel()
        try await second.value
        #expect(calls.value == 1)
        await #expect(throws: ComputeError.cancelled) { try await leader.value }
        await #expect(throws: ComputeError(.exhausted, "full")) {
            try await flights.run("a") { () async throws(ComputeError) in throw ComputeError(.exhausted, "full") }
        }
    }

    @Test func `one who waits can be cancelled alone`() async throws {
        let flights = SingleFlight()
        let started = Gate()
        let finish = Gate()
        let leader = Task {
            try await flights.run("a") { () async throws(ComputeError) in
                started.open()
                while !finish.isOpen { await pauseBriefly() }
            }
        }
        try await eventually("leader works") { started.isOpen }
        let waiter = Task { try await flights.run("a") { () async throws(ComputeError) in } }
        waiter.cancel()
        await #expect(throws: ComputeError.cancelled) { try await waiter.value }
        finish.open()
        try await leader.value
    }
}

final class Gate: Sendable {
    private let state = Mutex(false)
    var isOpen: Bool { state.withLock { $0 } }
    func open() { state.withLock { $0 = true } }
}

private func pauseBriefly() async {
    // Only gives the others a chance to arrive; no outcome depends on it.
    try? await Task.sleep(for: .milliseconds(5))
}
