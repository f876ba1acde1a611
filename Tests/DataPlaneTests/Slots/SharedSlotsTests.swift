import Foundation
import Glibc
import Routing
import Testing

@testable import DataPlane

/// Real router processes that share a slot table, and what happens when one of them ends or stops.
@Suite(.enabled(if: RouterExecutable.url != nil, "the executable was not built"))
struct SharedSlotsTests {
    /// Runs `body` on a thread against routers of a replica with one slot, which never has two requests.
    private func withFleet(
        of routers: Int, _ body: @escaping @Sendable (RouterFleet, StubReplica, CountingModel) throws -> Void
    ) async throws {
        let model = CountingModel()
        let replica = try StubReplica { try model.script($0, $1) }
        try await onThread {
            try body(try RouterFleet(routers, [replica.route], TableOptions(slots: 1)), replica, model)
            #expect(model.most.value == 1)
        }
        replica.kill()
    }

    @Test func `one slot serves three routers, one request at a time, in turn`() async throws {
        try await withFleet(of: 3) { fleet, replica, model in
            let clients = try (0..<60).map { try fleet.client($0 % 3) }
            for client in clients { try client.send(scoring("work")) }
            for client in clients { #expect(try client.readMessage().status == 200) }
        }
    }

    @Test func `a killed router's request keeps its slot until the model is done with it`() async throws {
        try await withFleet(of: 2) { fleet, replica, model in
            let lost = try fleet.ask(0, "0")
            #expect(replica.wait { $0.requests.count == 1 })
            let waiting = try fleet.ask(1, "after")
            fleet.kill(0)
            try fleet.waitForQueue(1, 1)
            // The other router looks for the dead ten times a second: by now it has buried this one, and kept the slot.
            let probe = MonotonicTime.now.after(milliseconds: 400)
            while MonotonicTime.now < probe { try fleet.waitForQueue(1, 1) }
            #expect(replica.requests.count == 1, "the model still works for a request whose router is dead")
            model.gates[0].open()
            #expect(try waiting.readMessage().text == "after")
            lost.close()
        }
    }

    @Test func `a router that stands still holds its own requests up, and nobody else's`() async throws {
        try await withFleet(of: 2) { fleet, replica, model in
            let holder = try fleet.ask(1, "0")
            #expect(replica.wait { $0.requests.count == 1 })
            let stuck = try fleet.askAndHalt(0, "stuck")
            model.gates[0].open()
            #expect(try holder.readMessage().status == 200)
            for _ in 0..<20 {
                try #require(try holder.ask(scoring("free")).text == "free")
            }
            fleet.signal(0, SIGCONT)
            #expect(try stuck.readMessage().text == "stuck")
        }
    }
}
