import Foundation
import Routing
import Testing

@testable import DataPlane

@Suite struct LifecycleTests {
    @Test func `a drain finishes the request in flight, closes idle connections and accepts no more`() async throws {
        let gate = Gate()
        let replica = try StubReplica.echo(behind: gate)
        let fixture = try RouterFixture(loops: 2)
        try await fixture.use([replica.route])
        let clients = try await onThread {
            let idle = try fixture.connect()
            #expect(try idle.ask(scoring(key: "wrong")).status == 401)
            let busy = try fixture.connect()
            try busy.send(scoring("last"))
            #expect(replica.wait { $0.requests.count == 1 })
            return Unchecked((idle, busy))
        }
        fixture.router.drain()
        #expect(fixture.router.status.isDraining)
        try await onThread {
            #expect(clients.value.0.isClosedByPeer())
            #expect(eventually { (try? fixture.connect()) == nil })
            gate.open()
            let answer = try clients.value.1.readMessage()
            #expect(answer.text == "last")
            #expect(answer["connection"] == "close")
        }
        try await fixture.waitForEnd()
        replica.kill()
    }

    @Test func `a router that gets no table while its host's others do drains, and the others serve on`() async throws {
        let directory = URL(filePath: "/tmp/fresh-\(UUID().uuidString.prefix(8))").path
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let replica = try StubReplica.echo()
        let saved = directory + ".table"
        defer { try? FileManager.default.removeItem(atPath: saved) }
        let cutOff = try RouterFixture { configuration in
            configuration.slots = directory
            configuration.outdatedLimitMs = 300
            configuration.savedTable = saved
        }
        try await cutOff.use([replica.route], TableOptions(generation: 1))
        let reached = try RouterFixture { configuration in
            configuration.slots = directory
            configuration.outdatedLimitMs = 300
        }
        try await reached.use([replica.route], TableOptions(generation: 2, key: "new"))
        // Ends by itself; the key that was replaced opens nothing any more.
        try await cutOff.waitForEnd()
        try await onThread {
            #expect((try? cutOff.connect()) == nil)
            let client = try reached.connect()
            #expect(try client.ask(scoring("hello", key: "new")).status == 200)
        }
        #expect(!reached.router.status.isDraining)
        // Started again, it does not take up what it saved, and lets no connection in.
        let again = try RouterFixture { configuration in
            configuration.slots = directory
            configuration.savedTable = saved
            configuration.loop.waitsForTable = true
        }
        await again.router.tables.restore()
        #expect(again.router.status.generation == 0)
        try await onThread { #expect((try? again.connect()) == nil) }
        try await again.stop()
        // The one that is gone is compared with no more, and what nobody serves makes nobody outdated.
        #expect(reached.router.shared.slots.compareTables(serving: 2) == 2)
        try await reached.stop()
        replica.kill()
    }

    @Test func `a drain ends at its deadline`() async throws {
        let gate = Gate()
        let replica = try StubReplica { _, _ in
            gate.wait()
            return false
        }
        let fixture = try RouterFixture(drainTimeoutMs: 50)
        try await fixture.use([replica.route])
        try await onThread {
            let client = try fixture.connect()
            try client.send(scoring())
            #expect(replica.wait { $0.requests.count == 1 })
            fixture.router.drain()
            #expect(client.isClosedByPeer())
        }
        try await fixture.waitForEnd()
        gate.open()
        replica.kill()
    }

    @Test func `an older table is refused, the same one acknowledged again, a broken one leaves all as it is`()
        async throws
    {
        let fixture = try RouterFixture(loops: 2)
        let keeper = fixture.router.tables
        #expect(try await keeper.apply(RouterFixture.lines([], TableOptions(generation: 5))) == 5)
        #expect(try await keeper.apply(RouterFixture.lines([], TableOptions(generation: 5))) == 5)
        await #expect(throws: TableRefusal.outdated(served: 5)) {
            try await keeper.apply(RouterFixture.lines([], TableOptions(generation: 4)))
        }
        for broken in [
            "", "{}", "{\"format\":1,\"generation\":9,\"routeCount\":1,\"tokenKeys\":[]}\n",
            "{\"format\":2,\"generation\":9,\"routeCount\":0,\"tokenKeys\":[]}\n",
        ] {
            await #expect(throws: TableRefusal.self) { try await keeper.apply(Data(broken.utf8)) }
        }
        #expect(fixture.router.status.generation == 5)
        try await fixture.stop()
    }

    @Test func `a pushed table is found again at the next start, a corrupt one is left aside`() async throws {
        let path = "/tmp/saved-\(getpid())-\(UInt32.random(in: 0...(.max)))"
        defer { unlink(path) }
        let first = try RouterFixture { $0.savedTable = path }
        try await first.use(["unix:/nowhere"], TableOptions(generation: 7))
        try await first.stop()
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
        let second = try RouterFixture { $0.savedTable = path }
        try await second.router.loadTables()
        #expect(await second.router.report().deployments.count == 2)
        await second.router.shared.waitUntilServed(7)
        try await second.stop()
        try Data("{\"format\":1".utf8).write(to: URL(fileURLWithPath: path))
        let third = try RouterFixture { $0.savedTable = path }
        try await third.router.loadTables()
        #expect(third.router.status.generation == 0)
        try await third.stop()
    }

    @Test(arguments: [1, 600_000]) func `a saved table waits for a pushed one`(waitMs: Int) async throws {
        let path = "/tmp/saved-\(getpid())-\(UInt32.random(in: 0...(.max)))"
        defer { unlink(path) }
        try RouterFixture.lines(["unix:/nowhere"], TableOptions(generation: 7)).write(to: URL(fileURLWithPath: path))
        let fixture = try RouterFixture {
            $0.savedTable = path
            $0.savedTableWaitMs = waitMs
        }
        try await fixture.router.loadTables()
        if waitMs == 1 {
            #expect(eventually { fixture.router.status.generation == 7 })
        } else {
            #expect(fixture.router.status.generation == 0)
            try await fixture.use(["unix:/nowhere"], TableOptions(generation: 8))
            #expect(fixture.router.status.generation == 8)
        }
        try await fixture.stop()
    }
}

@Suite struct TableCompilerTests {
    @Test func `routes that did not change are taken over, deployments keep their state, vanished replicas are named`()
        throws
    {
        var compiler = TableCompiler(slots: try SlotHost(directory: nil, loopCount: 1))
        let first = try compiler.compile(RouterFixture.lines(["unix:/a", "unix:/b"]))
        let same = try compiler.compile(RouterFixture.lines(["unix:/a", "unix:/b"], TableOptions(generation: 2)))
        #expect(first.compiledCount == 1)
        #expect(same.compiledCount == 0)
        #expect(same.table.routes[0] === first.table.routes[0])
        let changed = try compiler.compile(RouterFixture.lines(["unix:/b", "unix:/c"], TableOptions(generation: 3)))
        #expect(changed.compiledCount == 1)
        #expect(changed.table.routes[0].deployments[0].state === first.table.routes[0].deployments[0].state)
        #expect(changed.table.routes[0].deployments[0].replicas[0] === first.table.routes[0].deployments[0].replicas[1])
        #expect(changed.retired.map(\.id) == ["unix:/a"])
    }

    @Test func `a route that cannot be served is refused`() throws {
        var compiler = TableCompiler(slots: try SlotHost(directory: nil, loopCount: 1))
        #expect(throws: (any Error).self) { try compiler.compile(RouterFixture.lines(["nowhere"])) }
        #expect(throws: (any Error).self) { try compiler.compile(RouterFixture.lines([], TableOptions(timeoutMs: 0))) }
    }
}
