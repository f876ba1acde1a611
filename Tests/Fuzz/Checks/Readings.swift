@testable package import DataPlane

/// What became of a head.
package enum Outcome<Reading: Equatable & Sendable>: Equatable, Sendable {
    /// All bytes were seen, and more are needed.
    case incomplete
    case refused(HeadFault)
    case read(Reading, length: Int)

    var isOverLimit: Bool {
        switch self {
        case .refused(.headTooLarge), .refused(.targetTooLong), .refused(.tooManyFields): true
        default: false
        }
    }
}

/// One header field, its value without the blanks around it.
package struct ReadField: Equatable, Sendable {
    package var name: [UInt8]
    package var value: [UInt8]

    package init(_ name: [UInt8], _ value: [UInt8]) {
        (self.name, self.value) = (name, value)
    }

    var lowercasedName: [UInt8] { lowercased(name) }

    /// Names of what stays between neighbours or is written anew, in requests and responses alike.
    static let notPassedOn = [
        "te", "upgrade", "trailer", "connection", "keep-alive", "proxy-connection", "proxy-authenticate",
        "proxy-authorization", "x-request-id", "x-ms-client-request-id", "content-length", "transfer-encoding",
    ]
}

/// Everything that a request head says to the router.
package struct RequestReading: Equatable, Sendable {
    package var method: [UInt8]
    package var target: [UInt8]
    package var minorVersion: UInt8
    package var framing: BodyFraming
    package var keepsAlive: Bool
    package var expectsContinue: Bool
    package var fields: [ReadField]

    /// Reads a request head as a connection does.
    package static func read(
        _ message: [UInt8], _ arrival: Arrival = .whole, limits: HeadLimits = HeadLimits()
    ) -> Outcome<RequestReading> {
        var end = HeadEnd()
        var head = RequestHead()
        let outcome = arrival.feed(message) { bytes -> Outcome<RequestReading>? in
            switch head.scan(bytes, &end, limits: limits) {
            case .incomplete: return nil
            case .refused(let fault): return .refused(fault)
            case .complete(let length): return .read(RequestReading(head, bytes), length: length)
            }
        }
        return outcome ?? .incomplete
    }

    package init(
        method: [UInt8], target: [UInt8], minorVersion: UInt8, framing: BodyFraming, keepsAlive: Bool,
        expectsContinue: Bool, fields: [ReadField]
    ) {
        (self.method, self.target, self.minorVersion) = (method, target, minorVersion)
        (self.framing, self.keepsAlive) = (framing, keepsAlive)
        (self.expectsContinue, self.fields) = (expectsContinue, fields)
    }

    init(_ head: borrowing RequestHead, _ bytes: Bytes) {
        self.init(
            method: Array(bytes.run(head.method)), target: Array(bytes.run(head.target)),
            minorVersion: head.minorVersion, framing: head.bodyFraming,
            keepsAlive: head.keepsAlive, expectsContinue: head.expectsContinue(bytes),
            fields: readFields(head.headers, bytes))
    }
}

/// Everything that the head of a response says to the router.
package struct ResponseReading: Equatable, Sendable {
    package var status: Int
    package var reason: [UInt8]
    package var minorVersion: UInt8
    /// Of a response to anything but HEAD.
    package var framing: BodyFraming
    package var keepsAlive: Bool
    package var fields: [ReadField]

    /// Reads the head of a response as a connection to a replica does.
    package static func read(_ message: [UInt8], _ arrival: Arrival = .whole) -> Outcome<ResponseReading> {
        var end = HeadEnd()
        var head = ResponseHead()
        let outcome = arrival.feed(message) { bytes -> Outcome<ResponseReading>? in
            switch head.scan(bytes, &end, limits: HeadLimits()) {
            case .incomplete: return nil
            case .refused(let fault): return .refused(fault)
            case .complete(let length): return .read(ResponseReading(head, bytes), length: length)
            }
        }
        return outcome ?? .incomplete
    }

    package init(
        status: Int, reason: [UInt8], minorVersion: UInt8, framing: BodyFraming, keepsAlive: Bool, fields: [ReadField]
    ) {
        (self.status, self.reason, self.minorVersion) = (status, reason, minorVersion)
        (self.framing, self.keepsAlive, self.fields) = (framing, keepsAlive, fields)
    }

    init(_ head: borrowing ResponseHead, _ bytes: Bytes) {
        self.init(
            status: head.status, reason: Array(bytes.run(head.reason)), minorVersion: head.minorVersion,
            framing: head.bodyFraming(answeringHEAD: false), keepsAlive: head.keepsAlive,
            fields: readFields(head.headers, bytes))
    }
}

private func readFields(_ headers: borrowing HeaderFields, _ bytes: Bytes) -> [ReadField] {
    headers.fields.map { field in
        ReadField(
            Array(bytes.run(ByteRun(start: field.line.start, count: field.nameCount))), Array(bytes.run(field.value)))
    }
}

/// What became of a body.
package struct BodyReading: Equatable, Sendable {
    package var payload: [UInt8]
    package var state: BodyStep.State
    /// Bytes of the message that belong to the body, as far as it was read; of a malformed one with the first bad byte.
    package var consumed: Int

    package init(payload: [UInt8], state: BodyStep.State, consumed: Int) {
        (self.payload, self.state, self.consumed) = (payload, state, consumed)
    }

    /// Decodes a body as a connection does, which asks for at most `limit` bytes of payload a time.
    package static func read(
        _ framing: BodyFraming, _ message: [UInt8], _ arrival: Arrival = .whole, limit: Int = .max
    ) -> BodyReading {
        var decoder = BodyDecoder(framing)
        var reading = BodyReading(payload: [], state: .goesOn, consumed: 0)
        _ = arrival.feed(message) { bytes -> Void? in
            while true {
                let rest = bytes.run(ByteRun(start: reading.consumed, count: bytes.count - reading.consumed))
                let step = decoder.decode(rest, limit: limit)
                precondition(step.consumed <= rest.count && step.payload.end <= step.consumed)
                reading.payload += rest.run(step.payload)
                reading.consumed += step.consumed
                reading.state = step.state
                if step.state != .goesOn { return () }
                if reading.consumed == bytes.count { return nil }
                precondition(step.consumed > 0, "no bytes taken, and no end")
            }
        }
        return reading
    }
}

/// The bytes that the text's characters have in Latin-1, so that a text can hold any byte.
package func latin1(_ text: String) -> [UInt8] {
    text.unicodeScalars.map { UInt8($0.value) }
}

/// The bytes as a Swift string literal would spell them.
package func spelt(_ bytes: [UInt8]) -> String {
    var text = ""
    for byte in bytes {
        switch byte {
        case 0x0D: text += "\\r"
        case 0x0A: text += "\\n"
        case 0x09: text += "\\t"
        case 0x22, 0x5C: text += "\\" + String(UnicodeScalar(byte))
        case 0x20..<0x7F: text.unicodeScalars.append(UnicodeScalar(byte))
        default: text += "\\u{" + String(byte, radix: 16) + "}"
        }
    }
    return text
}

func lowercased(_ bytes: [UInt8]) -> [UInt8] {
    bytes.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
}
