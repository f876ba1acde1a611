import Foundation
import Glibc
import Routing
import Testing

@testable import DataPlane

/// Real router processes that share a slot table, and what happens when one of them ends or stops.
@Suite(.enabled(if: RouterExecutable.url != nil, "the executable was not built"))
struct SharedSlotsTests {
    @Test func `one slot serves three routers, one request at a time, in turn`() async throws {
        let model = CountingModel()
        let replica = try StubReplica { try model.script($0, $1) }
        try await onThread {
            let fleet = try RouterFleet(
                3, [replica.route], TableOptions(slots: 1, queueWaitMs: 10_000, queueLimit: 100))
            let clients = try (0..<60).map { try fleet.client($0 % 3) }
            for client in clients { try client.send(scoring("work")) }
            for client in clients { #expect(try client.readMessage().status == 200) }
            #expect(model.most.value == 1)
        }
        replica.kill()
    }

    @Test func `a killed router's request keeps its slot until the model is done with it`() async throws {
        let model = CountingModel()
        let replica = try StubReplica { try model.script($0, $1) }
        try await onThread {
            let fleet = try RouterFleet(2, [replica.route], TableOptions(slots: 1, queueWaitMs: 10_000))
            let lost = try fleet.client(0)
            try lost.send(scoring("0"))
            #expect(replica.wait { $0.requests.count == 1 })
            let waiting = try fleet.client(1)
            try waiting.send(scoring("after"))
            fleet.kill(0)
            try fleet.waitForQueue(1, 1)
            // The other router looks for the dead ten times a second: by now it has buried this one, and kept the slot.
            let probe = MonotonicTime.now.after(milliseconds: 400)
            while MonotonicTime.now < probe { try fleet.waitForQueue(1, 1) }
            #expect(replica.requests.count == 1, "the model still works for a request whose router is dead")
            model.gates[0].open()
            #expect(try waiting.readMessage().text == "after")
            #expect(model.most.value == 1)
        }
        replica.kill()
    }

    @Test func `a router that stands still holds its own requests up, and nobody else's`() async throws {
        let model = CountingModel()
        let replica = try StubReplica { try model.script($0, $1) }
        try await onThread {
            let fleet = try RouterFleet(2, [replica.route], TableOptions(slots: 1, queueWaitMs: 10_000))
            let holder = try fleet.client(1)
            try holder.send(scoring("0"))
            #expect(replica.wait { $0.requests.count == 1 })
            // It waits for the slot, and then stands still.
            let stuck = try fleet.client(0)
            try stuck.send(scoring("stuck"))
            try fleet.waitForQueue(0, 1)
            fleet.halt(0)
            model.gates[0].open()
            #expect(try holder.readMessage().status == 200)
            for _ in 0..<20 {
                try holder.send(scoring("free"))
                try #require(try holder.readMessage().text == "free")
            }
            fleet.signal(0, SIGCONT)
            #expect(try stuck.readMessage().text == "stuck")
            #expect(model.most.value == 1)
        }
        replica.kill()
    }
}
