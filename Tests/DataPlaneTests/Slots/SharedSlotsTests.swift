import Foundation
import Glibc
import Routing
import Testing

@testable import DataPlane

/// Real router processes that share a slot table, and what happens when one of them ends or stops.
@Suite(.enabled(if: RouterExecutable.url != nil, "the executable was not built"))
struct SharedSlotsTests {
    /// Routers of one fleet, with a client of each.
    private final class Fleet {
        let processes = try! RouterProcesses()
        private var running: [Process] = []
        private var addresses: [SocketAddress] = []

        init(_ count: Int, _ replicas: [String], _ options: TableOptions) throws {
            let table = processes.path("table")
            try RouterFixture.lines(replicas, options).write(to: URL(fileURLWithPath: table))
            for number in 0..<count {
                let control = "unix:\(processes.path("control-\(number)"))"
                running.append(
                    try processes.start([
                        "--listen", "127.0.0.1:0", "--control", control, "--table", table, "--slots",
                        processes.path("slots"), "--loops", "1",
                    ]))
                let status = try processes.status(at: SocketAddress(control))
                addresses.append(try #require(SocketAddress(hostAndPort: status.listenAddress)))
            }
        }

        func client(_ router: Int) throws -> RawSocket { try RawSocket(addresses[router]) }
        func signal(_ router: Int, _ number: Int32) { Glibc.kill(running[router].processIdentifier, number) }

        /// Stops a router, and waits until none of its threads runs any more.
        func halt(_ router: Int) {
            signal(router, SIGSTOP)
            let tasks = "/proc/\(running[router].processIdentifier)/task"
            _ = eventually {
                let threads = (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []
                return threads.allSatisfy { thread in
                    let line = (try? String(contentsOfFile: "\(tasks)/\(thread)/stat", encoding: .utf8)) ?? ""
                    // The first thread of a Swift program may have ended.
                    return line.contains(") T ") || line.contains(") Z ")
                }
            }
        }

        /// Waits until a router has so many requests in its line.
        func waitForQueue(_ router: Int, _ count: Int) throws {
            let control = try #require(SocketAddress("unix:\(processes.path("control-\(router)"))"))
            let isThere = eventually {
                guard let socket = try? RawSocket(control),
                    (try? socket.send("GET /report HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")) != nil,
                    let answer = try? socket.readMessage(),
                    let report = try? JSONDecoder().decode(TrafficReport.self, from: Data(answer.body))
                else { return false }
                return report.deployments.first { $0.deployment == "blue" }?.queued == count
            }
            #expect(isThere)
        }

        func kill(_ router: Int) {
            signal(router, SIGKILL)
            running[router].waitUntilExit()
        }
    }

    /// Counts requests inside, and answers when told.
    private final class Model: Sendable {
        let gates = [Gate(), Gate(), Gate(), Gate()]
        let inside = Counter()
        let most = Counter()

        func script(_ message: Message, _ socket: RawSocket) throws -> Bool {
            inside.add(1)
            if inside.value > most.value { most.add(inside.value - most.value) }
            if let number = Int(message.text) { gates[number].wait() }
            inside.add(-1)
            try socket.send(StubReplica.answer(message.text))
            return true
        }
    }

    @Test func `one slot serves three routers, one request at a time, in turn`() async throws {
        let model = Model()
        let replica = try StubReplica { try model.script($0, $1) }
        try await onThread {
            let fleet = try Fleet(3, [replica.route], TableOptions(slots: 1, queueWaitMs: 10_000, queueLimit: 100))
            let clients = try (0..<60).map { try fleet.client($0 % 3) }
            for client in clients { try client.send(scoring("work")) }
            for client in clients { #expect(try client.readMessage().status == 200) }
            #expect(model.most.value == 1)
        }
        replica.kill()
    }

    @Test func `a killed router's request keeps its slot until the model is done with it`() async throws {
        let model = Model()
        let replica = try StubReplica { try model.script($0, $1) }
        try await onThread {
            let fleet = try Fleet(2, [replica.route], TableOptions(slots: 1, queueWaitMs: 10_000))
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
        let model = Model()
        let replica = try StubReplica { try model.script($0, $1) }
        try await onThread {
            let fleet = try Fleet(2, [replica.route], TableOptions(slots: 1, queueWaitMs: 10_000))
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
