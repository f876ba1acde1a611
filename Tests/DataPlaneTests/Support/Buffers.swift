@testable import DataPlane

/// Calls `body` with the bytes of a text.
func withBytes<Result>(_ text: String, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    Array(text.utf8).withUnsafeBufferPointer(body)
}

func text(_ bytes: UnsafeBufferPointer<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

/// Scans a request head as a connection does; the fault, or `nil` if it is accepted.
func scanRequest(_ message: String, limits: HeadLimits = HeadLimits()) -> (head: RequestHead, outcome: HeadScan) {
    withBytes(message) { bytes in
        var end = HeadEnd()
        var head = RequestHead()
        let outcome = end.find(in: bytes, limits: limits)
        guard case .complete(let length) = outcome else { return (head, outcome) }
        if let fault = head.scan(bytes, length: length, limits: limits) { return (head, .refused(fault)) }
        return (head, outcome)
    }
}

/// Scans an answer's head as a connection to a replica does.
func scanResponse(_ message: String) -> (head: ResponseHead, outcome: HeadScan) {
    withBytes(message) { bytes in
        var end = HeadEnd()
        var head = ResponseHead()
        let outcome = end.find(in: bytes, limits: HeadLimits())
        guard case .complete(let length) = outcome else { return (head, outcome) }
        if let fault = head.scan(bytes, length: length, limits: HeadLimits()) { return (head, .refused(fault)) }
        return (head, outcome)
    }
}

/// Decodes a body that arrives in the given pieces.
func decode(_ framing: BodyFraming, _ pieces: [[UInt8]]) -> (payload: [UInt8], state: BodyStep.State, left: [UInt8]) {
    var decoder = BodyDecoder(framing)
    var payload: [UInt8] = []
    var pending: [UInt8] = []
    for piece in pieces {
        pending += piece
        while true {
            let step = pending.withUnsafeBufferPointer { decoder.decode($0) }
            payload += pending[step.payload.start..<step.payload.end]
            pending.removeFirst(step.consumed)
            if step.state != .goesOn { return (payload, step.state, pending) }
            if pending.isEmpty || step.consumed == 0 { break }
        }
    }
    return (payload, decoder.isFinished ? .finished : .goesOn, pending)
}

/// Hexadecimal SHA-256.
func sha256(_ bytes: UnsafeBufferPointer<UInt8>) -> String { Digest(of: bytes).hexadecimal }

extension Digest {
    var hexadecimal: String {
        withUnsafeBytes(of: self) { bytes in
            bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        }
    }
}
