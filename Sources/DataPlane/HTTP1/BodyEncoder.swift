/// Writes a body's payload in the framing its head announced.
enum BodyEncoder {
    /// Most bytes that one run of payload and the end of the body take beside the payload.
    static let overhead = 32

    static func write(_ payload: Bytes, to queue: inout ByteQueue, isChunked: Bool) {
        guard payload.count > 0 else { return }
        guard isChunked else { return queue.append(payload) }
        queue.append(hexadecimal: UInt64(payload.count))
        queue.append("\r\n")
        queue.append(payload)
        queue.append("\r\n")
    }

    static func writeEnd(to queue: inout ByteQueue, isChunked: Bool) {
        if isChunked { queue.append("0\r\n\r\n") }
    }
}
