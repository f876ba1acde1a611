@testable import DataPlane

/// A message on its way into a buffer, as a connection gets it: in pieces, at one place.
///
/// Behind the bytes that have arrived stands garbage, which differs from arrival to arrival, so that a reader that looks
/// too far reads differently.
package struct Arrival: Sendable {
    /// Lengths of the pieces; whatever they leave out comes in one more.
    package var pieces: [Int]
    package var garbage: UInt8

    /// All at once.
    package static let whole = Arrival(pieces: [], garbage: UInt8(ascii: "A"))

    /// One byte at a time.
    package static func byteByByte(_ count: Int) -> Arrival {
        Arrival(pieces: Array(repeating: 1, count: count), garbage: 0x0A)
    }

    /// In two pieces.
    package static func split(at place: Int) -> Arrival { Arrival(pieces: [place], garbage: 0x0D) }

    /// In pieces of which no two arrivals are alike.
    static func random(_ count: Int, _ random: inout RandomSource) -> Arrival {
        var pieces: [Int] = []
        var rest = count
        while rest > 0 {
            let piece = min(rest, Int.random(in: 1...19, using: &random))
            pieces.append(piece)
            rest -= piece
        }
        return Arrival(pieces: pieces, garbage: UInt8(ascii: "0"))
    }

    /// What `read` makes of `message` when it comes in pieces, if that is something else than `outcome`.
    static func complaint<Reading>(
        about message: [UInt8], _ outcome: Outcome<Reading>, _ random: inout RandomSource,
        _ read: (Arrival) -> Outcome<Reading>
    ) -> String? {
        for arrival in [byteByByte(message.count), .random(message.count, &random)] {
            let again = read(arrival)
            guard again == outcome else { return "in pieces of \(arrival.pieces): \(again), at once: \(outcome)" }
        }
        return nil
    }

    /// Calls `look` with what is there after each piece, until it returns something.
    func feed<Result>(_ message: [UInt8], _ look: (Bytes) -> Result?) -> Result? {
        let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: message.count + 32)
        defer { buffer.deallocate() }
        buffer.initialize(repeating: garbage)
        var count = 0
        for piece in pieces + [message.count] {
            let end = min(count + piece, message.count)
            message.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(buffer)[count..<end].copyBytes(from: $0[count..<end])
            }
            // An arrival ends with its last byte; an empty one is looked at once all the same.
            if end == count, count > 0 { continue }
            count = end
            if let result = look(Bytes(start: buffer.baseAddress, count: count)) { return result }
        }
        return nil
    }
}
