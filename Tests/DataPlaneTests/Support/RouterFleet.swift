import Foundation
import Glibc
import Routing
import Testing

@testable import DataPlane

/// Router processes that share a slot table, and their clients.
final class RouterFleet {
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

    /// A new client of a router, which has sent it a scoring request.
    func ask(_ router: Int, _ text: String) throws -> RawSocket {
        let client = try client(router)
        try client.send(scoring(text))
        return client
    }

    /// The same, of a router that stands still while the request waits in its line.
    func askAndHalt(_ router: Int, _ text: String) throws -> RawSocket {
        let client = try ask(router, text)
        try waitForQueue(router, 1)
        halt(router)
        return client
    }

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

/// Counts requests inside, and responds when told.
final class CountingModel: Sendable {
    let gates = [Gate(), Gate(), Gate(), Gate()]
    let inside = Counter()
    let most = Counter()

    /// Counts a request as inside while `body` runs.
    func count(_ body: () -> Void = {}) {
        inside.add(1)
        if inside.value > most.value { most.add(inside.value - most.value) }
        body()
        inside.add(-1)
    }

    func script(_ message: Message, _ socket: RawSocket) throws -> Bool {
        count { if let number = Int(message.text) { gates[number].wait() } }
        try socket.send(StubReplica.answer(message.text))
        return true
    }
}
