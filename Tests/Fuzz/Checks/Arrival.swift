@testable import DataPlane

/// A message on its way into a buffer, as a connection gets it: in pieces, at one place.
///
/// What is behind the bytes that have arrived is garbage which differs from arrival to arrival, so that a reader that
/// looks too far reads differently.
package struct Arrival: Sendable {
    /// Lengths of the pieces; whatever they leave out comes in one more.
    package var pieces: [Int]
    package var garbage: [UInt8]

    /// All at once.
    package static let whole = Arrival(pieces: [], garbage: Array("A".utf8))

    /// One byte at a time.
    package static func byteByByte(_ count: Int) -> Arrival {
        Arrival(pieces: Array(repeating: 1, count: count), garbage: Array("\r\n".utf8))
    }

    /// In two pieces.
    package static func split(at place: Int) -> Arrival { Arrival(pieces: [place], garbage: Array("0: ".utf8)) }

    /// In pieces of which no two arrivals are alike.
    static func random(_ count: Int, _ random: inout RandomSource) -> Arrival {
        var pieces: [Int] = []
        var rest = count
        while rest > 0 {
            let piece = min(rest, Int.random(in: 1...19, using: &random))
            pieces.append(piece)
            rest -= piece
        }
        return Arrival(pieces: pieces, garbage: [10, 13])
    }

    /// Calls `look` with what is there after each piece, until it returns something.
    func feed<Result>(_ message: [UInt8], _ look: (UnsafeBufferPointer<UInt8>) -> Result?) -> Result? {
        let spare = 32
        let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: message.count + spare)
        defer { buffer.deallocate() }
        for index in buffer.indices { buffer.initializeElement(at: index, to: garbage[index % garbage.count]) }
        var count = 0
        for piece in pieces + [message.count] {
            let end = min(count + piece, message.count)
            for index in count..<end { buffer[index] = message[index] }
            // An arrival ends with its last byte; an empty one is looked at once all the same.
            if end == count, count > 0 { continue }
            count = end
            if let result = look(UnsafeBufferPointer(rebasing: buffer[..<count])) { return result }
        }
        return nil
    }
}
