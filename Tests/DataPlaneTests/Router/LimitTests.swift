import Foundation
import Routing
import Testing

@testable import DataPlane

@Suite struct LimitTests {
    @Test(arguments: [1, 2])
    func `no replica has more requests than its slots, the next wait, and too many are refused`(loops: Int) async throws
    {
        let gate = Gate()
        let replica = try StubReplica.echo(behind: gate)
        let fixture = try RouterFixture(loops: loops)
        try await fixture.use([replica.route], TableOptions(slots: 2, queueLimit: 3))
        let clients = try await onThread {
            let clients = try (0..<5).map { number in
                let client = try fixture.connect()
                try client.send(scoring("\(number)"))
                return client
            }
            return Unchecked(clients)
        }
        #expect(await fixture.waitForReport { $0.inFlight == 2 && $0.queued == 3 })
        #expect(replica.wait { $0.requests.count == 2 })
        try await onThread {
            let client = try fixture.connect()
            let refused = try client.ask(scoring())
            #expect(refused.status == 429)
            #expect(refused["x-sluice-cause"] == "queue-full")
            #expect(refused["retry-after"] == "1")
            #expect(replica.requests.count == 2)
            gate.open()
            for (number, client) in clients.value.enumerated() { #expect(try client.readMessage().text == "\(number)") }
        }
        #expect(
            await fixture.waitForReport { $0.inFlight == 0 && $0.queued == 0 && $0.answersByClass == [0, 5, 0, 1, 0] })
        try await fixture.stop()
        replica.kill()
    }

    @Test(arguments: [(EndpointKind.managed, 429), (.kubernetes, 503)])
    func `a request that waits too long is refused`(kind: EndpointKind, status: Int) async throws {
        let gate = Gate()
        let replica = try StubReplica.echo(behind: gate)
        try await withFixture(of: [replica], options: TableOptions(kind: kind, slots: 1, queueWaitMs: 50)) { fixture in
            let first = try fixture.connect()
            try first.send(scoring())
            #expect(replica.wait { $0.requests.count == 1 })
            let second = try fixture.connect()
            let answer = try second.ask(scoring())
            #expect(answer.status == status)
            #expect(answer["x-sluice-cause"] == "queue-wait-exceeded")
            gate.open()
            #expect(try first.readMessage().status == 200)
        }
    }

    @Test(arguments: [(EndpointKind.managed, 408), (.kubernetes, 504)])
    func `a model that runs too long is cut off and its slot is free again`(kind: EndpointKind, status: Int)
        async throws
    {
        let gate = Gate()
        let replica = try StubReplica.echo(behind: gate)
        try await withClient(of: [replica], options: TableOptions(kind: kind, slots: 1, timeoutMs: 500)) { client in
            let answer = try client.ask(scoring())
            #expect(answer.status == status)
            gate.open()
            #expect(try client.ask(scoring("again")).text == "again")
        }
    }

    @Test func `a request waits for a replica that is coming, and is refused if none comes`() async throws {
        let replica = try StubReplica.echo()
        let fixture = try RouterFixture(loops: 2)
        try await fixture.use([])
        let client = try await onThread {
            let client = try fixture.connect()
            try client.send(scoring("waited"))
            return Unchecked(client)
        }
        #expect(await fixture.waitForReport { $0.queued == 1 })
        try await fixture.use([replica.route], TableOptions(generation: 2))
        let waited = try await onThread { try client.value.readMessage().text }
        #expect(waited == "waited")
        try await fixture.use([], TableOptions(generation: 3, queueWaitMs: 20))
        try await onThread {
            let answer = try client.value.ask(scoring())
            #expect(answer.status == 503)
            #expect(answer["x-sluice-cause"] == "no-ready-replica")
        }
        #expect(replica.wait { $0.openConnections == 0 })
        try await fixture.stop()
        replica.kill()
    }

    @Test func `a client that goes away leaves the line; its slot is free when the model answers`() async throws {
        let gate = Gate()
        let replica = try StubReplica.echo(behind: gate)
        let fixture = try RouterFixture()
        try await fixture.use([replica.route], TableOptions(slots: 1))
        let clients = try await onThread {
            let first = try fixture.connect()
            try first.send(scoring("1"))
            #expect(replica.wait { $0.requests.count == 1 })
            let second = try fixture.connect()
            try second.send(scoring("2"))
            return Unchecked((first, second))
        }
        #expect(await fixture.waitForReport { $0.inFlight == 1 && $0.queued == 1 })
        clients.value.1.close()
        #expect(await fixture.waitForReport { $0.inFlight == 1 && $0.queued == 0 })
        clients.value.0.close()
        try await onThread {
            let third = try fixture.connect()
            try third.send(scoring("3"))
            // One line of the router's own responses shows that it has seen the hang-up before.
            let probe = try fixture.connect()
            #expect(try probe.ask(scoring(key: "wrong")).status == 401)
            #expect(replica.requests.count == 1, "the model is still at work")
            gate.open()
            #expect(try third.readMessage().text == "3")
        }
        #expect(await fixture.waitForReport { $0.inFlight == 0 })
        try await fixture.stop()
        replica.kill()
    }

    @Test func `a head that does not arrive in time is refused, an idle connection closed`() async throws {
        let replica = try StubReplica.echo()
        try await withFixture(of: [replica]) {
            $0.loop.headTimeoutMs = 500
            $0.loop.idleTimeoutMs = 500
        } body: { fixture in
            let slow = try fixture.connect()
            #expect(try slow.ask("POST /score HTTP/1.1\r\nHo").status == 408)
            #expect(slow.isClosedByPeer())
            let silent = try fixture.connect()
            #expect(silent.isClosedByPeer())
            let idle = try fixture.connect()
            #expect(try idle.ask(scoring()).status == 200)
            #expect(idle.isClosedByPeer())
        }
    }

    @Test func `one connection too many is told so`() async throws {
        let fixture = try RouterFixture { $0.loop.maxConnections = 1 }
        try await onThread {
            let first = try fixture.connect()
            #expect(try first.ask(scoring())["x-sluice-cause"] == "no-table")
            let second = try fixture.connect()
            #expect(try second.readMessage().status == 503)
            #expect(second.isClosedByPeer())
        }
        try await fixture.stop()
    }

    @Test func `a connection whose last response is out takes no place from the next`() async throws {
        let replica = try StubReplica.echo()
        try await withFixture(of: [replica]) {
            $0.loop.maxConnections = 1
            $0.loop.maxBodySize = 1000
        } body: { fixture in
            // It is refused before its body is there, so the router waits for its end, lest the response be lost.
            let refused = try fixture.connect()
            try refused.send(
                "POST /score HTTP/1.1\r\nHost: fraud.example\r\nAuthorization: Bearer secret\r\nContent-Length: 1001\r\n\r\n"
            )
            #expect(try refused.readMessage().status == 413)
            for _ in 0..<100 {
                let next = try fixture.connect()
                try #require(try next.ask(scoring("next", fields: "Connection: close\r\n")).text == "next")
                next.close()
            }
        }
    }

    @Test func `a body over the limit is refused, also without a length`() async throws {
        let replica = try StubReplica.echo()
        try await withClient(of: [replica]) {
            $0.loop.maxBodySize = 1000
        } body: { client in
            try client.send(
                "POST /score HTTP/1.1\r\nHost: fraud.example\r\nAuthorization: Bearer secret\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            #expect(try client.ask("3e9\r\n" + String(repeating: "x", count: 1001)).status == 413)
        }
    }
}
