import Store
import TestSupport
import Testing

@testable import ControlPlane

@Suite struct SignalHubTests {
    @Test func `a signal before the wait is not lost`() async {
        let hub = SignalHub()
        let seen = hub.count(of: .work)
        hub.raise(.work)
        let clock = ContinuousClock()
        let start = clock.now
        #expect(await hub.wait(for: .work, after: seen, upTo: .seconds(300)) == seen + 1)
        #expect(clock.now - start < .seconds(120))
    }

    @Test func `a signal wakes every waiter of its topic and no other`() async {
        let hub = SignalHub()
        let other = Task { await hub.wait(for: .fleet, after: 0, upTo: .milliseconds(300)) }
        await withTaskGroup(of: UInt64.self) { group in
            for _ in 0..<20 { group.addTask { await hub.wait(for: .replicas, after: 0, upTo: .seconds(30)) } }
            hub.raise(.replicas, .routing)
            for await count in group { #expect(count >= 1) }
        }
        #expect(await other.value == 0)
        #expect(hub.count(of: .routing) == 1)
    }

    @Test func `without a signal the wait ends at its limit`() async {
        let hub = SignalHub()
        #expect(await hub.wait(for: .work, after: 0, upTo: .milliseconds(20)) == 0)
    }

    @Test func `cancellation ends a wait`() async {
        let hub = SignalHub()
        let waiter = Task { await hub.wait(for: .work, after: 0, upTo: .seconds(300)) }
        waiter.cancel()
        let clock = ContinuousClock()
        let start = clock.now
        _ = await waiter.value
        #expect(clock.now - start < .seconds(120))
        let sender = Task { await hub.takeUnsent() }
        sender.cancel()
        #expect(await sender.value.isEmpty)
    }

    @Test func `no signal is lost in a storm`() async throws {
        let hub = SignalHub()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<500 {
                        hub.raise(.work)
                        await Task.yield()
                    }
                }
            }
            group.addTask {
                var seen: UInt64 = 0
                while seen < 2_000 { seen = await hub.wait(for: .work, after: seen, upTo: .seconds(30)) }
            }
        }
        #expect(hub.count(of: .work) == 2_000)
    }

    @Test func `signals for other processes are gathered, those from them are not sent back`() async {
        let hub = SignalHub()
        hub.raise(.work)
        hub.raise(.routing)
        hub.raiseHere([.fleet])
        #expect(await hub.takeUnsent() == [.work, .routing])
        let waiting = Task { await hub.takeUnsent() }
        hub.raise(.replicas)
        #expect(await waiting.value == [.replicas])
    }
}
