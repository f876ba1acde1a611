import Foundation
import Glibc

@testable import DataPlane

/// Why a test's socket gave up.
struct SocketFailure: Error, CustomStringConvertible {
    var description: String
}

/// A blocking connection that reads and writes raw bytes, with ten seconds of patience.
final class RawSocket {
    private var descriptor: Int32
    private var pending: [UInt8] = []

    init(descriptor: Int32) {
        self.descriptor = descriptor
        var limit = timeval()
        limit.tv_sec = 30
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    convenience init(_ address: SocketAddress) throws {
        let descriptor = socket(address.family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0, address.withSystemAddress({ connect(descriptor, $0, $1) }) == 0 else {
            let reason = errno
            // Who tries again and again would use up all descriptors, and the replicas' accepting would fail.
            if descriptor >= 0 { Glibc.close(descriptor) }
            throw SocketFailure(description: "connect \(address): \(reason)")
        }
        self.init(descriptor: descriptor)
    }

    deinit { close() }

    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    /// Breaks the connection under a thread that reads from it.
    func shutDown() { shutdown(descriptor, 2) }

    /// Sends no more, but still reads.
    func endSending() { shutdown(descriptor, Socket.sendingSide) }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws { try Self.send(bytes, to: descriptor) }

    /// Sends `bytes` so often on a thread of its own, until the peer takes no more; counts what went.
    func sendAside(_ bytes: [UInt8], times: Int = 1, counting sent: Counter) -> Thread {
        let thread = Thread { [descriptor] in
            for _ in 0..<times {
                for start in stride(from: 0, to: bytes.count, by: 65_536) {
                    let part = Array(bytes[start..<min(start + 65_536, bytes.count)])
                    guard (try? Self.send(part, to: descriptor)) != nil else { return }
                    sent.add(part.count)
                }
            }
        }
        thread.start()
        return thread
    }

    private static func send(_ bytes: [UInt8], to descriptor: Int32) throws {
        var start = 0
        while start < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress.map { $0 + start }, bytes.count - start, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { throw SocketFailure(description: "send: \(errno)") }
            start += count
        }
    }

    /// More bytes; none at the end of the stream.
    private func receive() throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count < 0 {
            if errno == ECONNRESET { return [] }
            throw SocketFailure(description: "receive: \(errno)")
        }
        return Array(buffer.prefix(count))
    }

    /// Whether the peer has closed; waits for it.
    func isClosedByPeer() -> Bool {
        (try? receive().isEmpty) ?? false
    }

    /// Bytes up to and with `mark`; `nil` if the stream ends first.
    func read(upTo mark: String) throws -> String? {
        let bytes = Array(mark.utf8)
        while true {
            if let end = pending.firstRange(of: bytes)?.upperBound {
                let text = String(decoding: pending[..<end], as: UTF8.self)
                pending.removeFirst(end)
                return text
            }
            let more = try receive()
            if more.isEmpty { return nil }
            pending += more
        }
    }

    func read(count: Int) throws -> [UInt8] {
        while pending.count < count {
            let more = try receive()
            if more.isEmpty { throw SocketFailure(description: "ended after \(pending.count) of \(count) bytes") }
            pending += more
        }
        let bytes = Array(pending.prefix(count))
        pending.removeFirst(count)
        return bytes
    }

    func readToEnd() throws -> [UInt8] {
        while true {
            let more = try receive()
            if more.isEmpty { break }
            pending += more
        }
        defer { pending = [] }
        return pending
    }

    /// A body in chunks.
    func readChunks() throws -> [UInt8] {
        var body: [UInt8] = []
        while true {
            guard let line = try read(upTo: "\r\n"), let size = Int(line.dropLast(1), radix: 16) else {
                throw SocketFailure(description: "no chunk size")
            }
            body += try read(count: size)
            _ = try read(count: 2)
            if size == 0 { return body }
        }
    }

    /// The next message: its first line, its fields with lower-case names, its body.
    func readMessage(hasNoBody: Bool = false) throws -> Message {
        guard let head = try read(upTo: "\r\n\r\n") else { throw SocketFailure(description: "ended before a head") }
        var message = Message(head: head)
        if hasNoBody { return message }
        if message["transfer-encoding"] == "chunked" {
            message.body = try readChunks()
        } else if let length = message["content-length"].flatMap(Int.init) {
            message.body = try read(count: length)
        } else if message.startLine.hasPrefix("HTTP/") {
            message.body = try readToEnd()
        }
        return message
    }
}

extension RawSocket {
    /// Sends a request and reads its response.
    func ask(_ request: String) throws -> Message { try ask(Array(request.utf8)) }

    func ask(_ request: [UInt8]) throws -> Message {
        try send(request)
        return try readMessage()
    }
}

/// A message as a test reads it.
struct Message: Sendable {
    var startLine: String
    var fields: [(name: String, value: String)]
    var body: [UInt8] = []

    init(head: String) {
        let lines = head.split(separator: "\r\n").map(String.init)
        startLine = lines.first ?? ""
        fields = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (parts[0].lowercased(), parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : "")
        }
    }

    var status: Int { Int(startLine.split(separator: " ").dropFirst().first ?? "") ?? 0 }
    var text: String { String(decoding: body, as: UTF8.self) }

    subscript(name: String) -> String? { fields.first { $0.name == name }?.value }
}
