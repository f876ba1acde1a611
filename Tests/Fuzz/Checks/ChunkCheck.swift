@testable import DataPlane

/// What must hold of any bytes that can be sent instead of a chunked body.
package enum ChunkCheck {
    /// What does not hold of `message`, if anything; `seed` decides in which pieces it arrives.
    package static func complaint(about message: [UInt8], seed: UInt64) -> String? {
        var random = RandomSource(seed: seed)
        let reading = BodyReading.read(.chunked, message)
        let limit = Int.random(in: 1...40, using: &random)
        for arrival in [Arrival.byteByByte(message.count), .random(message.count, &random)] {
            let again = BodyReading.read(.chunked, message, arrival, limit: limit)
            guard again == reading else { return "in pieces of \(arrival.pieces): \(again), at once: \(reading)" }
        }
        guard reading.consumed <= message.count else { return "\(reading.consumed) of \(message.count) consumed" }
        let reference = Reference.chunked(message)
        switch (reading.state, reference) {
        case (.finished, nil): return "accepted, though it is malformed: \(reading)"
        case (.finished, let reference?):
            guard reference.payload == reading.payload, reference.length == reading.consumed else {
                return "read as \(reading), is \(reference)"
            }
            return encodingComplaint(reading.payload, &random)
        case (.goesOn, .some): return "not finished, though it is whole: \(reading)"
        case (.malformed, .some): return isLong(message) ? nil : "refused, though it is well-formed: \(reading)"
        default: return nil
        }
    }

    /// Whether the body may have met a limit: of digits, of an extension, or of the trailers.
    private static func isLong(_ message: [UInt8]) -> Bool {
        message.count > 256
            || message.split { !($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x66 || $0 >= 0x30 && $0 <= 0x39) }
                .contains { $0.count > 15 }
    }

    /// The payload goes on as a body that says the same.
    private static func encodingComplaint(_ payload: [UInt8], _ random: inout RandomSource) -> String? {
        let pool = BufferPool(size: payload.count * (1 + BodyEncoder.overhead) + BodyEncoder.overhead)
        var queue = ByteQueue()
        queue.borrow(from: pool)
        defer { queue.giveBack(to: pool) }
        var rest = payload[...]
        while !rest.isEmpty {
            let run = rest.prefix(Int.random(in: 1...64, using: &random))
            run.withBytes { BodyEncoder.write($0, to: &queue, isChunked: true) }
            rest = rest.dropFirst(run.count)
        }
        BodyEncoder.writeEnd(to: &queue, isChunked: true)
        let encoded = Array(queue.readable)
        let again = BodyReading.read(.chunked, encoded)
        return again == BodyReading(payload: payload, state: .finished, consumed: encoded.count)
            ? nil : "sent on as \(spelt(encoded))"
    }
}
