@testable import DataPlane

/// Calls `body` with the bytes of a text.
func withBytes<Result>(_ text: String, _ body: (Bytes) -> Result) -> Result {
    Array(text.utf8).withBytes(body)
}

func text(_ bytes: Bytes) -> String { String(decoding: bytes, as: UTF8.self) }

/// A head and what scanning it came to.
struct Scanned<Head: ~Copyable>: ~Copyable {
    var head: Head
    var outcome: HeadScan
}

/// Scans a request head as a connection does.
func scanRequest(_ message: String, limits: HeadLimits = HeadLimits()) -> Scanned<RequestHead> {
    var end = HeadEnd()
    var head = RequestHead()
    let outcome = withBytes(message) { head.scan($0, &end, limits: limits) }
    return Scanned(head: head, outcome: outcome)
}

/// Scans a response's head as a connection to a replica does.
func scanResponse(_ message: String) -> Scanned<ResponseHead> {
    var end = HeadEnd()
    var head = ResponseHead()
    let outcome = withBytes(message) { head.scan($0, &end, limits: HeadLimits()) }
    return Scanned(head: head, outcome: outcome)
}

/// Decodes a body that arrives in the given pieces.
func decode(_ framing: BodyFraming, _ pieces: [[UInt8]]) -> (payload: [UInt8], state: BodyStep.State, left: [UInt8]) {
    var decoder = BodyDecoder(framing)
    var payload: [UInt8] = []
    var pending: [UInt8] = []
    for piece in pieces {
        pending += piece
        while true {
            let step = pending.withBytes { decoder.decode($0) }
            payload += pending[step.payload.start..<step.payload.end]
            pending.removeFirst(step.consumed)
            if step.state != .goesOn { return (payload, step.state, pending) }
            if pending.isEmpty || step.consumed == 0 { break }
        }
    }
    return (payload, decoder.isFinished ? .finished : .goesOn, pending)
}

/// Hexadecimal SHA-256.
func sha256(_ bytes: Bytes) -> String { Digest(of: bytes).hexadecimal }

extension Digest {
    var hexadecimal: String {
        withUnsafeBytes(of: self) { bytes in
            bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        }
    }
}
