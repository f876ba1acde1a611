@testable import DataPlane

/// Frames of HTTP/2 as a client sends and reads them, RFC 9113 section 4.
enum Frames {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    static let settings = frame(4, flags: 0, stream: 0, [])

    static func frame(_ kind: UInt8, flags: UInt8, stream: UInt32, _ payload: [UInt8]) -> [UInt8] {
        let size = payload.count
        return [UInt8(size >> 16 & 255), UInt8(size >> 8 & 255), UInt8(size & 255), kind, flags]
            + (0..<4).map { UInt8(stream >> (24 - 8 * $0) & 255) } + payload
    }

    static func data(_ text: String, stream: UInt32, isLast: Bool = false) -> [UInt8] {
        frame(0, flags: isLast ? 1 : 0, stream: stream, Array(text.utf8))
    }

    private static func literal(_ text: String) -> [UInt8] { [UInt8(text.utf8.count)] + Array(text.utf8) }

    /// A field that is in no table, RFC 7541 section 6.2.2.
    static func literal(name: String, _ value: String) -> [UInt8] { [0x00] + literal(name) + literal(value) }

    private static let authority =
        [0x01] + literal("fraud.example") + literal(name: "authorization", "Bearer secret")

    /// `GET` of the endpoint's host, with the key.
    static let request: [UInt8] = [0x82, 0x86, 0x84] + authority
    static let post: [UInt8] = [0x83, 0x86, 0x84] + authority

    /// A connection that has begun with HTTP/2.
    static func begun(_ fixture: RouterFixture) throws -> RawSocket { try begun(try fixture.connect()) }

    static func begun(_ client: RawSocket) throws -> RawSocket {
        try client.send(preface + settings)
        return client
    }

    /// Waits until the router has looked at everything that was sent.
    static func wait(_ client: RawSocket) throws {
        try client.send(frame(6, flags: 0, stream: 0, Array(repeating: 7, count: 8)))
        _ = try read(client, kind: 6)
    }

    /// The content of the next frame of a kind; others are dropped.
    static func read(_ client: RawSocket, kind: UInt8) throws -> [UInt8] {
        while true {
            let head = try client.read(count: 9)
            let size = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
            let payload = try client.read(count: size)
            if head[3] == kind { return payload }
        }
    }
}
