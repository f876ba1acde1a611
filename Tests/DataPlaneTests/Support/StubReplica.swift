import Foundation
import Glibc
import Synchronization

@testable import DataPlane

/// A model server for tests: one thread per connection, a script per request.
final class StubReplica: Sendable {
    /// Responds to one request; false closes the connection.
    typealias Script = @Sendable (Message, RawSocket) throws -> Bool

    private struct State {
        var connections: [Int32: Int32] = [:]
        var requests: [Message] = []
        var threads = 0
        var isClosed = false
        var portKeeper: Int32 = -1
    }

    let address: SocketAddress
    private let listener: Int32
    private let state = Mutex(State())

    /// Listens on a unix socket of its own, or on a TCP port. Without `readsBodies` the script reads each body itself.
    init(tcp: Bool = false, readsBodies: Bool = true, _ script: @escaping Script) throws {
        let path = "/tmp/stub-\(getpid())-\(UInt32.random(in: 0...(.max))).sock"
        let asked: SocketAddress = tcp ? .internet(host: "127.0.0.1", port: 0, isIPv6: false) : .unix(path: path)
        (listener, address) = try ListeningSocket.bind(asked)
        try ListeningSocket.start(listener)
        let flags = fcntl(listener, F_GETFL)
        _ = fcntl(listener, F_SETFL, flags & ~O_NONBLOCK)
        state.withLock { $0.threads += 1 }
        Thread { self.acceptAll(readsBodies, script) }.start()
    }

    /// Responds with the request's body, with its length, or in chunks of at most `size` bytes.
    static func sendBack(_ message: Message, on socket: RawSocket, inChunksOf size: Int?) throws {
        guard let size else {
            try socket.send("HTTP/1.1 200 OK\r\nContent-Length: \(message.body.count)\r\n\r\n")
            return try socket.send(message.body)
        }
        try socket.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for start in stride(from: 0, to: message.body.count, by: size) {
            let chunk = Array(message.body[start..<min(start + size, message.body.count)])
            try socket.send(Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + [13, 10])
        }
        try socket.send("0\r\n\r\n")
    }

    var route: String {
        if case .unix(let path) = address { return "unix:\(path)" }
        return "tcp:\(address)"
    }

    var requests: [Message] { state.withLock { $0.requests } }
    var openConnections: Int { state.withLock { $0.connections.count } }

    /// Waits until `condition` holds.
    func wait(until condition: (StubReplica) -> Bool) -> Bool { eventually { condition(self) } }

    /// Ends like a killed process: the listener and all connections at once.
    func kill() {
        let isFirst = state.withLock { state in
            defer { state.isClosed = true }
            for descriptor in state.connections.values { shutdown(descriptor, 2) }
            return !state.isClosed
        }
        guard isFirst else { return }
        shutdown(listener, 2)
        if case .unix(let path) = address { unlink(path) }
        _ = eventually { state.withLock { $0.threads == 0 } }
        close(listener)
        keepPort()
    }

    /// Nobody else gets the port of a replica that is gone, as long as a test may try it.
    private func keepPort() {
        guard case .internet = address else { return }
        let descriptor = socket(address.family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        _ = address.withSystemAddress { bind(descriptor, $0, $1) }
        state.withLock { $0.portKeeper = descriptor }
    }

    deinit {
        let keeper = state.withLock { $0.portKeeper }
        if keeper >= 0 { close(keeper) }
    }

    private func acceptAll(_ readsBodies: Bool, _ script: @escaping Script) {
        defer { state.withLock { $0.threads -= 1 } }
        var number: Int32 = 0
        while true {
            let descriptor = accept(listener, nil, nil)
            guard descriptor >= 0 else { return }
            number += 1
            let id = number
            let isOpen = state.withLock { state in
                guard !state.isClosed else { return false }
                state.connections[id] = descriptor
                state.threads += 1
                return true
            }
            guard isOpen else {
                close(descriptor)
                return
            }
            Thread { self.serve(id, descriptor, readsBodies, script) }.start()
        }
    }

    private func serve(_ id: Int32, _ descriptor: Int32, _ readsBodies: Bool, _ script: Script) {
        let socket = RawSocket(descriptor: descriptor)
        while let message = try? socket.readMessage(hasNoBody: !readsBodies) {
            state.withLock { $0.requests.append(message) }
            guard let goesOn = try? script(message, socket), goesOn else { break }
        }
        // Whoever sees that the connection is gone from the list shall not find it open.
        socket.shutDown()
        state.withLock {
            $0.connections[id] = nil
            $0.threads -= 1
        }
        socket.close()
    }
}

extension StubReplica {
    /// Responds to every request with its own body, once the gate is open if there is one.
    static func echo(tcp: Bool = false, behind gate: Gate? = nil) throws -> StubReplica {
        try StubReplica(tcp: tcp) { message, socket in
            gate?.wait()
            try socket.send(answer(message.text))
            return true
        }
    }

    /// Responds as ``sendBack(_:on:inChunksOf:)`` does.
    static func sendingBack(inChunksOf size: Int?) -> Script {
        { message, socket in
            try sendBack(message, on: socket, inChunksOf: size)
            return true
        }
    }

    /// Responds with a chunk for each text, and goes on when the gate behind it is open.
    static func streaming(_ texts: [String], _ gates: [Gate], sent: Counter = Counter()) -> Script {
        { _, socket in
            try socket.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for (number, text) in texts.enumerated() {
                sent.add(1)
                try socket.send("\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n")
                if number < gates.count { gates[number].wait() }
            }
            try socket.send("0\r\n\r\n")
            return true
        }
    }

    /// Responds to every request with these bytes.
    static func saying(_ bytes: String, closes: Bool = false) throws -> StubReplica {
        try StubReplica { _, socket in
            try socket.send(bytes)
            return !closes
        }
    }

    static func answer(_ body: String, status: String = "200 OK", fields: String = "") -> String {
        "HTTP/1.1 \(status)\r\nContent-Type: text/plain\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
    }
}

/// A gate that requests wait at until the test opens it.
final class Gate: Sendable {
    private let isOpen = Atomic<Bool>(false)

    func open() { isOpen.store(true, ordering: .sequentiallyConsistent) }
    func wait() { _ = eventually { isOpen.load(ordering: .sequentiallyConsistent) } }
}

/// Asks again until `condition` holds or ten seconds have passed.
func eventually(_ condition: () -> Bool) -> Bool {
    let end = MonotonicTime.now.after(milliseconds: 30_000)
    while !condition() {
        guard MonotonicTime.now < end else { return false }
        usleep(1_000)
    }
    return true
}

/// Runs blocking code on a thread of its own, so that it keeps none of the pool's; many of them let the pool go first.
func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread {
            lowerPriority(by: 5)
            continuation.resume(with: Swift.Result { try body() })
        }.start()
    }
}

/// Has the calling thread let others go first.
func lowerPriority(by steps: Int32) { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, steps) }

/// A number that several threads add to.
final class Counter: Sendable {
    private let total = Atomic<Int>(0)

    var value: Int { total.load(ordering: .sequentiallyConsistent) }
    func add(_ amount: Int) { total.wrappingAdd(amount, ordering: .sequentiallyConsistent) }
}
